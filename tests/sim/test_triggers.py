"""What becomes of conditional orders: their terms, their time, their child (binance.md §3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sim.face import Trader


def only(btc: Trader) -> Any:
    (algo,) = btc.raw()["algo_orders"]
    return algo


def test_what_was_asked_for_is_shown_as_it_was_asked_for(btc: Trader):
    end = str(btc.clock.now_ms + 700_000)
    wish = {
        "priceMatch": "QUEUE_5",
        "selfTradePreventionMode": "EXPIRE_BOTH",
        "timeInForce": "GTD",
        "goodTillDate": end,
    }
    shown = btc.algo("STOP", "BUY", "61000", quantity="0.001", **wish)
    assert {name: str(shown[name]) for name in wish} == wish
    btc.price("61000")
    (order,) = btc.call("GET", "/fapi/v1/openOrders")
    assert {name: str(order[name]) for name in wish} == wish
    assert float(order["price"]) < 61000


def test_a_conditional_order_good_till_a_date_expires_then(btc: Trader):
    end = btc.clock.now_ms + 601_000
    btc.algo("STOP_MARKET", "SELL", "59000", quantity="0.001", timeInForce="GTD", goodTillDate=end)
    btc.clock.now_ms = end
    assert btc.call("GET", "/fapi/v1/openAlgoOrders") == []
    assert only(btc)["algoStatus"] == "EXPIRED"


def test_a_child_may_have_less_than_ten_minutes_left_and_ends_with_them(btc: Trader):
    end = btc.clock.now_ms + 601_000
    btc.algo("STOP", "BUY", "61000", quantity="0.001", price="60500", timeInForce="GTD", goodTillDate=end)
    btc.clock.now_ms = end - 1000
    btc.price("61000")
    assert only(btc)["algoStatus"] == "TRIGGERED"
    btc.clock.now_ms = end
    assert btc.call("GET", "/fapi/v1/openOrders") == []
    assert only(btc)["algoStatus"] == "FINISHED"


def test_an_order_whose_child_is_cancelled_is_finished(btc: Trader):
    btc.algo("STOP", "BUY", "61000", quantity="0.001", price="60500", clientAlgoId="stop")
    btc.price("61000")
    shown = btc.call("GET", "/fapi/v1/algoOrder", clientAlgoId="stop")
    assert (shown["algoStatus"], shown["actualType"]) == ("TRIGGERED", "LIMIT")
    assert btc.code("DELETE", "/fapi/v1/algoOrder", clientAlgoId="stop") == -2011
    btc.call("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    assert only(btc)["algoStatus"] == "FINISHED"


def test_a_child_that_expires_with_the_position_finishes_its_order(btc: Trader):
    btc.market("BUY", "0.002")
    btc.algo("STOP", "SELL", "59000", quantity="0.002", price="59500", reduceOnly="true")
    btc.price("59000")
    assert only(btc)["algoStatus"] == "TRIGGERED"
    btc.call("DELETE", "/fapi/v1/order", symbol="BTCUSDT", orderId="1")
    btc.market("SELL", "0.002")
    assert only(btc)["algoStatus"] == "FINISHED"


def test_a_trigger_may_be_refused_on_purpose(btc: Trader):
    btc.market("BUY", "0.002")
    btc.algo("STOP_MARKET", "SELL", "59000", closePosition="true")
    btc.world.exchange.refuse_next_triggers(btc.key["account_id"], 1)
    btc.price("59000")
    assert (only(btc)["algoStatus"], only(btc)["reason"]) == ("REJECTED", "NEW_ORDER_REJECTED")
    assert btc.positions() == {"BTCUSDT BOTH": "0.0020"}


@pytest.mark.parametrize(
    ("working_type", "apart", "status"),
    [
        ("MARK_PRICE", {"marks": {"BTCUSDT": Decimal(59000)}}, "FINISHED"),
        ("MARK_PRICE", {"lasts": {"BTCUSDT": Decimal(59000)}}, "NEW"),
        ("CONTRACT_PRICE", {"lasts": {"BTCUSDT": Decimal(59000)}}, "FINISHED"),
        ("CONTRACT_PRICE", {"marks": {"BTCUSDT": Decimal(59000)}}, "NEW"),
    ],
)
def test_only_the_working_price_triggers(btc: Trader, working_type: str, apart: dict[str, Any], status: str):
    btc.algo("STOP_MARKET", "SELL", "59000", quantity="0.001", workingType=working_type)
    btc.world.exchange.set_prices({}, **apart, now_ms=btc.clock())
    assert only(btc)["algoStatus"] == status


def test_a_stop_limit_buys_no_further_above_its_trigger_than_percent_price(btc: Trader):
    assert btc.algo("STOP", "BUY", "61000", quantity="0.001", price="64050.1")["code"] == -4183
    assert "code" not in btc.algo("STOP", "BUY", "61000", quantity="0.001", price="64050")


@pytest.mark.parametrize(
    ("protect", "last", "status"),
    [("true", "57100", "FINISHED"), ("true", "56900", "NEW"), ("false", "56900", "REJECTED")],
)
def test_a_protected_order_waits_while_mark_and_last_are_far_apart(btc: Trader, protect: str, last: str, status: str):
    btc.algo("STOP_MARKET", "SELL", "59000", quantity="0.001", workingType="CONTRACT_PRICE", priceProtect=protect)
    btc.world.exchange.set_prices({}, lasts={"BTCUSDT": Decimal(last)}, now_ms=btc.clock())
    assert only(btc)["algoStatus"] == status


def test_conditional_orders_are_listed_by_kind_and_id(btc: Trader):
    first = btc.algo("STOP_MARKET", "SELL", "59000", quantity="0.001")
    btc.algo("STOP_MARKET", "SELL", "58000", quantity="0.001")
    assert len(btc.call("GET", "/fapi/v1/openAlgoOrders", algoType="CONDITIONAL")) == 2
    (row,) = btc.call("GET", "/fapi/v1/openAlgoOrders", algoId=first["algoId"])
    assert row["clientAlgoId"] == first["clientAlgoId"]
    assert btc.code("GET", "/fapi/v1/openAlgoOrders", algoType="VP") == -1130


def test_an_order_id_and_a_conditional_order_id_may_be_the_same(btc: Trader):
    btc.algo("STOP_MARKET", "SELL", "59000", quantity="0.001", clientAlgoId="same")
    wish = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "59000"}
    assert btc.code("POST", "/fapi/v1/order", **wish, quantity="0.001", newClientOrderId="same") == 0
    btc.price("59000.5")
    btc.price("59000")
    assert only(btc)["algoStatus"] == "FINISHED"
