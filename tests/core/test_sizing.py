"""How large a position becomes, computed by hand: every sizing, multiplier, leverage and rounding (rule 10)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from nof1web.core.plan import decide
from nof1web.core.refusals import Code
from nof1web.core.snapshot import Plan, PlannedOrder
from nof1web.core.trading import Bracket, Position, PositionSide
from tests.core.scene import (
    a_signal,
    a_signal_position,
    a_snapshot,
    a_view,
    an_account,
    an_instrument,
    code,
    d,
    the_order,
)

BTC, ETH = "BTCUSDT", "ETHUSDT"


def sized(position: dict[str, Any] | None = None, world: dict[str, Any] | None = None, **chosen: str) -> Plan:
    """Decide for one position of 1 BTC at 1,000 with 10x: 100 USD of the agent's 10,000 are its margin."""
    return decide(a_snapshot(a_view(a_signal(a_signal_position(**(position or {}))), **chosen), **(world or {})))


def order(position: dict[str, Any] | None = None, world: dict[str, Any] | None = None, **chosen: str) -> PlannedOrder:
    return the_order(sized(position, world, **chosen))


def test_equity_share_puts_in_the_agents_share_of_its_equity() -> None:
    made = order()  # 1000 × 100 ÷ 10000 = 10 USDT of margin, × 10 ÷ 1000
    assert (made.delta, made.allocation, made.leverage, made.ratio) == (d("0.1"), 10, 10, d("0.1"))


def test_the_feeds_prices_count_for_the_agents_margin_and_the_mark_for_the_own_quantity() -> None:
    made = order({"entry": 1005}, {"mark": 1000})  # 1000 × 100.5 ÷ 10000 = 10.05, × 10 ÷ 1000 = 0.1005
    assert made.delta == d("0.100") and made.allocation == d("10.0")


def test_margin_share_splits_all_of_the_total_by_the_agents_margins() -> None:
    book = (a_signal_position(3), a_signal_position(1, symbol=ETH))
    plan = decide(a_snapshot(a_view(a_signal(*book), sizing="margin_share")))
    assert [(each.symbol, each.delta, each.allocation) for each in plan.orders] == [
        (BTC, d("7.5"), 750),
        (ETH, d("2.5"), 250),
    ]


def test_equity_ratio_copies_the_worked_example() -> None:
    leader = a_signal(a_signal_position("0.5", 1000, leverage=1), equity=d(1000))  # 500 of 1000
    view = a_view(leader, sizing="equity_ratio")
    made = the_order(decide(a_snapshot(view, account=an_account(equity=d(500)))))
    assert made.quantity * made.mark == 250 and made.allocation == 250


def test_equity_ratio_takes_the_agents_leverage_without_changing_the_quantity() -> None:
    made = order({"leverage": 20}, sizing="equity_ratio", max_leverage="5")
    assert (made.delta, made.leverage, made.allocation) == (1, 5, 200)


def test_fixed_margin_gives_every_position_the_same_margin() -> None:
    made = order({"leverage": 20}, sizing="fixed_margin", fixed_margin="20")
    assert (made.delta, made.allocation) == (d("0.4"), 20)


def test_fixed_notional_buys_for_that_much() -> None:
    made = order(sizing="fixed_notional", fixed_notional="123.9")
    assert (made.delta, made.allocation) == (d("0.123"), d("12.3"))


@pytest.mark.parametrize("sign", [1, -1])
def test_risk_at_stop_loses_no_more_than_its_share_with_both_fees_and_both_fills_worse(sign: int) -> None:
    stop = d(1000 - 50 * sign)
    made = order({"quantity": sign, "stop": stop}, sizing="risk_at_stop", risk_percent="1")
    bought, sold = d(1000) * (1 + d("0.005") * sign), stop * (1 - d("0.005") * sign)  # 0.5 % of slippage each
    lost = made.quantity * (abs(bought - sold) + (bought + sold) * d("0.0005"))
    assert d("99.9") < lost <= 100


def test_risk_at_stop_needs_a_stop() -> None:
    assert code(sized(sizing="risk_at_stop")) == Code.NO_STOP


def test_a_multiplier_never_raises_the_risk_at_the_stop() -> None:
    once = order({"stop": d(950)}, sizing="risk_at_stop")
    view = a_view(a_signal(a_signal_position(stop=d(950))), sizing="risk_at_stop")
    kept = replace(view, settings=replace(view.settings, multiplier=d(3)))
    assert the_order(decide(a_snapshot(kept))).delta == once.delta == d("1.646")
    assert order({"stop": d(950)}, sizing="risk_at_stop", multiplier="0.5").delta == d("0.823")


@pytest.mark.parametrize("sizing", ["equity_share", "margin_share", "equity_ratio", "fixed_margin", "fixed_notional"])
def test_the_trackers_multiplier_times_the_symbols_scales_every_sizing(sizing: str) -> None:
    chosen = {"sizing": sizing, "total_margin": "1000"}
    once = order(**chosen)
    half = order(**chosen, multiplier="5", symbol_multipliers="BTCUSDT:0.1,ETHUSDT:7")
    assert half.delta == once.delta / 2 and half.explanation["multiplier"] == "0.5"


@pytest.mark.parametrize(
    ("chosen", "leverage", "by"),
    [
        ({}, 20, "agent"),
        ({"max_leverage": "5"}, 5, "max_leverage"),
        ({"max_leverage": "40", "fixed_leverage": "30"}, 30, "fixed_leverage"),
    ],
)
def test_leverage_follows_is_capped_or_fixed_and_the_quantity_with_it(
    chosen: dict[str, str], leverage: int, by: str
) -> None:
    made = order({"quantity": 4, "leverage": 20}, **chosen)  # 1000 × 200 ÷ 10000 = 20 USDT of margin
    assert (made.leverage, made.explanation["leverage_by"]) == (leverage, by)
    assert made.allocation == 20 and made.delta == d(20) * leverage / 1000


def test_a_bracket_lowers_the_leverage_and_says_so() -> None:
    small = an_instrument(brackets=(Bracket(d(100), 50, d("0.01")), Bracket(d(10**6), 8, d("0.02"))))
    made = order({"leverage": 20, "quantity": 4}, {"instruments": {BTC: small}}, max_leverage="20")
    # 20 USDT of margin: at 20x 400 USDT of notional would need the second bracket, which allows 8x
    assert (made.leverage, made.delta, made.explanation["leverage_by"]) == (8, d("0.16"), "bracket")


def foreign(quantity: object, leverage: int) -> dict[str, Any]:
    amount = d(quantity)
    row = Position(BTC, PositionSide.BOTH, amount, d(1000), d(1000), d(0), d(0), abs(amount) * 1000 / leverage)
    return {"foreign": {(BTC, amount > 0): amount}, "positions": (row,)}


def test_beside_a_foreign_share_no_more_than_the_accounts_leverage_is_reckoned_with() -> None:
    made = order({"quantity": 8, "leverage": 20}, foreign(2, 4))  # 1000 × 400 ÷ 10000 = 40 USDT of margin
    assert (made.leverage, made.explanation["leverage_by"]) == (4, "account")
    assert made.delta == d("0.16") and made.allocation == 40


def test_a_higher_leverage_of_the_account_changes_nothing() -> None:
    made = order({"quantity": 2, "leverage": 20}, foreign(1, 50))
    assert (made.leverage, made.delta) == (20, d("0.2"))


def test_a_short_is_rounded_towards_zero_too() -> None:
    assert order({"quantity": d("-1.0099")}).delta == d("-0.100")


def test_an_agent_without_equity_is_not_copied() -> None:
    plan = decide(a_snapshot(a_view(a_signal(a_signal_position(), equity=d(0)))))
    assert code(plan) == Code.SIZE_BELOW_MINIMUM and not plan.orders


def test_an_account_that_owes_money_never_orders_the_other_way() -> None:
    plan = sized(world={"account": an_account(equity=d(-500))}, sizing="equity_ratio")
    assert not plan.orders and code(plan) == Code.SIZE_BELOW_MINIMUM


def test_numbers_too_large_to_be_true_are_no_crash() -> None:
    plan = sized({"quantity": Decimal("1e15"), "entry": Decimal("1e12")}, {"mark": "1e12"}, sizing="equity_ratio")
    assert not plan.orders or plan.orders[0].allocation <= 1000


FORMULAS = {
    "equity_share": "total_margin * agent_margin / agent_equity * multiplier * leverage / mark",
    "margin_share": "total_margin * agent_margin / agent_margins * multiplier * leverage / mark",
    "fixed_margin": "fixed_margin * multiplier * leverage / mark",
    "fixed_notional": "fixed_notional * multiplier / mark",
    "equity_ratio": "agent_quantity * equity / agent_equity * multiplier",
    "risk_at_stop": (
        "equity * risk_percent / 100 * multiplier"
        " / (mark * (1 + slippage_percent / 100) * (1 + fee_percent / 100)"
        " - stop * (1 - slippage_percent / 100) * (1 - fee_percent / 100))"
    ),
}


@pytest.mark.parametrize("sizing", FORMULAS)
def test_the_explanation_holds_every_number_of_the_formula(sizing: str) -> None:
    told = dict(order({"stop": d(900)}, sizing=sizing, multiplier="0.9", total_margin="3000").explanation)
    numbers = {name: d(text) for name, text in told.items() if text[-1].isdigit()}
    asked = eval(FORMULAS[sizing], {}, numbers)
    assert told["sizing"] == sizing and abs(asked - d(told["asked"])) < d("1e-8")
    assert d(told["rounded"]) <= d(told["asked"]) < d(told["rounded"]) + d(told["step"])
