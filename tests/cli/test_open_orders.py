"""`orders --open`: others' orders as they were read last, how large they are, and that they are read when asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal as D

from redis.exceptions import ConnectionError as RedisDown

from nof1web import wiring
from nof1web.core.open_orders import OpenOrder
from nof1web.core.trading import PositionSide, Side
from tests.cli.conftest import ANNA, MAIN, Console

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LIMIT = OpenOrder(
    "by-hand", "BTCUSDT", Side.SELL, PositionSide.BOTH, "LIMIT", D(10), D(7), D(5), None, True, False, NOW
)
STOP = replace(LIMIT, id="s", kind="STOP_MARKET", quantity=D(0), executed=D(0), price=None, trigger=D(90), whole=True)


def asked(console: Console, credential_id: str) -> bool:
    """Whether a reading of a credential's open orders is awaited."""
    with wiring.ports().tenants(console.json("user", "list")[0]["user_id"]) as store:
        return store.open_orders.asked_at(credential_id) is not None


def test_others_orders_that_were_never_read_are_read_when_somebody_looks(console):
    id = console.add_credential()["credential_id"]
    assert not asked(console, id)
    (reading,) = console.json("orders", *MAIN, "--open")["readings"]
    assert reading == {"credential": "Main", "credential_id": id, "read_at": None} and asked(console, id)
    told = console("orders", *ANNA, "--open").stdout
    assert "Main: others' orders not read yet. They are being read" in told and "No order rests" not in told


def test_open_orders_are_shown_though_redis_is_away(console, monkeypatch):
    def gone(*_ids: object) -> str:
        raise RedisDown("refused")

    console.add_credential()
    monkeypatch.setattr(wiring.ports().queue, "reconcile", gone)
    assert console("orders", *ANNA, "--open").stdout.endswith("Main: others' orders not read yet.\n")


def test_an_order_tells_how_much_of_it_is_filled_and_whether_it_closes_all(console):
    id = console.add_credential()["credential_id"]
    wiring.ports().install()
    with wiring.ports().tenants(console.json("user", "list")[0]["user_id"]) as store:
        store.open_orders.put(id, (LIMIT, STOP), NOW)
    rows = console.json("orders", *MAIN, "--open")["orders"]
    assert [(row["quantity"], row["executed"], row["whole"]) for row in rows] == [
        ("10", "7", False), ("0", "0", True),
    ]  # fmt: skip
    told = console("orders", *MAIN, "--open").stdout
    assert " all " in told and "Main: others' orders read at 2026-01-02 03:04:05 UTC." in told


def test_a_poll_has_the_open_orders_read_a_dry_run_does_not(console, monkeypatch):
    monkeypatch.setattr("nof1web.cli.polling.wait_for", lambda *_: {"orders": [], "verdicts": []})
    id = console.add_credential()["credential_id"]
    console.json("start", *MAIN)
    console.json("poll", *MAIN, "--dry-run")
    assert not asked(console, id)
    console.json("poll", *MAIN)
    assert asked(console, id)
