"""The tenants folder: the path is the isolation."""

from __future__ import annotations

import os
import threading

import pytest

from nof1web.adapters.store.tenants import Tenants
from nof1web.errors import NotFound
from tests.adapters.store.examples import ALICE, BOB, a_credential


@pytest.mark.parametrize(
    "user_id",
    ["", ".", "..", "../registry", f"../{ALICE}", f"{ALICE}/", f"{ALICE}/../{BOB}", f"{ALICE}\n", f"{ALICE}\0",
     ALICE.upper(), ALICE[:-1], f"{ALICE}x", "u_" + "١" * 16, "u_nobody0000000000"],
)
def test_an_id_the_registry_never_issued_opens_nothing(tenants, tmp_path, user_id):
    with pytest.raises(NotFound), tenants(user_id):
        pass
    assert not (tmp_path / "tenants").exists()


def test_what_one_tenant_writes_another_does_not_see(tenants):
    with tenants(ALICE) as alice, tenants(BOB) as bob:
        alice.credentials.add(a_credential())
        assert bob.credentials.all() == ()
        assert bob.credentials.get("c_1") is None


def test_folders_are_for_their_owner_only(tenants, tmp_path):
    with tenants(ALICE):
        pass
    folder = tmp_path / "tenants" / ALICE
    assert [each.stat().st_mode & 0o777 for each in (folder.parent, folder, folder / "tenant.db")] == [
        0o700, 0o700, 0o600,
    ]


def test_all_ids_are_those_the_registry_issued(tenants):
    assert tenants.all_ids() == (ALICE, BOB)


def test_the_same_store_serves_until_it_is_evicted(tmp_path, registry):
    tenants = Tenants(tmp_path / "tenants", registry, capacity=1)
    with tenants(ALICE) as first:
        pass
    with tenants(ALICE) as again:
        assert again is first
    with tenants(BOB):
        pass
    with tenants(ALICE) as reopened:
        assert reopened is not first
    tenants.close()


def test_a_store_in_use_is_not_closed_by_eviction(tmp_path, registry):
    tenants = Tenants(tmp_path / "tenants", registry, capacity=0)
    with tenants(ALICE) as alice, alice.transaction():
        alice.credentials.add(a_credential())
        with tenants(BOB):
            pass
        assert alice.credentials.get("c_1") is not None
    with tenants(ALICE) as alice:
        assert alice.credentials.get("c_1") == a_credential()


def test_threads_share_one_store(tenants):
    seen = []

    def use() -> None:
        with tenants(ALICE) as store:
            seen.append(store)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, seen))) == 1


def test_a_forked_child_opens_its_own_store(tenants):
    with tenants(ALICE) as store:
        store.credentials.add(a_credential())
    child = os.fork()
    if child == 0:
        with tenants(ALICE) as own:
            own.credentials.set_enabled("c_1", enabled=False)
            os._exit(own is store)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with tenants(ALICE) as store:
        assert store.credentials.get("c_1").enabled is False
