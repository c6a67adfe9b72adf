"""Reads that lag behind, whatever moves what they read; and what of faults is left after a restart."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nof1web.sim.state import open_state
from nof1web.sim.world import make_world
from tests.sim.face import Trader, trader
from tests.sim.test_faults import ORDER, buy, fault, fired
from tests.sim.virtual import virtual


def rest_and_stop(face: Trader) -> None:
    """A position that the next fall below 59000 closes."""
    buy(face)
    face.algo("STOP_MARKET", "SELL", "59000", quantity="0.001")
    fault(face, "stale_positions", path="", seconds="60", lag_seconds="5")
    face.clock.now_ms += 10_000


def delist(face: Trader) -> None:
    face.control("symbols", {"delist": "BTCUSDT"})


def fall(face: Trader) -> None:
    face.price("58900")


def fall_on_the_page(face: Trader) -> None:
    assert face.client.post("/prices", data={"symbol": "BTCUSDT", "price": "58900"}).status_code == 303


def fall_by_itself(face: Trader) -> None:
    face.world.exchange.market.quotes["BTCUSDT"].mark = Decimal("58900")
    face.world.step(face.clock.now_ms)


@pytest.mark.parametrize("change", [fall, fall_on_the_page, fall_by_itself, delist])
def test_whatever_closes_a_position_it_stays_until_the_lag_is_over(btc: Trader, change: Any):
    rest_and_stop(btc)
    change(btc)
    assert not btc.world.exchange.account("a1").live_positions()
    btc.clock.now_ms += 4999
    assert btc.positions() == {"BTCUSDT BOTH": "0.0010"}
    btc.clock.now_ms += 1
    assert set(btc.positions().values()) <= {"0.0000"}


def test_an_advance_is_remembered_second_by_second():
    face = virtual()
    name = face.account()
    account = face.world.exchange.account(name)
    wish = {"kind": "stale_positions", "seconds": "60", "lag_seconds": "10"}
    face.client.post("/sim/faults", json=wish)
    face.market(name, "BUY", "0.1")
    face.clock(advance_seconds=30)
    kept = face.world.replica.history[name]
    assert kept[-1].positions["BTCUSDT|BOTH"].quantity == account.quantity("BTCUSDT", "BOTH")
    assert kept[-1].at_ms <= face.world.clock() - 29_000


@pytest.mark.parametrize("path", ["openOrders", "allOrders?symbol=BTCUSDT"])
def test_orders_hidden_by_symbol_do_not_show_among_all(btc: Trader, path: str):
    fault(btc, "hide_orders", path="", symbol="BTCUSDT", seconds="60", lag_seconds="9")
    for symbol, price in (("BTCUSDT", "59000"), ("ETHUSDT", "3000")):
        wish = {"symbol": symbol, "price": price, "type": "LIMIT", "timeInForce": "GTC"}
        assert buy(btc, "0.01", **wish).status_code == 200
    name, _, symbol = path.partition("?symbol=")
    rows = btc.call("GET", f"/fapi/v1/{name}", **({"symbol": symbol} if symbol else {}))
    assert [row["symbol"] for row in rows] == ([] if symbol else ["ETHUSDT"])


def test_a_lag_of_one_symbol_leaves_the_others_as_they_are(btc: Trader):
    fault(btc, "stale_positions", path="", symbol="ETHUSDT", seconds="60", lag_seconds="9")
    buy(btc)
    buy(btc, "0.01", symbol="ETHUSDT")
    assert btc.positions() == {"BTCUSDT BOTH": "0.0010"}


def test_plan_and_waiting_faults_survive_a_restart(tmp_path: Path):
    face = trader(store=open_state(tmp_path))
    plan = {"seed": 3, "rates": {"reject": "0.4", "partial": "0.3"}, "codes": [-4131]}
    face.control("faults", {"plan": plan})
    fault(face, "http_418", path="/fapi/*", seconds="60", api_key="nobody")
    fault(face, "stale_positions", path="", seconds="60", lag_seconds="5")
    for _ in range(20):
        buy(face)
    before, told = face.client.get("/sim/faults").json, fired(face)
    world = make_world(seed=1, now_ms=face.clock(), store=open_state(tmp_path))
    world.clock.wall = face.clock
    face.client.application.world = face.world = world
    assert (face.client.get("/sim/faults").json, fired(face)) == (before, told)
    assert before[-1]["seen"] == 20 and world.replica.until_ms and world.fault_plan.codes == (-4131,)


def test_a_plan_that_was_ended_does_not_come_back(tmp_path: Path):
    face = trader(store=open_state(tmp_path))
    face.control("faults", {"plan": {"seed": 3, "rates": {"reject": "1"}, "codes": [-2019]}})
    assert buy(face).status_code == 400
    face.control("faults", {"clear": True})
    world = make_world(seed=1, now_ms=face.clock(), store=open_state(tmp_path))
    assert world.fault_plan is None and world.faults.waiting == []


def test_who_is_not_let_in_uses_up_no_fault(btc: Trader):
    fault(btc, "timeout_1007")
    btc.control("faults", {"plan": {"seed": 3, "rates": {"reject": "1"}, "codes": [-2019]}})
    wish = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
    assert btc.client.post(ORDER, data=wish).json["code"] == -2014
    assert btc.code("POST", ORDER, **wish, timestamp=1) == -1021
    assert fired(btc) == {} and btc.world.fault_plan.seen == 0
    assert (buy(btc).json["code"], buy(btc).status_code) == (-1007, 400)


def test_a_partial_fill_waits_for_an_order(btc: Trader):
    fault(btc, "partial", path="*", share="0.5")
    assert btc.code("GET", "/fapi/v3/account") == 0 and fired(btc) == {}
    assert buy(btc, "0.01", newOrderRespType="RESULT").json["executedQty"] == "0.0050"


def test_a_plan_without_paths_spoils_the_exchange_alone(btc: Trader):
    btc.control("faults", {"plan": {"seed": 3, "rates": {"internal_error": "1"}}})
    for path in ("/", "/prices", "/static/sim.css", "/api/account-totals"):
        assert btc.client.get(path).status_code == 200
    assert btc.client.get("/fapi/v1/ping").status_code == 503
