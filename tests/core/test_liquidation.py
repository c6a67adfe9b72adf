"""Where a position would be liquidated, and what that means for the agent's stop (rule 10)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nof1web.core import liquidation
from nof1web.core.plan import decide
from nof1web.core.records import EpochState
from nof1web.core.refusals import Code
from nof1web.core.snapshot import Plan
from nof1web.core.trading import Bracket, Position, PositionSide
from tests.core.scene import (
    a_signal,
    a_signal_position,
    a_snapshot,
    a_view,
    an_account,
    an_epoch,
    an_instrument,
    code,
    d,
    the_order,
)
from tests.core.several import another

BTC, ETH = "BTCUSDT", "ETHUSDT"
TIERS = an_instrument(brackets=(Bracket(d(1000), 50, d("0.01")), Bracket(d(5000), 20, d("0.05"))))
FLAT = an_instrument(brackets=(Bracket(d(10**9), 100, d("0.01")),))


def row(symbol: str, quantity: object, side: PositionSide = PositionSide.BOTH) -> Position:
    return Position(symbol, side, d(quantity), d(1000), d(1000), d(0), d(0), abs(d(quantity)) * 100)


def stopped(position: dict[str, Any], world: dict[str, Any] | None = None, **chosen: str) -> Plan:
    """Decide for a position with a stop; the maintenance rate is 1 % throughout."""
    instruments = {BTC: FLAT, ETH: FLAT}
    view = a_view(a_signal(a_signal_position(**position)), **chosen)
    return decide(a_snapshot(view, instruments=instruments, **(world or {})))


def test_the_maintenance_ladder_saves_what_the_lower_rungs_need_less() -> None:
    assert liquidation.maintenance(TIERS, d(1000)) == 10
    assert liquidation.maintenance(TIERS, d(2000)) == 1000 * d("0.01") + 1000 * d("0.05")


def test_an_isolated_long_is_gone_when_its_margin_is_its_maintenance() -> None:
    price = liquidation.isolated(FLAT, d(1), d(1000), 10)  # (1000 - 100) ÷ (1 - 0.01)
    assert abs(price - d("909.0909")) < d("0.001")
    assert abs(100 + (price - 1000) - price * d("0.01")) < d("1e-9")


def test_an_isolated_short_is_liquidated_above() -> None:
    price = liquidation.isolated(FLAT, d(-1), d(1000), 10)  # (1000 + 100) ÷ (1 + 0.01)
    assert abs(100 - (price - 1000) - price * d("0.01")) < d("1e-9") and price > 1000


def test_a_crossed_position_has_the_whole_balance_to_lose() -> None:
    assert liquidation.crossed(FLAT, (d(1),), d(1000), d(1000)) == 0
    price = liquidation.crossed(FLAT, (d(4),), d(1000), d(1000))
    assert abs(1000 + 4 * (price - 1000) - 4 * price * d("0.01")) < d("1e-9")


def test_two_sides_of_a_hedge_need_maintenance_both_and_offset_each_other() -> None:
    price = liquidation.crossed(FLAT, (d(4), d(-1)), d(1000), d(1000))
    assert abs(1000 + 3 * (price - 1000) - 5 * price * d("0.01")) < d("1e-9")
    assert liquidation.crossed(FLAT, (d(1), d(-4)), d(1000), d(1000)) == 0


@pytest.mark.parametrize("sign", [1, -1])
def test_a_balance_below_the_maintenance_is_liquidated_at_once(sign: int) -> None:
    assert liquidation.crossed(FLAT, (d(sign),), d(1000), d(5)) == 1000
    assert liquidation.crossed(FLAT, (d(sign),), d(1000), d(-5000)) == 1000


@pytest.mark.parametrize("sign", [1, -1])
def test_a_stop_may_take_exactly_four_fifths_of_the_way(sign: int) -> None:
    mark, gone = d(1000), d(1000 - 100 * sign)
    assert liquidation.stop_is_safe(mark, d(1000 - 80 * sign), gone, long=sign > 0)
    assert not liquidation.stop_is_safe(mark, d(1000) - d("80.1") * sign, gone, long=sign > 0)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_far_stop_lowers_the_leverage_of_an_isolated_position(sign: int) -> None:
    made = the_order(
        stopped({"quantity": 6 * sign, "stop": d(1000 - 150 * sign)}, margin_mode="ISOLATED", total_margin="1000")
    )
    # the way must be 187.5: at 5x it is about 192 (long) or 188 (short), at 6x only about 160
    assert made.leverage == 5 and made.explanation["leverage_by"] == "stop"
    assert made.quantity == d("0.3") and made.allocation == 60


def test_a_stop_no_leverage_can_keep_safe_is_refused() -> None:
    plan = stopped({"quantity": -6, "stop": d(1990)}, margin_mode="ISOLATED")
    assert code(plan) == Code.STOP_BEYOND_LIQUIDATION and not plan.orders


def test_a_fixed_notional_under_cross_margin_is_refused_when_the_stop_is_too_far() -> None:
    chosen = {"sizing": "fixed_notional", "fixed_notional": "4000"}
    poor = {"account": an_account(equity=d(1000))}  # 4 BTC on 1,000 USDT: gone at 757.6, so the stop may lie at 806.1
    assert the_order(stopped({"stop": d(807)}, poor, **chosen)).delta == 4
    assert code(stopped({"stop": d(805)}, poor, **chosen)) == Code.STOP_BEYOND_LIQUIDATION


def test_other_positions_take_their_maintenance_off_the_balance() -> None:
    chosen = {"sizing": "fixed_notional", "fixed_notional": "4000"}
    world = {"account": an_account(equity=d(1000)), "positions": (row(ETH, 20),)}  # another 200 USDT is bound
    assert code(stopped({"stop": d(807)}, world, **chosen)) == Code.STOP_BEYOND_LIQUIDATION
    assert the_order(stopped({"stop": d(850)}, world, **chosen)).delta == 4


def together(stop_first: object, stop_second: object, **chosen: str) -> Plan:
    book = (
        a_signal_position(stop=d(stop_first)),
        a_signal_position(symbol=ETH, epoch="e2", stop=d(stop_second)),
    )
    chosen = {"sizing": "fixed_notional", "fixed_notional": "4000", "total_margin": "900"} | chosen
    world = {"instruments": {BTC: FLAT, ETH: FLAT}, "account": an_account(equity=d(1000))}
    return decide(a_snapshot(a_view(a_signal(*book), **chosen), **world))


@pytest.mark.parametrize(("first", "second", "left"), [(807, 900, ETH), (900, 807, BTC)])
def test_what_the_same_plan_adds_counts_for_every_stop_in_it(first: object, second: object, left: str) -> None:
    plan = together(first, second)  # alone either would be safe; the other's 40 USDT make it 814
    assert [order.symbol for order in plan.orders] == [left]
    assert {each.code for each in plan.verdicts} == {Code.STOP_BEYOND_LIQUIDATION, Code.OPENED}


def test_with_the_whole_plan_a_margin_sizing_gets_less_leverage() -> None:
    plan = together(800, 900, sizing="fixed_margin", fixed_margin="400")
    by_symbol = {order.symbol: order for order in plan.orders}
    assert by_symbol[BTC].leverage < by_symbol[ETH].leverage == 10
    assert by_symbol[BTC].explanation["leverage_by"] == "stop"


@pytest.mark.parametrize(("foreign", "refused"), [(4, True), (1, False)])
def test_a_foreign_share_on_the_same_side_moves_the_liquidation_nearer(foreign: int, refused: bool) -> None:
    world = {
        "account": an_account(equity=d(1000)),
        "positions": (row(BTC, foreign),),
        "foreign": {(BTC, True): d(foreign)},
    }
    plan = stopped({"stop": d(870)}, world, sizing="fixed_notional", fixed_notional="4000")
    assert (code(plan) == Code.STOP_BEYOND_LIQUIDATION) is refused


def test_a_foreign_share_on_a_hedges_other_side_moves_it_away() -> None:
    world = {
        "account": an_account(equity=d(1000), hedge=True),
        "positions": (row(BTC, -2, PositionSide.SHORT),),
        "foreign": {(BTC, False): d(-2)},
    }
    plan = stopped({"stop": d(700)}, world, sizing="fixed_notional", fixed_notional="4000")
    assert the_order(plan).delta == 4


def test_an_increase_that_makes_the_stop_unsafe_is_refused() -> None:
    held = an_epoch(2, ratio=d(2), allocation=d(200))
    world = {"account": an_account(equity=d(500)), "positions": (row(BTC, 2),)}
    view = a_view(a_signal(a_signal_position(3, stop=d(900))), held)
    plan = decide(a_snapshot(view, instruments={BTC: FLAT}, **world))  # 6 BTC on 500 USDT: gone at 925
    assert code(plan) == Code.STOP_BEYOND_LIQUIDATION and not plan.orders


@pytest.mark.parametrize("sign", [1, -1])
def test_what_an_isolated_holding_lost_is_gone_from_its_margin(sign: int) -> None:
    held, mark = (d(1), d(1000)), d(1000 - 50 * sign)  # 100 + 95 or 105, of which 50 are lost
    price = liquidation.isolated(FLAT, d(2 * sign), mark, 10, held=held)
    left = (1000 + mark) / 10 - 50 + 2 * sign * (price - mark)
    assert abs(left - 2 * price * d("0.01")) < d("1e-9")
    assert abs(price - mark) < abs(liquidation.isolated(FLAT, d(2 * sign), mark, 10) - mark)


LOSING: dict[str, Any] = {"ratio": d(1), "allocation": d(100), "reference_quantity": d(1), "agent_leverage": 10}
"""a holding of 1 at 1,000 with 10x; at 950 half of its margin is lost"""


def increased(stop: object, world: dict[str, Any], **epoch: Any) -> Plan:
    """Let the agent double a holding at 950; the stop is judged for 2."""
    view = a_view(a_signal(a_signal_position(2, 975, stop=d(stop))), an_epoch(1, **LOSING | epoch), total_margin="1000")
    return decide(
        a_snapshot(view, mark=950, instruments={BTC: FLAT}, account=an_account(isolated=frozenset({BTC})), **world)
    )


def test_an_increase_of_a_losing_isolated_holding_keeps_its_stop_before_the_liquidation() -> None:
    refused = increased(890, {})  # gone at 886.4: a stop may lie at 899.1; opened whole at the mark it would be 873.5
    assert code(refused) == Code.STOP_BEYOND_LIQUIDATION and not refused.orders
    assert the_order(increased(900, {})).delta == 1


def test_beside_a_foreign_share_the_whole_positions_entry_counts() -> None:
    position = Position(BTC, PositionSide.BOTH, d(3), d(1020), d(950), d(0), d(-210), d(285))
    world = {"positions": (position,), "foreign": {(BTC, True): d(2)}}
    assert code(increased(905, world)) == Code.STOP_BEYOND_LIQUIDATION
    assert the_order(increased(905, {})).delta == 1


OWN = {"sizing": "fixed_notional", "fixed_notional": "4000", "total_margin": "4000"}
POOR: dict[str, Any] = {"instruments": {BTC: FLAT, ETH: FLAT}, "account": an_account(equity=d(1000))}


@pytest.mark.parametrize("how", ["filled since", "under way", "another tracker", "stopped tracker"])
def test_what_was_opened_since_the_reading_needs_its_maintenance_too(how: str) -> None:
    eth = an_epoch(20, symbol=ETH, epoch="e9", allocation=d(2000), entry_price=d(1000))  # another 200 USDT are bound
    world, theirs = dict(POOR), replace(eth, tracker_id="t2")
    mine = [eth] if how == "filled since" else []
    others = [another(a_view(None, theirs))] if how == "another tracker" else []
    if how == "under way":
        mine = [replace(eth, quantity=d(0), state=EpochState.PENDING)]
        world["pending"] = frozenset({ETH})
    elif how == "stopped tracker":
        world["elsewhere"] = (theirs,)
    view = a_view(a_signal(a_signal_position(stop=d(807)), a_signal_position(20, symbol=ETH, epoch="e9")), *mine, **OWN)
    plan = decide(a_snapshot(view, *others, **world))
    refused = [each.code for each in plan.verdicts if each.symbol == BTC and each.tracker_id == "t1"]
    assert refused == [Code.STOP_BEYOND_LIQUIDATION]


def test_what_the_reading_shows_already_is_not_counted_twice() -> None:
    eth = an_epoch(1, symbol=ETH, epoch="e9", allocation=d(100), ratio=d(1))
    signal = a_signal(a_signal_position(stop=d(815)), a_signal_position(symbol=ETH, epoch="e9"))
    plan = decide(a_snapshot(a_view(signal, eth, **OWN), positions=(row(ETH, 1),), **POOR))
    assert [order.symbol for order in plan.orders] == [BTC]  # gone at 768.5 with ETH's 10 USDT: 814.8
