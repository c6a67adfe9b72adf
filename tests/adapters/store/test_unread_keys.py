"""What a key may do counts as not read in databases that were made before anybody looked."""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database

from nof1web.adapters.store.migrations import TENANT
from nof1web.adapters.store.tenant import SqliteTenant
from tests.services.old_tenants import CREDENTIAL


def test_a_key_that_was_there_before_is_not_vouched_for(tmp_path: Path) -> None:
    path = tmp_path / "tenant.db"
    with Database(path) as database:
        TENANT.apply(database, stop_before=["0006_levels"])
        database.execute(CREDENTIAL)
        database.conn.commit()
        TENANT.apply(database, stop_before=["0012_unread"])
        database.execute("UPDATE key_facts SET label = 'main', locked_from = 'running'")
        database.conn.commit()
    store = SqliteTenant("u_alice", path)
    facts = store.keys.facts("c_1")
    store.close()
    assert facts is not None and facts.warnings == ("permissions_unverified",)
    assert (facts.label, facts.locked_from) == ("main", "running")
