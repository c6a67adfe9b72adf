"""A tenant's transactions: the fence, what commits by itself, and two processes at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nof1web.adapters.store.tenant import SqliteTenant
from nof1web.errors import LeaseLost, Refused
from tests.adapters.store.examples import an_event, an_intent


def test_a_write_under_the_newest_fence_is_kept(tenant):
    fence = tenant.credentials.claim_fence("c_1")
    with tenant.transaction(fence=("c_1", fence), durable=True):
        tenant.journal.write(an_intent())
    assert tenant.journal.unresolved("c_1") == (an_intent(),)


def test_a_write_under_a_fence_that_was_overtaken_is_not_made(tenant):
    fence = tenant.credentials.claim_fence("c_1")
    tenant.credentials.claim_fence("c_1")
    with pytest.raises(LeaseLost), tenant.transaction(fence=("c_1", fence)):
        tenant.journal.write(an_intent())
    assert tenant.journal.unresolved("c_1") == ()


def test_a_fence_overtaken_inside_a_transaction_undoes_what_came_before_it(tenant):
    fence = tenant.credentials.claim_fence("c_1")
    with pytest.raises(LeaseLost), tenant.transaction(fence=("c_1", fence)):
        tenant.journal.write(an_intent())
        tenant.credentials.claim_fence("c_1")
        with tenant.transaction(fence=("c_1", fence)):
            tenant.chronicle.add_event(an_event())
    assert tenant.journal.unresolved("c_1") == ()


def test_a_credential_that_is_gone_takes_no_fenced_write(tenant):
    with pytest.raises(LeaseLost), tenant.transaction(fence=("c_gone", 1)):
        pass


def test_a_write_outside_a_transaction_commits_itself(tenant, tmp_path):
    tenant.chronicle.add_event(an_event())
    other = SqliteTenant(tenant.user_id, tmp_path / "tenant.db")
    assert other.chronicle.last_event_id() == 1
    other.close()


def test_a_refused_write_leaves_the_rest_of_its_transaction(tenant):
    tenant.journal.write(an_intent())
    with tenant.transaction():
        tenant.chronicle.add_event(an_event())
        with pytest.raises(Refused):
            tenant.journal.write(an_intent())
    assert tenant.chronicle.last_event_id() == 1


def test_processes_that_claim_fences_at_once_all_get_their_own(tenant, tmp_path):
    code = (
        "import sys; from pathlib import Path; from nof1web.adapters.store.tenant import SqliteTenant;"
        "store = SqliteTenant('u', Path(sys.argv[1]));"
        "print(*[store.credentials.claim_fence('c_1') for _ in range(50)])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "tenant.db")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    fences = [int(fence) for process in running for fence in process.communicate()[0].split()]
    assert sorted(fences) == list(range(1, 101))
