"""Conditional orders (binance.md §3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from nof1web.sim.state import open_state
from tests.sim.face import Trader, trader


def only(btc: Trader) -> Any:
    (algo,) = btc.raw()["algo_orders"]
    return algo


def test_a_stop_reduces_the_position_and_finishes_with_its_order(btc: Trader):
    btc.market("BUY", "0.003")
    btc.algo("STOP_MARKET", "SELL", "59000", quantity="0.002", reduceOnly="true", clientAlgoId="stop")
    btc.price("58999")
    assert btc.positions() == {"BTCUSDT BOTH": "0.0010"}
    algo = btc.call("GET", "/fapi/v1/algoOrder", clientAlgoId="stop")
    assert (algo["algoStatus"], algo["actualQty"]) == ("FINISHED", "0.0020")
    order = btc.call("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=algo["actualOrderId"])
    assert (order["status"], order["reduceOnly"]) == ("FILLED", True)


@pytest.mark.parametrize(
    ("kind", "side", "trigger", "fires_at", "waits_at"),
    [
        ("STOP_MARKET", "SELL", "59000", "59000", "59000.1"),
        ("STOP_MARKET", "BUY", "61000", "61000", "60999.9"),
        ("TAKE_PROFIT_MARKET", "SELL", "61000", "61000", "60999.9"),
        ("TAKE_PROFIT_MARKET", "BUY", "59000", "59000", "59000.1"),
    ],
)
def test_each_kind_triggers_on_its_own_side(
    btc: Trader, kind: str, side: str, trigger: str, *, fires_at: str, waits_at: str
):
    btc.algo(kind, side, trigger, quantity="0.001")
    btc.price(waits_at)
    assert only(btc)["algoStatus"] == "NEW"
    btc.price(fires_at)
    assert only(btc)["algoStatus"] == "FINISHED"


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"algoType": "VP"}, -1130),
        ({"type": "MARKET"}, -1116),
        ({"triggerPrice": ""}, -1102),
        ({"triggerPrice": "59000.05"}, -4014),
        ({"triggerPrice": "60000.1"}, -2021),
        ({"triggerPrice": "0"}, -4006),
        ({"type": "TAKE_PROFIT_MARKET", "triggerPrice": "4560000.1"}, -4007),
        ({"workingType": "INDEX"}, -4031),
        ({"clientAlgoId": "x" * 37}, -4015),
        ({"closePosition": "true"}, -4137),
        ({"closePosition": "true", "quantity": "", "reduceOnly": "true"}, -1106),
        ({"closePosition": "true", "quantity": ""}, -4509),
        ({"type": "STOP", "closePosition": "true"}, -4136),
        ({"closePosition": "true", "quantity": "", "reduceOnly": "false"}, -4138),
        ({"type": "TRAILING_STOP_MARKET", "triggerPrice": "", "callbackRate": "20.1"}, -1130),
        ({"type": "TRAILING_STOP_MARKET", "triggerPrice": "", "callbackRate": "0.09"}, -1130),
        ({"type": "TRAILING_STOP_MARKET", "triggerPrice": ""}, -1102),
        ({"type": "TRAILING_STOP_MARKET", "callbackRate": "1"}, -1106),
        ({"type": "TRAILING_STOP_MARKET", "triggerPrice": "", "callbackRate": "1", "activatePrice": "60000"}, -4135),
        ({"callbackRate": "1"}, -1106),
        ({"price": "59000"}, -1106),
        ({"type": "STOP"}, -1102),
        ({"type": "STOP", "price": "56049.9"}, -4184),
        ({"type": "STOP", "priceMatch": "OPPONENT", "price": "59000"}, -1106),
        ({"type": "STOP", "priceMatch": "NEAR"}, -5037),
        ({"priceMatch": "OPPONENT"}, -5038),
        ({"selfTradePreventionMode": "MAKER"}, -5039),
        ({"timeInForce": "GTD"}, -1102),
        ({"timeInForce": "GTD", "goodTillDate": "1795373687000"}, -5040),
        ({"newOrderRespType": "FULL"}, -1136),
        ({"positionSide": "LONG"}, -4061),
    ],
)
def test_a_conditional_order_is_refused_with_the_code_of_what_is_wrong(btc: Trader, wish: dict[str, Any], code: int):
    assert btc.algo("STOP_MARKET", "SELL", "59000", **{"quantity": "0.001", **wish})["code"] == code
    assert btc.raw()["algo_orders"] == []


def test_a_second_close_position_stop_is_refused_while_a_take_profit_may_stand_beside_it(btc: Trader):
    btc.market("BUY", "0.001")
    assert btc.algo("STOP_MARKET", "SELL", "59000", closePosition="true")["timeInForce"] == "GTE_GTC"
    assert btc.algo("STOP_MARKET", "SELL", "58000", closePosition="true")["code"] == -4130
    assert "code" not in btc.algo("TAKE_PROFIT_MARKET", "SELL", "61000", closePosition="true")


def test_a_close_position_order_closes_all_and_the_other_leg_expires(btc: Trader):
    btc.market("BUY", "0.001")
    btc.algo("STOP_MARKET", "SELL", "59000", closePosition="true")
    btc.algo("TAKE_PROFIT_MARKET", "SELL", "61000", closePosition="true")
    btc.market("BUY", "0.004")
    btc.price("61000")
    assert btc.positions() == {}
    assert [a["algoStatus"] for a in btc.raw()["algo_orders"]] == ["EXPIRED", "FINISHED"]


def test_a_reduce_only_stop_without_a_position_is_rejected_when_it_triggers(btc: Trader):
    btc.algo("STOP_MARKET", "SELL", "59000", quantity="0.001", reduceOnly="true")
    btc.price("58000")
    assert (only(btc)["algoStatus"], only(btc)["reason"]) == ("REJECTED", "ReduceOnly Order is rejected.")
    assert btc.positions() == {}


def test_the_working_type_decides_which_price_counts(btc: Trader):
    btc.algo("STOP_MARKET", "SELL", "59000", quantity="0.001", workingType="CONTRACT_PRICE")
    quote = btc.world.exchange.market.quotes["BTCUSDT"]
    quote.mark = quote.mark - 2000
    btc.pass_time(1)
    assert only(btc)["algoStatus"] == "NEW"
    quote.last = quote.mark
    btc.pass_time(1)
    assert only(btc)["algoStatus"] == "FINISHED"


def test_price_protection_holds_a_trigger_back_while_mark_and_last_are_apart(btc: Trader):
    btc.algo("STOP_MARKET", "SELL", "59000", quantity="0.001", priceProtect="true")
    quote = btc.world.exchange.market.quotes["BTCUSDT"]
    quote.mark = quote.last * 9 / 10
    btc.pass_time(1)
    assert only(btc)["algoStatus"] == "NEW"


def test_a_stop_limit_rests_as_a_regular_order_until_it_fills(btc: Trader):
    btc.algo("STOP", "BUY", "61000", quantity="0.001", price="60500", clientAlgoId="limit")
    btc.price("61000")
    assert only(btc)["algoStatus"] == "TRIGGERED"
    assert btc.call("GET", "/fapi/v1/openAlgoOrders") == []
    btc.price("60400")
    assert (only(btc)["algoStatus"], btc.positions()) == ("FINISHED", {"BTCUSDT BOTH": "0.0010"})


def test_a_trailing_stop_follows_the_best_price(btc: Trader):
    btc.market("BUY", "0.001")
    btc.algo("TRAILING_STOP_MARKET", "SELL", "", quantity="0.001", callbackRate="1", reduceOnly="true")
    for price in ("60000", "62000", "61400"):
        btc.price(price)
    assert only(btc)["algoStatus"] == "NEW"
    btc.price("61380")
    assert only(btc)["algoStatus"] == "FINISHED"


def test_a_trailing_stop_follows_from_where_it_was_placed(btc: Trader):
    btc.market("BUY", "0.001")
    wish = {"quantity": "0.001", "callbackRate": "1", "reduceOnly": "true"}
    assert btc.algo("TRAILING_STOP_MARKET", "SELL", "", **wish)["triggerPrice"] == "59400.00"
    btc.price("59000")
    assert (only(btc)["algoStatus"], btc.positions()) == ("FINISHED", {})


def test_a_trailing_stop_waits_for_its_activation_price(btc: Trader):
    wish = {"quantity": "0.001", "callbackRate": "1", "activatePrice": "61000"}
    btc.algo("TRAILING_STOP_MARKET", "SELL", "", **wish)
    for price in ("59000", "60999.9", "59000"):
        btc.price(price)
    assert only(btc)["triggerPrice"] == "0.00"
    btc.price("61000")
    assert only(btc)["triggerPrice"] == "60390.00"


def test_a_trailing_stop_to_buy_follows_downward(btc: Trader):
    btc.algo("TRAILING_STOP_MARKET", "BUY", "", quantity="0.001", callbackRate="1")
    for price in ("58000", "58500"):
        btc.price(price)
    assert (only(btc)["algoStatus"], only(btc)["triggerPrice"]) == ("NEW", "58580.00")
    btc.price("58580")
    assert only(btc)["algoStatus"] == "FINISHED"


def test_how_far_a_trailing_stop_followed_survives_a_restart(tmp_path):
    store = open_state(tmp_path)
    face = trader(store=store)
    face.algo("TRAILING_STOP_MARKET", "SELL", "", quantity="0.001", callbackRate="1")
    face.price("65000")
    (algo,) = trader(store=store).world.exchange.account(face.key["account_id"]).algos.values()
    assert (algo.extreme, algo.trigger) == (65000, 64350)
    store.close()


def test_a_position_larger_than_a_market_order_may_be_is_closed_whole(btc: Trader):
    btc.key = btc.control("keys", {"balance": "100000000"})
    btc.call("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage="5")
    btc.world.exchange.market.depth = Decimal(10_000)
    for _ in range(2):
        assert btc.market("BUY", "100")["status"] == "FILLED"
    btc.algo("STOP_MARKET", "SELL", "59000", closePosition="true")
    btc.price("58900")
    assert (only(btc)["actualQty"], btc.positions()) == ("200.0000", {})


def test_cancelling_answers_with_a_code_that_is_a_string(btc: Trader):
    btc.algo("STOP_MARKET", "SELL", "59000", quantity="0.001", clientAlgoId="stop")
    assert btc.call("DELETE", "/fapi/v1/algoOrder", clientAlgoId="stop")["code"] == "200"
    assert btc.code("DELETE", "/fapi/v1/algoOrder", clientAlgoId="stop") == -2011
    assert btc.code("GET", "/fapi/v1/algoOrder", clientAlgoId="never") == -2013


def test_an_id_in_use_is_refused(btc: Trader):
    btc.algo("STOP_MARKET", "SELL", "59000", quantity="0.001", clientAlgoId="stop")
    assert btc.algo("STOP_MARKET", "SELL", "58000", quantity="0.001", clientAlgoId="stop")["code"] == -4116


def test_conditional_orders_end_at_two_hundred(btc: Trader):
    for _ in range(200):
        btc.algo("STOP_MARKET", "SELL", "59000", quantity="0.001")
    assert btc.algo("STOP_MARKET", "SELL", "59000", quantity="0.001")["code"] == -4045


def test_hedge_mode_closes_the_side_it_names(hedged: Trader):
    hedged.market("BUY", "0.002", positionSide="LONG")
    hedged.market("SELL", "0.002", positionSide="SHORT")
    assert hedged.algo("STOP_MARKET", "BUY", "61000", closePosition="true", positionSide="LONG")["code"] == -4061
    hedged.algo("STOP_MARKET", "SELL", "59000", quantity="0.002", positionSide="LONG")
    hedged.price("59000")
    assert hedged.positions() == {"BTCUSDT SHORT": "-0.0020"}
