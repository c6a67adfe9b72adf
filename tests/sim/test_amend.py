"""Resting orders changed in place (binance.md §4.4)."""

from __future__ import annotations

from typing import Any

import pytest

from nof1web.sim.amend import MOST_AMENDMENTS
from nof1web.sim.codec import decode, encode
from nof1web.sim.orders import Amendment
from nof1web.sim.state import open_state
from tests.sim.face import Trader, trader

LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.002",
         "price": "59000", "newClientOrderId": "rests"}  # fmt: skip
CHANGE = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.003", "price": "59500", "origClientOrderId": "rests"}


def amend(face: Trader, **wish: Any) -> Any:
    sent = {name: value for name, value in {**CHANGE, **wish}.items() if value is not None}
    return face.call("PUT", "/fapi/v1/order", **sent)


def rest(face: Trader, **wish: Any) -> Any:
    return face.call("POST", "/fapi/v1/order", **{**LIMIT, **wish})


def test_a_resting_order_takes_a_new_price_and_quantity(btc: Trader):
    order = rest(btc)
    answer = amend(btc, modifyId="9223372036854775807")
    assert (answer["orderId"], answer["price"], answer["origQty"]) == (order["orderId"], "59500.00", "0.0030")
    assert (answer["pair"], answer["modifyId"], answer["status"]) == ("BTCUSDT", 9223372036854775807, "NEW")
    assert not {"avgPrice", "cumQuote", "cumBase"} & set(answer)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"quantity": None}, -1102),
        ({"price": None}, -1102),
        ({"side": "SELL"}, -1117),
        ({"origClientOrderId": "never"}, -2013),
        ({"origClientOrderId": None}, -1102),
        ({"origClientOrderId": None, "orderId": "5"}, -2013),
        ({"quantity": "0.002", "price": "59000"}, -5027),
        ({"reduceOnly": "true"}, -5047),
        ({"quantity": "0.0008"}, -5029),
        ({"quantity": "0.00001"}, -1111),
        ({"price": "59500.05"}, -4014),
        ({"price": "63000.1"}, -4016),
        ({"quantity": "1"}, -2019),
        ({"modifyId": "x"}, -1130),
        ({"modifyId": "9223372036854775808"}, -1130),
        ({"priceMatch": "QUEUE"}, -1106),
        ({"price": None, "priceMatch": "QUEUE"}, 0),
        ({}, 0),
    ],
)
def test_a_change_is_refused_with_the_code_of_what_is_wrong(btc: Trader, wish: dict[str, Any], code: int):
    rest(btc)
    assert amend(btc, **wish).get("code", 0) == code
    (order,) = btc.call("GET", "/fapi/v1/openOrders")
    assert (order["price"] == "59000.00") == (code != 0)


def test_only_limit_orders_can_be_changed(btc: Trader):
    btc.market("BUY", "0.001", newClientOrderId="rests")
    assert amend(btc)["code"] == -5025


def test_an_order_that_no_longer_rests_can_not_be_changed(btc: Trader):
    rest(btc)
    btc.call("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    assert amend(btc)["code"] == -2013


def test_a_price_across_the_book_takes_at_once(btc: Trader):
    rest(btc)
    assert amend(btc, price="60100")["status"] == "FILLED"
    (trade,) = btc.raw()["trades"]
    assert (trade["price"], trade["qty"], trade["maker"]) == ("60001.20", "0.0030", False)


def test_a_post_only_order_changed_across_the_book_is_cancelled(btc: Trader):
    rest(btc, timeInForce="GTX")
    assert amend(btc, price="60100")["status"] == "CANCELED"
    assert btc.raw()["trades"] == []


def test_what_is_filled_stays_and_a_quantity_no_larger_ends_the_order(btc: Trader):
    btc.key = btc.control("keys", {"balance": "50000000"})
    rest(btc, quantity="5")
    btc.price("58998.8")
    grown = amend(btc, quantity="6", price="59000")
    assert (grown["status"], grown["executedQty"], grown["origQty"]) == ("PARTIALLY_FILLED", "3.3898", "6.0000")
    ended = amend(btc, quantity="3", price="59000")
    assert (ended["status"], ended["executedQty"]) == ("CANCELED", "3.3898")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"quantity": "0"}, -4003),
        ({"quantity": "-0.1", "price": "-7.12"}, -4003),
        ({"quantity": "0.00001"}, -1111),
        ({"quantity": "1", "price": "0"}, -4001),
        ({"quantity": "1", "price": "59000.05"}, -4014),
        ({"quantity": "1", "price": "70000"}, -4016),
    ],
)
def test_a_change_that_ends_an_order_has_to_pass_its_filters_too(btc: Trader, wish: dict[str, Any], code: int):
    btc.key = btc.control("keys", {"balance": "50000000"})
    rest(btc, quantity="5")
    btc.price("58998.8")
    assert amend(btc, **wish)["code"] == code
    assert amend(btc, quantity="1", price="59000")["status"] == "CANCELED"


def test_a_reduce_only_order_may_be_small_when_the_change_says_so(btc: Trader):
    btc.market("BUY", "0.002")
    rest(btc, side="SELL", price="61000", reduceOnly="true")
    small = {"side": "SELL", "price": "61000", "quantity": "0.0001"}
    assert amend(btc, **small)["code"] == -5029
    assert amend(btc, **small, reduceOnly="true")["origQty"] == "0.0001"


def test_changes_come_to_an_end(btc: Trader):
    rest(btc)
    (order,) = btc.world.exchange.account(btc.key["account_id"]).open_orders.values()
    order.amended = MOST_AMENDMENTS - 1
    assert "code" not in amend(btc)
    assert amend(btc, quantity="0.004")["code"] == -5026


def test_every_change_is_on_record(btc: Trader):
    order = rest(btc)
    amend(btc)
    btc.clock.now_ms += 10
    amend(btc, quantity="0.004")
    rows = btc.call("GET", "/fapi/v1/orderAmendment", symbol="BTCUSDT", orderId=order["orderId"])
    assert [row["amendment"]["count"] for row in rows] == [1, 2]
    assert rows[0]["amendment"]["price"] == {"before": "59000.00", "after": "59500.00"}
    assert rows[1]["amendment"]["origQty"] == {"before": "0.0030", "after": "0.0040"}
    late = btc.call("GET", "/fapi/v1/orderAmendment", symbol="BTCUSDT", startTime=btc.clock.now_ms, limit="5")
    assert late == rows[1:]
    assert btc.call("GET", "/fapi/v1/orderAmendment", symbol="BTCUSDT", origClientOrderId="other") == []


def test_changes_survive_a_restart(tmp_path):
    store = open_state(tmp_path)
    face = trader(store=store)
    rest(face)
    amend(face)
    ((_, text),) = store.read("amendment")
    (kept,) = face.world.exchange.account(face.key["account_id"]).amendments
    assert decode(Amendment, text) == kept and encode(kept) == text
    again = trader(store=store).world.exchange.account(face.key["account_id"])
    assert again.amendments == [kept] and next(iter(again.open_orders.values())).amended == 1
    store.close()
