"""Regular orders: filters, kinds, ids and answers (binance.md §4.1, §4.4, §7)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sim.face import Trader

MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
LIMIT = {**MARKET, "type": "LIMIT", "timeInForce": "GTC", "price": "59000"}
SOL = {"symbol": "SOLUSDT", "price": "130", "quantity": "1"}


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"symbol": ""}, -1102),
        ({"symbol": None}, -1102),
        ({"symbol": "NOPEUSDT"}, -1121),
        ({"side": "LONG"}, -1117),
        ({"type": "ODD"}, -1116),
        ({"type": "STOP_MARKET"}, -4120),
        ({"quantity": None}, -1102),
        ({"newClientOrderId": ""}, -1105),
        ({"quantity": "1e-3"}, -1100),
        ({"quantity": "0"}, -4003),
        ({"quantity": "0.00001"}, -1111),
        ({**SOL, "quantity": "0.001"}, -4004),
        ({**SOL, "quantity": "1.005"}, -4023),
        ({"quantity": "1001"}, -4005),
        ({"price": None}, -1102),
        ({"price": "0"}, -4001),
        ({"price": "0.5"}, -4013),
        ({"price": "99999999"}, -4002),
        ({"price": "59000.05"}, -4014),
        ({"price": "59000.001"}, -1111),
        ({"price": "63000.1"}, -4016),
        ({"side": "SELL", "price": "56999.9"}, -4024),
        ({"quantity": "0.0001"}, -4164),
        ({"timeInForce": None}, -1102),
        ({"timeInForce": "DAY"}, -1115),
        ({"timeInForce": "RPI"}, -1115),
        ({"timeInForce": "GTD"}, -1102),
        ({"goodTillDate": "1795373788000"}, -1106),
        ({"timeInForce": "GTD", "goodTillDate": "1795373687000"}, -5040),
        ({"timeInForce": "GTD", "goodTillDate": "253402300799000"}, -5040),
        ({"timeInForce": "GTD", "goodTillDate": "1795373688000"}, 0),
        ({"priceMatch": "OPPONENT"}, -1106),
        ({"priceMatch": "OPPONENT", "price": None}, 0),
        ({"priceMatch": "BEST", "price": None}, -5037),
        ({"priceMatch": "NONE"}, 0),
        ({"selfTradePreventionMode": "EXPIRE_ALL"}, -5039),
        ({"stopPrice": "59000"}, -1106),
        ({"closePosition": "false"}, -1106),
        ({"workingType": "MARK_PRICE"}, -1106),
        ({"activationPrice": "59000"}, -1106),
        ({"callbackRate": "1"}, -1106),
        ({"positionSide": "LONG"}, -4061),
        ({"positionSide": "UP"}, -4060),
        ({"newOrderRespType": "FULL"}, -1136),
        ({"newClientOrderId": "x" * 37}, -4015),
        ({"newClientOrderId": "a b"}, -4015),
        ({"quantity": "1"}, -2019),
        ({"reduceOnly": "true"}, -2022),
        ({"timeInForce": "GTX", "price": "61000"}, -5022),
        ({"timeInForce": "FOK"}, -5021),
        ({}, 0),
    ],
)
def test_a_limit_order_is_refused_with_the_code_of_what_is_wrong(btc: Trader, wish: dict[str, Any], code: int):
    sent = {name: value for name, value in {**LIMIT, **wish}.items() if value is not None}
    assert btc.code("POST", "/fapi/v1/order", **sent) == code
    assert len(btc.raw()["orders"]) == (code == 0)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"price": "1"}, -1106),
        ({"timeInForce": "GTC"}, -1106),
        ({"goodTillDate": "1795373788000"}, -1106),
        ({"priceMatch": "QUEUE"}, -5038),
        ({"quantity": "121"}, -4005),
    ],
)
def test_a_market_order_has_rules_of_its_own(btc: Trader, wish: dict[str, Any], code: int):
    assert btc.code("POST", "/fapi/v1/order", **{**MARKET, **wish}) == code


def test_a_market_orders_notional_is_judged_by_the_mark(btc: Trader):
    btc.price("49999")
    btc.world.exchange.set_prices({}, lasts={"BTCUSDT": Decimal(50100)}, now_ms=btc.clock())
    assert (
        btc.market("BUY", "0.001")["msg"]
        == "Order's notional must be no smaller than 50 (unless you choose reduce only)"
    )
    btc.price("50000")
    assert btc.market("BUY", "0.001")["status"] == "FILLED"


def test_the_answer_to_an_order_has_no_average_price_but_the_order_has(btc: Trader):
    answer = btc.market("BUY", "0.001")
    assert answer["status"] == "FILLED" and not {"avgPrice", "cumQuote"} & set(answer)
    shown = btc.call("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=answer["orderId"])
    assert (shown["avgPrice"], shown["cumQuote"]) == ("60001.20000", "60.00120")


def test_an_acknowledgement_shows_the_order_as_just_accepted(btc: Trader):
    answer = btc.call("POST", "/fapi/v1/order", **MARKET)
    assert (answer["status"], answer["executedQty"]) == ("NEW", "0.0000")
    assert btc.positions() == {"BTCUSDT BOTH": "0.0010"}


def test_a_market_order_sent_twice_with_one_id_fills_twice(btc: Trader):
    for _ in range(2):
        assert btc.market("BUY", "0.001", newClientOrderId="same")["status"] == "FILLED"
    assert btc.positions() == {"BTCUSDT BOTH": "0.0020"}


def test_a_resting_order_keeps_its_id_to_itself(btc: Trader):
    order = btc.call("POST", "/fapi/v1/order", **LIMIT, newClientOrderId="rests")
    assert btc.code("POST", "/fapi/v1/order", **LIMIT, newClientOrderId="rests") == -4116
    btc.call("DELETE", "/fapi/v1/order", symbol="BTCUSDT", orderId=order["orderId"])
    assert btc.code("POST", "/fapi/v1/order", **LIMIT, newClientOrderId="rests") == 0


def test_a_resting_order_fills_at_its_own_price_when_the_market_comes(btc: Trader):
    btc.call("POST", "/fapi/v1/order", **LIMIT, newClientOrderId="rests")
    btc.price("58900")
    shown = btc.call("GET", "/fapi/v1/order", symbol="BTCUSDT", origClientOrderId="rests")
    assert (shown["status"], shown["avgPrice"]) == ("FILLED", "59000.00000")
    assert btc.raw()["trades"][0]["maker"] is True


def test_an_ioc_order_deeper_than_the_book_fills_in_part_and_expires(btc: Trader):
    btc.key = btc.control("keys", {"balance": "5000000"})
    answer = btc.call("POST", "/fapi/v1/order", **{**LIMIT, "timeInForce": "IOC", "price": "60001.2", "quantity": "9"},
                      newOrderRespType="RESULT")  # fmt: skip
    assert (answer["status"], answer["executedQty"]) == ("EXPIRED", "3.3332")


def test_a_large_market_order_slips(btc: Trader):
    btc.key = btc.control("keys", {"balance": "5000000"})
    btc.market("BUY", "9")
    prices = [float(trade["price"]) for trade in btc.raw()["trades"]]
    assert prices == sorted(set(prices)) and len(prices) > 1


def test_a_cancelled_order_can_not_be_cancelled_again(btc: Trader):
    order = btc.call("POST", "/fapi/v1/order", **LIMIT)
    where = {"symbol": "BTCUSDT", "orderId": order["orderId"]}
    assert btc.call("DELETE", "/fapi/v1/order", **where)["status"] == "CANCELED"
    assert btc.code("DELETE", "/fapi/v1/order", **where) == -2011
    assert btc.code("GET", "/fapi/v1/openOrder", **where) == -2013


def test_an_unknown_order_does_not_exist(btc: Trader):
    assert btc.code("GET", "/fapi/v1/order", symbol="BTCUSDT", origClientOrderId="never") == -2013
    assert btc.code("DELETE", "/fapi/v1/order", symbol="BTCUSDT", orderId="5") == -2011
    assert btc.code("GET", "/fapi/v1/order", symbol="BTCUSDT") == -1102


def test_cancelling_all_leaves_conditional_orders_alone(btc: Trader):
    btc.call("POST", "/fapi/v1/order", **LIMIT)
    btc.algo("STOP_MARKET", "SELL", "50000", quantity="0.001")
    btc.call("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    assert btc.call("GET", "/fapi/v1/openOrders") == []
    assert len(btc.call("GET", "/fapi/v1/openAlgoOrders")) == 1


def test_trades_are_found_from_an_id_on_and_not_beyond_a_week(btc: Trader):
    ids = [btc.market("BUY", "0.001")["orderId"] for _ in range(3)]
    trades = btc.call("GET", "/fapi/v1/userTrades", symbol="BTCUSDT")
    assert [trade["orderId"] for trade in trades] == ids
    later = btc.call("GET", "/fapi/v1/userTrades", symbol="BTCUSDT", fromId=trades[1]["id"])
    assert [trade["orderId"] for trade in later] == ids[1:]
    assert btc.code("GET", "/fapi/v1/userTrades", symbol="BTCUSDT", startTime=1, endTime=9**12) == -1127


def test_reduce_only_is_not_sent_in_hedge_mode(hedged: Trader):
    hedged.market("BUY", "0.002", positionSide="LONG")
    closing = {**MARKET, "side": "SELL", "positionSide": "LONG"}
    assert hedged.code("POST", "/fapi/v1/order", **closing, reduceOnly="true") == -1106
    assert hedged.code("POST", "/fapi/v1/order", **{**closing, "positionSide": "BOTH"}) == -4061
    assert hedged.code("POST", "/fapi/v1/order", **closing) == 0


def test_a_reduce_only_order_larger_than_the_position_fills_only_the_position(btc: Trader):
    btc.market("BUY", "0.002")
    answer = btc.market("SELL", "0.005", reduceOnly="true")
    assert (answer["status"], answer["executedQty"], btc.positions()) == ("EXPIRED", "0.0020", {})


def test_resting_reduce_only_orders_leave_nothing_to_reduce(btc: Trader):
    btc.market("BUY", "0.002")
    resting = {**LIMIT, "side": "SELL", "price": "61000", "quantity": "0.002", "reduceOnly": "true"}
    assert btc.code("POST", "/fapi/v1/order", **resting) == 0
    assert btc.market("SELL", "0.002", reduceOnly="true")["code"] == -2022


def test_a_reduce_only_order_may_not_turn_the_position_round_beside_a_resting_one_without_margin(btc: Trader):
    btc.market("BUY", "0.3")
    selling = {**LIMIT, "side": "SELL", "price": "60500", "quantity": "0.3"}
    assert btc.code("POST", "/fapi/v1/order", **selling) == 0
    assert btc.market("SELL", "0.3", reduceOnly="true")["code"] == -4118


def test_an_order_good_till_a_date_expires_then(btc: Trader):
    wish = {**LIMIT, "timeInForce": "GTD", "goodTillDate": btc.clock.now_ms + 601_000}
    order = btc.call("POST", "/fapi/v1/order", **wish)
    assert (order["timeInForce"], order["goodTillDate"]) == ("GTD", btc.clock.now_ms + 601_000)
    btc.clock.now_ms += 600_999
    assert len(btc.call("GET", "/fapi/v1/openOrders")) == 1
    btc.clock.now_ms += 1
    assert btc.call("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=order["orderId"])["status"] == "EXPIRED"


def test_all_orders_tell_base_and_pair(btc: Trader):
    btc.market("BUY", "0.002")
    (row,) = btc.call("GET", "/fapi/v1/allOrders", symbol="BTCUSDT")
    assert (row["cumBase"], row["pair"], row["price"], row["stopPrice"]) == ("0.0020", "BTCUSDT", "0", "0")


def test_open_orders_end_at_two_hundred(btc: Trader):
    for _ in range(200):
        assert (
            btc.code("POST", "/fapi/v1/order", **{**LIMIT, "symbol": "SOLUSDT", "price": "135", "quantity": "0.04"})
            == 0
        )
    assert btc.code("POST", "/fapi/v1/order", **LIMIT) == -2025
