"""Faults ordered one by one: what is executed, what is answered, what reads show (binance.md §6)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.test import TestResponse

from nof1web.sim.http import AnswerLost
from tests.sim.face import Trader
from tests.sim.test_server import Running

ORDER = "/fapi/v1/order"
FILLED: dict[str, str] = {"BTCUSDT BOTH": "0.0010"}


def buy(face: Trader, quantity: str = "0.001", **params: Any) -> TestResponse:
    wish = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": quantity}
    return face.signed("POST", ORDER, **{**wish, **params})


def fault(face: Trader, kind: str, path: str = ORDER, **wish: Any) -> None:
    answer = face.control("faults", {"kind": kind, "path": path, **wish})
    assert "error" not in answer, answer


def fired(face: Trader) -> dict[str, int]:
    counts: dict[str, int] = face.client.get("/sim/faults/fired").json["kinds"]
    return counts


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("http_503_unavailable", 503, 0),
        ("internal_error", 503, -1001),
        ("throttled_1008", 503, -1008),
        ("http_429", 429, -1003),
        ("http_418", 418, -1003),
    ],
)
def test_these_say_that_nothing_was_executed_and_it_is_true(btc: Trader, kind: str, status: int, code: int):
    fault(btc, kind)
    answer = buy(btc)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert btc.positions() == {} and fired(btc) == {kind: 1}


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize(("kind", "status"), [("timeout_1007", 408), ("html", 502), ("http_503_unknown", 503)])
def test_these_leave_open_what_happened(btc: Trader, kind: str, status: int, executed: bool):
    fault(btc, kind, executed=executed)
    assert buy(btc).status_code == status
    assert btc.positions() == (FILLED if executed else {})


def test_the_firewalls_page_is_html_and_nothing_passed_it(btc: Trader):
    fault(btc, "html", status=403)
    answer = buy(btc)
    assert (answer.status_code, answer.content_type) == (403, "text/html; charset=utf-8")
    assert "X-MBX-USED-WEIGHT-1M" not in answer.headers and btc.positions() == {}


def test_a_truncated_answer_promises_more_than_it_brings(btc: Trader):
    fault(btc, "truncated")
    answer = buy(btc)
    assert answer.status_code == 200 and answer.content_length > 100
    with pytest.raises(AnswerLost):
        answer.get_data()
    assert btc.positions() == FILLED


def test_over_a_socket_a_truncated_answer_ends_in_the_middle(tmp_path: Path):
    server = Running(tmp_path)
    server.post("/sim/faults", {"path": "/fapi/v1/premiumIndex", "kind": "truncated"})
    with pytest.raises(requests.RequestException):
        requests.get(f"{server.url}/fapi/v1/premiumIndex", timeout=10)
    assert requests.get(f"{server.url}/fapi/v1/ping", timeout=10).json() == {}
    server.end()


def test_a_slow_answer_was_executed_at_once(btc: Trader):
    fault(btc, "slow_answer", seconds="9")
    assert buy(btc, recvWindow=1000).status_code == 200
    assert btc.slept == [9]
    assert btc.raw()["orders"][0]["updateTime"] == btc.clock.now_ms - 9000


def test_throttling_lets_pass_what_only_closes_and_waits_for_the_next(btc: Trader):
    buy(btc)
    fault(btc, "throttled_1008", path="/fapi/*")
    assert btc.code("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT") == 0
    assert buy(btc, side="SELL", reduceOnly="true").status_code == 200
    assert btc.algo("STOP_MARKET", "SELL", "50000", closePosition="true")["code"] == -4509
    assert buy(btc).json["code"] == -1008


def test_throttling_lets_the_closing_side_pass_in_hedge_mode(hedged: Trader):
    buy(hedged, positionSide="LONG")
    fault(hedged, "throttled_1008")
    assert buy(hedged, side="SELL", positionSide="LONG").status_code == 200
    assert buy(hedged, positionSide="LONG").json["code"] == -1008


def test_a_limit_can_last_for_a_time_and_says_how_long(btc: Trader):
    fault(btc, "http_418", path="/fapi/*", seconds="60")
    answers = [btc.client.get("/fapi/v1/ping") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {418}
    assert answers[0].headers["Retry-After"] == "60"
    assert f"banned until {btc.clock.now_ms + 60_000}" in answers[0].json["msg"]
    btc.clock.now_ms += 60_000
    assert btc.client.get("/fapi/v1/ping").status_code == 200 and fired(btc) == {"http_418": 3}


@pytest.mark.parametrize(("share", "filled"), [("0.3", "0.0030"), ("0.01", "0.0001"), ("1", "0.0100")])
def test_a_partial_fill_is_that_share_of_what_would_have_been(btc: Trader, share: str, filled: str):
    fault(btc, "partial", share=share)
    answer = buy(btc, "0.01", newOrderRespType="RESULT").json
    assert (answer["executedQty"], answer["status"]) == (filled, "FILLED" if share == "1" else "EXPIRED")
    assert btc.market("BUY", "0.01")["status"] == "FILLED"


def test_a_conditional_order_can_be_refused_when_it_triggers(btc: Trader):
    buy(btc)
    algo = btc.algo("STOP_MARKET", "SELL", "59000", quantity="0.001")
    btc.control("faults", {"kind": "trigger_rejected", "account_id": btc.key["account_id"], "count": 1})
    btc.price("58000")
    assert btc.call("GET", "/fapi/v1/algoOrder", algoId=algo["algoId"])["algoStatus"] == "REJECTED"
    assert btc.positions() == FILLED


def test_young_orders_do_not_show_until_the_lag_is_over(btc: Trader):
    fault(btc, "hide_orders", path="", seconds="60", lag_seconds="2")
    order = buy(btc).json["orderId"]
    find = {"symbol": "BTCUSDT", "orderId": order}
    assert btc.code("GET", ORDER, **find) == -2013
    assert btc.call("GET", "/fapi/v1/allOrders", symbol="BTCUSDT") == []
    btc.clock.now_ms += 2000
    assert btc.call("GET", ORDER, **find)["status"] == "FILLED"
    assert len(btc.raw()["orders"]) == 1 and fired(btc) == {"hide_orders": 3}


def test_hidden_orders_can_still_be_cancelled(btc: Trader):
    fault(btc, "hide_orders", path="", seconds="60", lag_seconds="2")
    order = buy(btc, type="LIMIT", timeInForce="GTC", price="59000").json["orderId"]
    assert btc.call("GET", "/fapi/v1/openOrders") == []
    assert btc.code("GET", "/fapi/v1/openOrder", symbol="BTCUSDT", orderId=order) == -2013
    assert btc.call("DELETE", ORDER, symbol="BTCUSDT", orderId=order)["status"] == "CANCELED"


def test_stale_positions_are_exactly_those_of_a_while_ago(btc: Trader):
    buy(btc)
    fault(btc, "stale_positions", path="", seconds="60", lag_seconds="5")
    seen = []
    for _ in range(4):
        btc.clock.now_ms += 2000
        buy(btc)
        seen.append(btc.positions()["BTCUSDT BOTH"])
    btc.clock.now_ms += 3000
    assert seen == ["0.0010", "0.0010", "0.0010", "0.0020"]
    assert btc.positions()["BTCUSDT BOTH"] == "0.0040"


def test_stale_reads_agree_with_each_other_and_change_nothing(btc: Trader):
    before = btc.call("GET", "/fapi/v3/account")
    fault(btc, "stale_positions", path="", seconds="60", lag_seconds="5")
    buy(btc)
    assert btc.call("GET", "/fapi/v3/account") == before and btc.positions() == {}
    assert btc.call("GET", "/fapi/v3/balance")[0]["balance"] == before["totalWalletBalance"]
    btc.control("faults", {"clear": True})
    assert btc.positions() == FILLED and not btc.world.replica.until_ms


def test_after_its_time_a_lag_is_gone_and_keeps_nothing(btc: Trader):
    fault(btc, "stale_positions", path="", seconds="3", lag_seconds="9")
    buy(btc)
    btc.clock.now_ms += 3000
    assert btc.positions() == FILLED
    assert btc.world.replica.history == {} and btc.client.get("/sim/faults").json == []


@pytest.mark.parametrize(
    ("selector", "hit"),
    [
        ({"method": "GET"}, False),
        ({"symbol": "ETHUSDT"}, False),
        ({"symbol": "BTCUSDT", "method": "POST"}, True),
        ({"api_key": "somebody else"}, False),
        ({"path": "/fapi/v1/*"}, True),
        ({"path": "/fapi/v2/*"}, False),
    ],
)
def test_a_fault_meets_only_what_it_was_meant_for(btc: Trader, selector: dict[str, str], hit: bool):
    fault(btc, "reject", **selector)
    assert (buy(btc).status_code == 200) is not hit
    assert (btc.client.get("/sim/faults").json == []) is hit


def test_controls_are_never_disturbed(btc: Trader):
    fault(btc, "lose_answer", path="*", count=5)
    assert btc.client.get("/sim/faults").json[0]["count"] == 5


@pytest.mark.parametrize(
    "wish",
    [
        {"kind": "slow"},
        {"kind": "html", "path": ORDER, "status": 299},
        {"kind": "partial", "path": ORDER, "share": "2"},
        {"kind": "slow", "path": ORDER, "seconds": "-1"},
        {"kind": "slow", "path": 5},
        {"kind": "trigger_rejected"},
        {"kind": "trigger_rejected", "account_id": "nobody"},
        {"plan": {"seed": 1}},
        {"plan": []},
    ],
)
def test_an_odd_wish_is_refused_in_words(btc: Trader, wish: dict[str, Any]):
    assert btc.control("faults", wish)["error"]
    assert btc.client.get("/sim/faults").json == []


def test_a_batch_passes_throttling_only_when_all_of_it_closes(btc: Trader):
    buy(btc)
    closing = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.001", "reduceOnly": "true"}
    opening = {**closing, "side": "BUY", "reduceOnly": "false"}
    fault(btc, "throttled_1008", path="/fapi/v1/batchOrders")
    mixed = btc.signed("POST", "/fapi/v1/batchOrders", batchOrders=json.dumps([closing, opening]))
    assert mixed.json["code"] == -1008
    fault(btc, "throttled_1008", path="/fapi/v1/batchOrders")
    assert btc.signed("POST", "/fapi/v1/batchOrders", batchOrders=json.dumps([closing])).status_code == 200
