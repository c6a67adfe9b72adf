"""Positions, modes, margin and liquidation (binance.md §4.2, §4.3, §8)."""

from __future__ import annotations

import pytest

from tests.sim.face import Trader

LEVERAGE, MARGIN_TYPE, MODE = "/fapi/v1/leverage", "/fapi/v1/marginType", "/fapi/v1/positionSide/dual"


def test_flat_symbols_are_left_out_of_position_risk(btc: Trader):
    assert btc.call("GET", "/fapi/v3/positionRisk") == []
    btc.market("SELL", "0.002")
    assert btc.positions() == {"BTCUSDT BOTH": "-0.0020"}
    assert len(btc.call("GET", "/fapi/v2/positionRisk")) == 6


def test_reduce_only_never_opens(btc: Trader):
    assert btc.market("SELL", "0.001", reduceOnly="true")["code"] == -2022
    btc.market("BUY", "0.001")
    answer = btc.market("SELL", "0.003", reduceOnly="true")
    assert (answer["status"], answer["executedQty"]) == ("EXPIRED", "0.0010")
    assert btc.positions() == {}


def test_reduce_only_may_stay_below_the_minimum_notional(btc: Trader):
    btc.market("BUY", "0.001")
    assert btc.market("SELL", "0.0001", reduceOnly="true")["status"] == "FILLED"


def test_a_resting_reduce_only_order_ends_with_its_position(btc: Trader):
    btc.market("BUY", "0.002")
    btc.call("POST", "/fapi/v1/order", symbol="BTCUSDT", side="SELL", type="LIMIT", timeInForce="GTC", price="62000",
             quantity="0.002", reduceOnly="true", newClientOrderId="exit")  # fmt: skip
    assert btc.market("SELL", "0.002", reduceOnly="true")["code"] == -2022
    btc.market("SELL", "0.002")
    shown = btc.call("GET", "/fapi/v1/order", symbol="BTCUSDT", origClientOrderId="exit")
    assert shown["status"] == "EXPIRED"


def test_one_order_turns_a_long_into_a_short(btc: Trader):
    btc.market("BUY", "0.002")
    btc.market("SELL", "0.005")
    assert btc.positions() == {"BTCUSDT BOTH": "-0.0030"}


def test_hedge_mode_keeps_two_sides_and_closes_by_side(hedged: Trader):
    hedged.market("BUY", "0.002", positionSide="LONG")
    hedged.market("SELL", "0.003", positionSide="SHORT")
    assert hedged.positions() == {"BTCUSDT LONG": "0.0020", "BTCUSDT SHORT": "-0.0030"}
    hedged.market("SELL", "0.002", positionSide="LONG")
    assert hedged.positions() == {"BTCUSDT SHORT": "-0.0030"}


def test_hedge_mode_refuses_reduce_only_and_orders_without_a_side(hedged: Trader):
    hedged.market("BUY", "0.002", positionSide="LONG")
    assert hedged.market("SELL", "0.002", positionSide="LONG", reduceOnly="true")["code"] == -1106
    assert hedged.market("SELL", "0.002")["code"] == -4061


def test_a_hedged_side_can_not_be_closed_beyond_itself(hedged: Trader):
    hedged.market("BUY", "0.002", positionSide="LONG")
    assert hedged.market("SELL", "0.003", positionSide="LONG")["code"] == -2022
    assert hedged.market("BUY", "0.002", positionSide="SHORT")["code"] == -2022


def test_a_hedged_closing_order_at_rest_never_turns_the_side_around(hedged: Trader):
    hedged.market("BUY", "0.004", positionSide="LONG")
    hedged.call("POST", "/fapi/v1/order", symbol="BTCUSDT", side="SELL", type="LIMIT", timeInForce="GTC",
                price="61000", quantity="0.003", positionSide="LONG")  # fmt: skip
    hedged.algo("STOP_MARKET", "SELL", "59000", closePosition="true", positionSide="LONG")
    hedged.price("58900")
    hedged.price("61500")
    assert hedged.positions() == {}
    assert [order["status"] for order in hedged.raw()["orders"]] == ["FILLED", "EXPIRED", "FILLED"]


def test_choosing_what_is_already_chosen_says_so(btc: Trader):
    assert btc.code("POST", MARGIN_TYPE, symbol="BTCUSDT", marginType="CROSSED") == -4046
    assert btc.code("POST", MODE, dualSidePosition="false") == -4059
    assert btc.code("POST", "/fapi/v1/multiAssetsMargin", multiAssetsMargin="false") == -4171
    assert btc.call("POST", LEVERAGE, symbol="BTCUSDT", leverage=20)["leverage"] == 20


def test_margin_type_and_mode_stay_while_something_is_open(btc: Trader):
    btc.algo("STOP_MARKET", "SELL", "50000", quantity="0.001")
    assert btc.code("POST", MARGIN_TYPE, symbol="BTCUSDT", marginType="ISOLATED") == -4047
    assert btc.code("POST", MODE, dualSidePosition="true") == -4067
    btc.call("DELETE", "/fapi/v1/algoOpenOrders", symbol="BTCUSDT")
    btc.market("BUY", "0.001")
    assert btc.code("POST", MARGIN_TYPE, symbol="BTCUSDT", marginType="ISOLATED") == -4048
    assert btc.code("POST", MODE, dualSidePosition="true") == -4068


def test_isolated_margin_and_multi_assets_exclude_each_other(btc: Trader):
    btc.call("POST", MARGIN_TYPE, symbol="BTCUSDT", marginType="ISOLATED")
    assert btc.code("POST", "/fapi/v1/multiAssetsMargin", multiAssetsMargin="true") == -4167
    btc.call("POST", MARGIN_TYPE, symbol="BTCUSDT", marginType="CROSSED")
    btc.call("POST", "/fapi/v1/multiAssetsMargin", multiAssetsMargin="true")
    assert btc.code("POST", MARGIN_TYPE, symbol="BTCUSDT", marginType="ISOLATED") == -4168


@pytest.mark.parametrize(("leverage", "code"), [(0, -4028), (126, -4028), (125, 0), (1, 0)])
def test_leverage_ends_at_the_bracket(btc: Trader, leverage: int, code: int):
    assert btc.code("POST", LEVERAGE, symbol="BTCUSDT", leverage=leverage) == code


def test_isolated_leverage_can_not_be_lowered_under_a_position(btc: Trader):
    btc.call("POST", MARGIN_TYPE, symbol="BTCUSDT", marginType="ISOLATED")
    btc.market("BUY", "0.01")
    assert btc.code("POST", LEVERAGE, symbol="BTCUSDT", leverage=5) == -4161


def test_a_position_beyond_its_bracket_is_refused(btc: Trader):
    btc.key = btc.control("keys", {"balance": "9000000"})
    btc.call("POST", LEVERAGE, symbol="BTCUSDT", leverage=125)
    assert btc.market("BUY", "6")["code"] == -2027


def test_a_short_without_profit_shows_no_negative_zero(btc: Trader):
    btc.market("SELL", "0.001")
    btc.price("59998.8")
    assert btc.call("GET", "/fapi/v3/positionRisk")[0]["unRealizedProfit"] == "0.00000000"


def test_the_books_of_an_account_add_up(btc: Trader):
    btc.market("BUY", "0.01")
    btc.price("61000")
    account = btc.call("GET", "/fapi/v3/account")
    assert account["totalUnrealizedProfit"] == "9.98800000"
    assert account["totalWalletBalance"] == "999.69999400"
    assert account["totalMarginBalance"] == "1009.68799400"
    assert account["totalInitialMargin"] == "30.50000000"
    assert btc.call("GET", "/fapi/v3/balance")[0]["availableBalance"] == "979.18799400"


def test_an_isolated_position_is_liquidated_alone(btc: Trader):
    btc.call("POST", MARGIN_TYPE, symbol="BTCUSDT", marginType="ISOLATED")
    btc.market("BUY", "0.01")
    row = btc.call("GET", "/fapi/v3/positionRisk")[0]
    btc.price(str(int(float(row["liquidationPrice"])) - 1))
    assert btc.positions() == {}
    assert btc.raw()["orders"][-1]["clientOrderId"].startswith("autoclose-")
    assert 960 < float(btc.raw()["wallet"]) < 1000


def test_an_isolated_position_costs_no_more_than_its_margin_when_prices_jump(btc: Trader):
    btc.call("POST", MARGIN_TYPE, symbol="BTCUSDT", marginType="ISOLATED")
    btc.market("BUY", "0.01")
    btc.price("40000")
    assert btc.raw()["wallet"] == "969.699394"


def test_a_crossed_account_loses_no_more_than_it_has(btc: Trader):
    btc.market("BUY", "0.3")
    btc.price("50000")
    assert btc.positions() == {}
    assert btc.raw()["wallet"] == "0"


def test_funding_is_paid_by_the_long_and_got_by_the_short(hedged: Trader):
    hedged.market("BUY", "0.002", positionSide="LONG")
    hedged.market("SELL", "0.003", positionSide="SHORT")
    hedged.clock.now_ms = hedged.world.exchange.market.next_funding_ms()
    hedged.world.step(hedged.clock.now_ms)
    paid = [row["income"] for row in hedged.call("GET", "/fapi/v1/income", incomeType="FUNDING_FEE")]
    assert sorted(paid) == ["-0.01200000", "0.01800000"]
