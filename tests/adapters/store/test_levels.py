"""Levels above trackers in a tenant's database, and the step that brought them to older ones."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlite_utils import Database

from nof1web.adapters.store.migrating import bring_up_to_date
from nof1web.adapters.store.migrations import TENANT
from nof1web.adapters.store.tenant import SqliteTenant
from tests.adapters.store.examples import ALICE, a_credential, a_tracker, an_epoch

EPOCH = (
    "INSERT INTO epochs VALUES ('t_1', 'BTCUSDT', '17', 'live', '-0.120', '65000.1', '0.01', 5, '-2', '64999.9', 1,"
    " 3312345678, 0, 1772600767890123, NULL, 1)"
)


def an_older_one(path: Path) -> None:
    """Write a tenant's database as it was before levels: a credential, a tracker with settings, a holding."""
    with Database(path) as database:
        TENANT.apply(database, stop_before=["0006_levels"])
    current = path.with_name("current.db")
    store = SqliteTenant(ALICE, current)
    store.credentials.add(a_credential())
    store.trackers.add(a_tracker())
    store.close()
    with sqlite3.connect(path) as file:
        file.execute("ATTACH ? AS newer", (str(current),))
        for table in ("credentials", "trackers"):
            # Later steps have added columns since.
            names = ", ".join(row[1] for row in file.execute(f"PRAGMA main.table_info({table})"))
            file.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM newer.{table}")
        file.execute(EPOCH)


def test_an_older_database_gains_levels_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "tenant.db"
    an_older_one(path)
    store = SqliteTenant(ALICE, path)
    assert store.trackers.get("t_1") == a_tracker()
    epoch = store.trackers.epoch("t_1", "BTCUSDT", "17")
    assert epoch is not None and (epoch.quantity, epoch.agent_leverage) == (an_epoch().quantity, 0)
    store.trackers.put_defaults("", {"max_leverage": "5"})
    found = store.trackers.get("t_1")
    assert found is not None and found.above == ({"max_leverage": "5"}, {})
    store.close()


def test_the_step_runs_once(tmp_path: Path) -> None:
    path = tmp_path / "tenant.db"
    an_older_one(path)
    SqliteTenant(ALICE, path).close()
    with Database(path) as database:
        bring_up_to_date(database, TENANT, path)
        assert [step.name for step in TENANT.applied(database)].count("0006_levels") == 1


def test_levels_are_kept_by_scope_and_replaced_as_a_whole(tenant: SqliteTenant) -> None:
    tenant.trackers.put_defaults("", {"multiplier": "2", "cooldown": "60"})
    tenant.trackers.put_defaults("c_1", {"multiplier": "3"})
    tenant.trackers.put_defaults("", {"multiplier": "4"})
    assert (tenant.trackers.defaults(""), tenant.trackers.defaults("c_1")) == ({"multiplier": "4"}, {"multiplier": "3"})
    assert tenant.trackers.defaults("c_2") == {}
    assert tenant.trackers.all("c_1")[0].above == ({"multiplier": "4"}, {"multiplier": "3"})


def test_the_agents_leverage_is_kept_with_an_epoch(tenant: SqliteTenant) -> None:
    tenant.trackers.put_epoch(an_epoch(agent_leverage=17))
    assert tenant.trackers.epoch("t_1", "BTCUSDT", "17") == an_epoch(agent_leverage=17)


def test_what_all_levels_and_started_trackers_set_a_setting_to(tenant):
    tenant.trackers.put_settings("t_1", {"user_cap": "70", "note": "user_cap"})
    tenant.trackers.add(a_tracker(id="t_2", name="Second", settings={"user_cap": "60"}, started=False))
    tenant.trackers.add(a_tracker(id="t_3", name="Third", settings={"order_cap": "50"}))
    tenant.trackers.put_defaults("", {"user_cap": "900"})
    tenant.trackers.put_defaults("c_1", {"deny": "XRPUSDT"})
    assert sorted(tenant.trackers.texts_of("user_cap")) == ["70", "900"]
    assert tenant.trackers.texts_of("nothing") == ()
