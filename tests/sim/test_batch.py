"""Several orders at once, and the countdown that cancels (binance.md §4.4)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nof1web.sim.state import open_state
from tests.sim.face import Trader, trader

MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
LIMIT = {**MARKET, "type": "LIMIT", "timeInForce": "GTC", "price": "59000"}


def batch(face: Trader, *orders: Any, method: str = "POST") -> Any:
    return face.call(method, "/fapi/v1/batchOrders", batchOrders=json.dumps(orders))


def rest(face: Trader, *names: str) -> list[int]:
    return [face.call("POST", "/fapi/v1/order", **LIMIT, newClientOrderId=name)["orderId"] for name in names]


def test_each_order_of_a_batch_is_answered_for_itself(btc: Trader):
    answers = batch(btc, {**MARKET, "newOrderRespType": "RESULT"}, {**MARKET, "side": "UP"}, LIMIT, {"symbol": ""})
    assert [answer.get("code", answer.get("status")) for answer in answers] == ["FILLED", -1117, "NEW", -1102]
    assert btc.positions() == {"BTCUSDT BOTH": "0.0010"}


def test_numbers_and_booleans_may_be_json(btc: Trader):
    btc.market("BUY", "0.002")
    (answer,) = batch(btc, {**LIMIT, "side": "SELL", "quantity": 0.0020, "price": 61000, "reduceOnly": True})
    assert (answer["origQty"], answer["price"], answer["reduceOnly"]) == ("0.0020", "61000.00", True)


@pytest.mark.parametrize(
    ("text", "code"), [("[]", -4082), ("", -1102), ("[1]", -1130), ("{", -1130), (json.dumps([MARKET] * 6), -4082)]
)
def test_a_batch_has_one_to_five_orders(btc: Trader, text: str, code: int):
    assert btc.code("POST", "/fapi/v1/batchOrders", batchOrders=text) == code
    assert btc.raw()["orders"] == []


@pytest.mark.parametrize("half", [{"\ud800": ""}, {"newClientOrderId": "\udfff"}, {"\ud800": "x", "price": "1"}])
def test_half_a_character_is_refused_before_any_order_of_the_batch_is_placed(btc: Trader, half: dict[str, str]):
    wish = json.dumps([MARKET, {**MARKET, **half}])
    assert btc.code("POST", "/fapi/v1/batchOrders", batchOrders=wish) == -1100
    assert btc.raw()["orders"] == []


def test_what_was_done_before_a_crash_is_written_down(tmp_path, monkeypatch):
    store = open_state(tmp_path)
    face = trader(store=store)
    monkeypatch.setattr("nof1web.sim.render.order_answer", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        batch(face, MARKET)
    again = trader(store=store).world.exchange.account(face.key["account_id"])
    assert len(again.orders) == len(again.trades) == 1
    store.close()


def test_a_batch_counts_five_in_ten_seconds_and_one_in_a_minute(btc: Trader):
    answer = btc.signed("POST", "/fapi/v1/batchOrders", batchOrders=json.dumps([MARKET]))
    assert answer.status_code == 200
    assert (answer.headers["X-MBX-ORDER-COUNT-10S"], answer.headers["X-MBX-ORDER-COUNT-1M"]) == ("5", "1")


def test_a_batch_is_answered_with_200_even_when_every_order_was_refused(btc: Trader):
    wish = json.dumps([{**MARKET, "reduceOnly": "true"}])
    answer = btc.signed("POST", "/fapi/v1/batchOrders", batchOrders=wish)
    assert (answer.status_code, answer.json) == (200, [{"code": -2022, "msg": "ReduceOnly Order is rejected."}])


def test_stops_have_no_place_in_a_batch(btc: Trader):
    (answer,) = batch(btc, {**MARKET, "type": "STOP_MARKET", "stopPrice": "59000"})
    assert answer["code"] == -4120


def test_several_orders_are_changed_at_once(btc: Trader):
    first, _ = rest(btc, "one", "two")
    change = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.002", "price": "58000"}
    answers = batch(btc, {**change, "orderId": first, "modifyId": 7}, {**change, "origClientOrderId": "three"},
                    {**change, "origClientOrderId": "two"}, method="PUT")  # fmt: skip
    assert [answer.get("code", answer.get("price")) for answer in answers] == ["58000.00", -2013, "58000.00"]
    assert answers[0]["modifyId"] == 7


def test_several_orders_are_cancelled_at_once(btc: Trader):
    first, second = rest(btc, "one", "two")
    ids = json.dumps([first, 5, second], separators=(",", ":"))
    answers = btc.call("DELETE", "/fapi/v1/batchOrders", symbol="BTCUSDT", orderIdList=ids)
    assert [answer.get("code", answer.get("status")) for answer in answers] == ["CANCELED", -2011, "CANCELED"]


@pytest.mark.parametrize("name", ["origClientOrderIdList", "origclientorderidlist"])
def test_orders_are_cancelled_by_their_own_names_too(btc: Trader, name: str):
    rest(btc, "one", "two")
    answers = btc.call("DELETE", "/fapi/v1/batchOrders", symbol="BTCUSDT", **{name: '["two"]'})
    assert [answer["clientOrderId"] for answer in answers] == ["two"]
    assert len(btc.call("GET", "/fapi/v1/openOrders")) == 1


@pytest.mark.parametrize(
    ("wish", "code"),
    [({}, -1102), ({"orderIdList": json.dumps(list(range(1, 12)))}, -4032), ({"orderIdList": "5"}, -1130)],
)
def test_a_cancelled_batch_names_up_to_ten_orders(btc: Trader, wish: dict[str, str], code: int):
    assert btc.code("DELETE", "/fapi/v1/batchOrders", symbol="BTCUSDT", **wish) == code


def count_down(face: Trader, countdown: str, symbol: str = "BTCUSDT") -> Any:
    return face.call("POST", "/fapi/v1/countdownCancelAll", symbol=symbol, countdownTime=countdown)


def test_the_countdown_cancels_a_symbols_regular_orders_and_nothing_else(btc: Trader):
    rest(btc, "one", "two")
    btc.call("POST", "/fapi/v1/order", **{**LIMIT, "symbol": "SOLUSDT", "price": "135", "quantity": "0.1"})
    btc.algo("STOP_MARKET", "SELL", "59000", quantity="0.001")
    assert count_down(btc, "5000") == {"symbol": "BTCUSDT", "countdownTime": "5000"}
    btc.clock.now_ms += 4999
    assert len(btc.call("GET", "/fapi/v1/openOrders")) == 3
    btc.clock.now_ms += 1
    assert [order["symbol"] for order in btc.call("GET", "/fapi/v1/openOrders")] == ["SOLUSDT"]
    assert len(btc.call("GET", "/fapi/v1/openAlgoOrders")) == 1


def test_the_countdown_runs_out_without_anybody_calling(btc: Trader):
    rest(btc, "one")
    count_down(btc, "2000")
    btc.pass_time(2)
    assert [order["status"] for order in btc.raw()["orders"]] == ["CANCELED"]


def test_the_countdown_survives_a_restart(tmp_path):
    store = open_state(tmp_path)
    face = trader(store=store)
    rest(face, "one")
    count_down(face, "2000")
    again = trader(store=store)
    again.pass_time(2)
    account = again.world.exchange.account(face.key["account_id"])
    assert [order.status for order in account.orders.values()] == ["CANCELED"] and account.countdowns == {}
    store.close()


def test_the_countdown_begins_anew_with_each_call_and_stops_at_zero(btc: Trader):
    rest(btc, "one")
    count_down(btc, "2000")
    btc.pass_time(1)
    count_down(btc, "2000")
    btc.pass_time(1)
    count_down(btc, "0")
    btc.pass_time(5)
    assert len(btc.call("GET", "/fapi/v1/openOrders")) == 1


@pytest.mark.parametrize(("countdown", "code"), [("-1", -1130), ("soon", -1130), ("", -1102)])
def test_a_countdown_is_a_number_of_milliseconds(btc: Trader, countdown: str, code: int):
    assert count_down(btc, countdown)["code"] == code
