"""Rules 10 and 7: what a size comes from, and what cuts or refuses it. One row per code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nof1web.core.refusals import Code
from nof1web.core.snapshot import EntryQuota
from nof1web.core.trading import Bracket
from tests.core.scene import an_instrument, d
from tests.core.stage import BTC, ETH, Open, Stage, at, codes, deltas, scenario


def opening(stage: Open, **chosen: object) -> Stage:
    """Open a stage whose agent held nothing so far."""
    play = stage(**chosen)
    play.starts()
    return play


@pytest.mark.parametrize(
    ("chosen", "size"),
    [
        ({"sizing": "equity_share"}, "0.1"),
        ({"sizing": "margin_share"}, "5"),
        ({"sizing": "fixed_margin", "fixed_margin": "20"}, "0.2"),
        ({"sizing": "fixed_notional", "fixed_notional": "150"}, "0.15"),
        ({"sizing": "equity_ratio"}, "1"),
        ({"sizing": "risk_at_stop", "risk_percent": "0.05"}, "0.99"),
    ],
)
def test_each_sizing_makes_its_quantity(stage: Open, chosen: dict[str, str], size: str) -> None:
    play = opening(stage, wallet=10000, **chosen)
    play.shows(5, play.btc(stop=950 if "risk" in chosen["sizing"] else 900), play.eth())
    close = d("0.02") if "risk" in chosen["sizing"] else d(0)
    least = 1000 * d("0.0005") * d(size)
    assert abs(play.held(BTC) * play.sign - (d("0.1") if close else d(size))) <= max(close, least * close)


@scenario(Code.NO_STOP)
def test_risk_at_stop_needs_a_stop(stage: Open) -> None:
    play = opening(stage, sizing="risk_at_stop")
    assert play.shows(5, play.btc()).codes == {BTC: Code.NO_STOP}


@scenario(Code.STOP_BEYOND_LIQUIDATION)
def test_a_stop_no_leverage_keeps_before_liquidation_is_refused(stage: Open) -> None:
    # Crossed, 12 USDT carry 100 of notional for about 12 %: 80 % of that way is less than 10 %.
    play = opening(stage, sizing="fixed_notional", wallet=12)
    assert play.shows(5, play.btc(stop=900)).codes == {BTC: Code.STOP_BEYOND_LIQUIDATION}
    play.wallet = d(15)
    assert play.cycle(at(6)).codes == {BTC: Code.OPENED}


@scenario(Code.STOP_BEYOND_LIQUIDATION)
def test_an_increase_whose_stop_lies_beyond_liquidation_is_refused(stage: Open) -> None:
    play = opening(stage, margin_mode="ISOLATED")
    play.shows(5, play.btc())
    assert play.shows(10, play.btc(3, stop=905)).codes == {BTC: Code.STOP_BEYOND_LIQUIDATION}


@scenario(Code.BELOW_MINIMUM)
def test_below_the_minimum_is_skipped_with_the_margin_that_would_do(stage: Open) -> None:
    play = opening(stage, total_margin="100")
    play.read(play.record(5, play.btc()), at(5))
    (verdict,) = play.decides(5).verdicts
    assert verdict.code == Code.BELOW_MINIMUM
    play = opening(stage, total_margin=verdict.numbers["needed"])
    assert play.shows(5, play.btc()).orders


@scenario(Code.SIZE_BELOW_MINIMUM)
def test_a_fixed_size_below_the_minimum_is_refused_without_a_total_that_would_do(stage: Open) -> None:
    play = opening(stage, sizing="fixed_notional", fixed_notional="20")
    assert play.shows(5, play.btc()).codes == {BTC: Code.SIZE_BELOW_MINIMUM}


def test_below_the_minimum_may_be_raised_to_it(stage: Open) -> None:
    play = opening(stage, total_margin="100", below_minimum="raise")
    (order,) = play.shows(5, play.btc()).orders
    assert d(50) <= order.quantity * order.mark <= d(52)


@scenario(Code.ACCUMULATING, Code.OPENED)
def test_below_the_minimum_may_wait_until_the_agent_adds_enough(stage: Open) -> None:
    play = opening(stage, total_margin="100", below_minimum="accumulate")
    assert play.shows(5, play.btc()).codes == {BTC: Code.ACCUMULATING}
    assert play.shows(590, play.btc()).codes == {BTC: Code.ACCUMULATING}
    assert deltas(play.shows(600, play.btc(6)), play.sign) == [d("0.06")]


@scenario(Code.BUDGET_EXHAUSTED)
def test_nothing_is_entered_once_the_budget_is_in_use(stage: Open) -> None:
    play = opening(stage)
    play.shows(5, play.btc(100))
    assert play.shows(10, play.btc(100), play.eth(5)).codes[ETH] == Code.BUDGET_EXHAUSTED and play.margin == 1000


@scenario(Code.BUDGET_SHORT)
def test_what_the_budget_leaves_below_the_minimum_is_refused(stage: Open) -> None:
    play = opening(stage)
    play.shows(5, play.btc(99.7))
    assert play.shows(10, play.btc(99.7), play.eth(5)).codes[ETH] == Code.BUDGET_SHORT


def test_entries_of_one_cycle_are_cut_by_the_same_share(stage: Open) -> None:
    play = opening(stage, multiplier="2")
    cycle = play.shows(5, play.btc(75), play.eth(25))
    assert deltas(cycle, play.sign) == [d("7.5"), d("2.5")] and play.margin == 1000


def test_available_balance_bounds_the_budget(stage: Open) -> None:
    play = opening(stage, wallet=100)
    play.shows(5, play.btc(50))
    assert play.mine("0.95") and play.margin == 95


def test_a_cap_on_leverage_shrinks_the_quantity(stage: Open) -> None:
    play = opening(stage, max_leverage="5", total_margin="2000")
    (order,) = play.shows(5, play.btc()).orders
    assert (order.leverage, order.quantity, play.margin) == (5, d("0.1"), d(20))


CAPS = [
    ("order_cap", Code.ORDER_CAP),
    ("symbol_cap", Code.SYMBOL_CAP),
    ("tracker_cap", Code.TRACKER_CAP),
    ("credential_cap", Code.CREDENTIAL_CAP),
    ("user_cap", Code.USER_CAP),
]


@pytest.mark.parametrize(("cap", "code"), CAPS)
def test_an_amount_cap_cuts_and_keeps_its_code(stage: Open, cap: str, code: Code) -> None:
    play = opening(stage, **{cap: "60"})
    (order,) = play.shows(5, play.btc()).orders
    assert order.quantity == d("0.06") and order.explanation["cut"] == code


@scenario(Code.ORDER_CAP, Code.SYMBOL_CAP, Code.TRACKER_CAP, Code.CREDENTIAL_CAP, Code.USER_CAP)
def test_an_amount_cap_below_the_minimum_refuses(stage: Open) -> None:
    for cap, code in CAPS:
        play = opening(stage, **{cap: "40"})
        assert play.shows(5, play.btc()).codes == {BTC: code}


@scenario(Code.BRACKET_CAP)
def test_an_increase_past_the_brackets_notional_is_refused(stage: Open) -> None:
    narrow = {BTC: an_instrument(BTC, brackets=(Bracket(d(120), 10, d("0.01")), Bracket(d(10**6), 5, d("0.02"))))}
    play = opening(stage, instruments=narrow)
    play.shows(5, play.btc())
    assert play.shows(10, play.btc(3)).codes == {BTC: Code.BRACKET_CAP} and play.mine("0.1")


def test_a_bracket_lowers_the_leverage_of_an_entry(stage: Open) -> None:
    narrow = {BTC: an_instrument(BTC, brackets=(Bracket(d(80), 10, d("0.01")), Bracket(d(10**6), 5, d("0.02"))))}
    play = opening(stage, instruments=narrow, total_margin="2000")
    (order,) = play.shows(5, play.btc()).orders
    assert (order.leverage, order.quantity) == (5, d("0.1"))


@scenario(Code.MAX_POSITIONS)
def test_no_more_positions_than_allowed(stage: Open) -> None:
    play = opening(stage, max_positions="1")
    cycle = play.shows(5, play.btc(), play.eth())
    assert sorted(cycle.codes.values()) == [Code.MAX_POSITIONS, Code.OPENED]
    assert len(play.shows(10, play.btc(3), play.eth()).orders) == 1


@scenario(Code.ENTRIES_PER_HOUR)
def test_no_more_entries_per_hour_than_allowed(stage: Open) -> None:
    play = opening(stage, max_entries_per_hour="1", max_signal_age="7200")
    play.shows(5, play.btc())
    cycle = play.shows(3550, play.btc(), play.eth())
    assert cycle.codes[ETH] == Code.ENTRIES_PER_HOUR and cycle.plans[-1].wake_at == at(3605)
    assert play.cycle(at(3605)).codes[ETH] == Code.OPENED


@scenario(Code.ENTRY_QUOTA)
def test_no_more_entries_than_a_users_quota_allows_and_reductions_flow(stage: Open) -> None:
    play = opening(stage, max_signal_age="7200")
    play.shows(5, play.btc())
    play.read(play.record(10, play.btc("0.5"), play.eth()), at(10))
    plan = play.decides(10, quota=EntryQuota(1, (at(5),)))
    assert codes(plan) == {BTC: Code.REDUCED, ETH: Code.ENTRY_QUOTA} and plan.wake_at == at(3605)


@scenario(Code.ACCOUNT_UNKNOWN)
def test_without_an_account_nothing_is_entered(stage: Open) -> None:
    play = opening(stage)
    play.read(play.record(5, play.btc()), at(5))
    assert codes(play.decides(5, account=None)) == {BTC: Code.ACCOUNT_UNKNOWN}


@scenario(Code.MULTI_ASSETS_ISOLATED)
def test_multi_assets_mode_refuses_isolated_margin(stage: Open) -> None:
    play = opening(stage, margin_mode="ISOLATED")
    play.read(play.record(5, play.btc()), at(5))
    account = play.snapshot(at(5)).account
    assert account is not None
    plan = play.decides(5, account=replace(account, multi_assets=True))
    assert not plan.orders and codes(plan) == {BTC: Code.MULTI_ASSETS_ISOLATED}
