"""What is noted of a cycle, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from nof1web.adapters.store.tenant import SqliteTenant
from nof1web.errors import LeaseLost, Transient
from nof1web.services.cycles import noted
from tests.adapters.store.examples import ALICE, NOW, SECOND, a_credential

ANSWER = {"cycle_id": "abc", "orders": [{}], "verdicts": [{"verdict": "refused"}, {"verdict": "hold"}]}


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[SimpleNamespace]:
    store = SqliteTenant(ALICE, tmp_path / "tenant.db")
    store.credentials.add(a_credential())
    ticks = iter(range(100))
    fence = store.credentials.claim_fence("c_1")
    clock = lambda: NOW + next(ticks) * SECOND  # noqa: E731
    yield SimpleNamespace(store=store, credential_id="c_1", clock=clock, lease=SimpleNamespace(fence=fence))
    store.close()


def test_a_cycle_leaves_its_length_orders_and_refusals(ports):
    def run():
        ports.store.credentials.set_cycled("c_1", NOW, error=None)
        return ANSWER

    assert noted(ports, run) is ANSWER
    (cycle,) = ports.store.reports.cycles("c_1")
    assert (cycle.id, cycle.ended_at - cycle.began_at, cycle.orders, cycle.refusals) == ("abc", SECOND, 1, 1)


def test_a_cycle_that_was_put_off_leaves_no_note(ports):
    noted(ports, lambda: ANSWER)
    assert ports.store.reports.cycles("c_1") == ()


def test_what_a_cycle_raises_is_noted_and_passed_on(ports):
    def run():
        raise Transient("The exchange is away.")

    with pytest.raises(Transient):
        noted(ports, run)
    assert str(ports.store.reports.cycles("c_1")[0].error) == "The exchange is away."


def test_who_lost_the_lease_writes_nothing(ports):
    def run():
        raise LeaseLost("Another worker has taken over.")

    with pytest.raises(LeaseLost):
        noted(ports, run)
    assert ports.store.reports.cycles("c_1") == ()
