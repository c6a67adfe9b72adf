"""Each thing that may be wrong with an installation is found by `doctor`, which says what to do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from nof1web import wiring
from nof1web.adapters.queue import heartbeats
from nof1web.core.trading import Environment
from nof1web.services.warnings import MOVES_MONEY
from tests.cli.conftest import Console, free_port
from tests.cli.test_doctor import looked


@pytest.fixture
def redis(shared_redis: str) -> Iterator[Redis]:
    """The server, whose settings are put back afterwards."""
    with Redis.from_url(shared_redis) as server:
        names = ("appendonly", "maxmemory-policy")
        kept = {name: server.config_get(name)[name] for name in names}
        yield server
        for name, value in kept.items():
            server.config_set(name, value)


def anew(monkeypatch: pytest.MonkeyPatch, **environment: str) -> None:
    """Let the next command be a process of its own, under this environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(wiring, "_built", {})


def changed(path: Path, sql: str, *values: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute(sql, values)
    database.close()


@pytest.mark.parametrize(("kept", "good", "todo"), [("yes", True, None), ("no", None, "Turn appendonly on")])
def test_redis_without_persistence_is_worth_a_look(console: Console, redis: Redis, kept: str, good: bool, todo: str):
    redis.config_set("appendonly", kept)
    found = looked(console)[1]["redis persistence"]
    assert found["good"] is good and (found["todo"] or "").startswith(todo or "")


def test_a_redis_that_forgets_jobs_is_a_fault(console: Console, redis: Redis):
    redis.config_set("maxmemory-policy", "allkeys-lru")
    found = looked(console)[1]["redis eviction"]
    assert (found["good"], found["found"]) == (False, "allkeys-lru") and "noeviction" in found["todo"]


def test_without_redis_nobody_is_called_dead(console: Console, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    anew(monkeypatch, REDIS_URL=f"unix://{tmp_path}/nowhere.sock")
    code, found = looked(console)
    assert (code, found["redis"]["todo"]) == (1, "Start everything with: flask nof1 up")
    assert {found[name]["good"] for name in ("workers", "scheduler")} == {None}


@pytest.mark.parametrize(("kind", "name"), [("worker", "workers"), ("scheduler", "scheduler")])
def test_a_dead_process_is_a_fault_and_named(console: Console, redis: Redis, kind: str, name: str):
    heartbeats.beat(redis, kind, "that-one", pid=1)
    assert looked(console)[1][name]["good"] is True
    redis.delete(f"{kind}:that-one")
    found = looked(console)[1][name]
    assert found["good"] is False and "that-one has been silent since" in found["found"]
    assert f"flask nof1 {kind}" in found["todo"]


def test_one_dead_worker_beside_one_alive_is_worth_a_look(console: Console, redis: Redis):
    for name in ("dead", "alive"):
        heartbeats.beat(redis, "worker", name, pid=1)
    redis.delete("worker:dead")
    found = looked(console)[1]["workers"]
    assert found["good"] is None and found["found"].startswith("1 alive, dead has been silent") and found["todo"]


@pytest.mark.parametrize(
    ("variable", "host"),
    [("BINANCE_TESTNET_URL", "testnet"), ("NOF1_FEED_URL", "nof1"), ("HYPERLIQUID_URL", "hyperliquid")],
)
def test_a_host_that_cant_be_reached_is_a_fault(
    console: Console, monkeypatch: pytest.MonkeyPatch, variable: str, host: str
):
    url = f"http://127.0.0.1:{free_port()}"
    anew(monkeypatch, **{variable: url})
    found = looked(console)[1][f"host {host}"]
    assert found["good"] is False and found["todo"] == f"Allow this machine to reach {url}, or set another address."


def test_an_address_nobody_told_is_worth_a_look(console: Console, monkeypatch: pytest.MonkeyPatch):
    found = looked(console)[1]["egress address"]
    assert found["good"] is None and "NOF1_EGRESS_IP" in found["todo"]
    anew(monkeypatch, NOF1_EGRESS_IP="203.0.113.7")
    assert looked(console)[1]["egress address"]["found"] == "people are told to allow 203.0.113.7"


def key_of(console: Console, **facts: Any) -> dict[str, Any]:
    """Return what is found of Main's key, once these facts are known of it."""
    added = console.add_credential()
    with wiring.ports().tenants(added["user_id"]) as store:
        known = store.keys.facts(added["credential_id"])
        store.keys.put_facts(replace(known, **facts))
        store.keys.put_environment(added["credential_id"], Environment.LIVE)
    return looked(console)[1]["key anna@example.org / Main"]


def test_a_key_that_may_move_money_is_a_fault(console: Console):
    found = key_of(console, warnings=(MOVES_MONEY,))
    assert found["good"] is False and "remove these permissions at the exchange" in found["todo"]


def test_a_key_for_every_address_is_worth_a_look(console: Console):
    found = key_of(console, warnings=("no_address_restriction",))
    assert found["good"] is None and "restrict it to this server's address" in found["todo"]


def test_a_key_that_the_exchange_refuses_is_a_fault(console: Console):
    found = key_of(console, refused_at=wiring.ports().clock())
    assert found["good"] is False and found["todo"] == "Test it, or replace it by a new one."


def test_a_database_behind_this_version_is_found_and_left_as_it_is(console: Console, tenants_dir: Path):
    path = tenants_dir / console.add_credential()["user_id"] / "tenant.db"
    changed(path, "DELETE FROM _sqlite_migrations WHERE name LIKE '0017%'")
    before = path.read_bytes()
    found = looked(console)[1]["migrations"]
    assert found["good"] is None and str(path) in found["found"] and found["todo"] == "Run: flask nof1 migrate"
    assert path.read_bytes() == before


def test_a_database_of_a_newer_version_is_a_fault(console: Console, tenants_dir: Path):
    path = tenants_dir / console.add_credential()["user_id"] / "tenant.db"
    changed(path, "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('tenant', '9999_x', '')")
    code, found = looked(console)
    assert code == 1 and "newer version (9999_x)" in found["migrations"]["found"]
    assert found["migrations"]["todo"].startswith("Install that version")


def test_even_with_a_newer_registry_everything_else_is_looked_at(
    console: Console, tenants_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    changed(
        tenants_dir / "registry.db",
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('registry', '9999_x', '')",
    )
    anew(monkeypatch)
    found = looked(console)[1]
    assert found["migrations"]["good"] is False and found["disk"]["good"] is True and "master key" not in found


def test_a_damaged_database_is_a_fault(console: Console, tenants_dir: Path):
    user = console.add_credential()["user_id"]
    for each in (tenants_dir / user).glob("tenant.db-*"):
        each.unlink()
    (tenants_dir / user / "tenant.db").write_bytes(b"not a database, only some bytes of text" * 100)
    found = looked(console)[1]["migrations"]
    assert found["good"] is False and "damaged" in found["found"] and "backup" in found["todo"]


def test_a_folder_with_nothing_in_it_stays_so(
    console: Console, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    folder = tmp_path / "new"
    folder.mkdir(mode=0o700)
    anew(monkeypatch, NOF1_TENANTS_DIR=str(folder))
    assert looked(console)[1]["migrations"]["todo"] == "Start everything with: flask nof1 up"
    assert not list(folder.glob("*.db"))


def test_what_is_wrong_is_counted_for_people(console: Console):
    assert "2 of " in console("doctor").stdout.splitlines()[-1]
