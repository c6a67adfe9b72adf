"""Each limit alone: what it cuts keeps its code, what it leaves below the minimum is refused for it (rule 10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nof1web.core.plan import decide
from nof1web.core.refusals import Code
from nof1web.core.snapshot import EntryQuota, Plan, TrackerView
from nof1web.core.trading import Bracket, Position, PositionSide
from tests.core.scene import (
    NOW,
    a_signal,
    a_signal_position,
    a_snapshot,
    a_view,
    an_epoch,
    an_instrument,
    code,
    d,
    entering,
    the_order,
)
from tests.core.several import BTC, ETH, MANY, SOL, another, book

NOTIONAL = {"sizing": "fixed_notional"}


def against(cap: str, limit: str, **world: Any) -> Plan:
    """Decide for an entry of 400 USDT that the limit concerns; another tracker holds 100 USDT, other accounts 50."""
    view = a_view(a_signal(a_signal_position()), fixed_notional="400", **NOTIONAL, **{cap: limit})
    held = an_epoch(symbol=ETH, tracker_id="t2")
    return decide(a_snapshot(view, another(a_view(None, held)), others_notional=d(50), **world))


LEFT = {
    "order_cap": (Code.ORDER_CAP, 0),
    "symbol_cap": (Code.SYMBOL_CAP, 0),
    "tracker_cap": (Code.TRACKER_CAP, 0),
    "credential_cap": (Code.CREDENTIAL_CAP, 100),
    "user_cap": (Code.USER_CAP, 150),
}


@pytest.mark.parametrize("cap", LEFT)
def test_a_limit_cuts_and_keeps_its_code_in_the_explanation(cap: str) -> None:
    wanted, taken = LEFT[cap]
    made = the_order(against(cap, str(200 + taken)))
    assert made.delta == d("0.2") and made.explanation["cut"] == wanted
    assert made.explanation["limit"] == str(200 + taken) and made.ratio == d("0.2")


@pytest.mark.parametrize("cap", LEFT)
def test_a_limit_that_leaves_less_than_the_minimum_refuses_with_its_code(cap: str) -> None:
    wanted, taken = LEFT[cap]
    plan = against(cap, str(49 + taken))
    told = next(each for each in plan.verdicts if each.tracker_id == "t1")
    assert told.code == wanted and not plan.orders
    assert (told.numbers["minimum"], told.numbers["notional"]) == ("50", "49")


@pytest.mark.parametrize("cap", LEFT)
def test_a_limit_that_just_fits_leaves_no_trace(cap: str) -> None:
    made = the_order(against(cap, str(400 + LEFT[cap][1])))
    assert made.delta == d("0.4") and "cut" not in made.explanation


def test_the_bracket_cuts_what_no_leverage_allows() -> None:
    small = an_instrument(brackets=(Bracket(d(300), 20, d("0.01")),))
    view = a_view(a_signal(a_signal_position()), fixed_notional="400", **NOTIONAL)
    made = the_order(decide(a_snapshot(view, instruments={BTC: small})))
    assert made.delta == d("0.3") and made.explanation["cut"] == Code.BRACKET_CAP
    tiny = an_instrument(brackets=(Bracket(d(40), 20, d("0.01")),))
    assert code(decide(a_snapshot(view, instruments={BTC: tiny}))) == Code.BRACKET_CAP


def test_a_foreign_share_takes_its_part_of_the_bracket() -> None:
    small = an_instrument(brackets=(Bracket(d(500), 20, d("0.01")),))
    row = Position(BTC, PositionSide.BOTH, d("0.3"), d(1000), d(1000), d(0), d(0), d(30))
    view = a_view(a_signal(a_signal_position()), fixed_notional="400", **NOTIONAL)
    world = {"instruments": {BTC: small}, "foreign": {(BTC, True): d("0.3")}, "positions": (row,)}
    assert the_order(decide(a_snapshot(view, **world))).delta == d("0.2")


def test_what_is_held_takes_its_part_of_the_largest_position_but_not_of_the_largest_order() -> None:
    held = an_epoch("0.1", ratio=d("0.1"), reference_quantity=d(1))
    signal = a_signal(a_signal_position(5))
    assert the_order(decide(a_snapshot(a_view(signal, held, symbol_cap="300")))).delta == d("0.2")
    assert the_order(decide(a_snapshot(a_view(signal, held, order_cap="300")))).delta == d("0.3")


def test_the_first_positions_are_admitted_and_the_next_refused() -> None:
    plan = decide(a_snapshot(a_view(a_signal(*book(1, 2, 3)), max_positions="2"), **MANY))
    assert [order.symbol for order in plan.orders] == [BTC, ETH]
    assert [each.code for each in plan.verdicts if each.symbol == SOL] == [Code.MAX_POSITIONS]


def test_what_is_too_small_takes_no_place_from_what_a_count_allows() -> None:
    tiny = a_signal_position("0.1")
    plan = decide(a_snapshot(a_view(a_signal(tiny, a_signal_position(symbol=ETH)), max_positions="1")))
    assert the_order(plan).symbol == ETH


def test_an_increase_needs_no_place_of_its_own() -> None:
    held = an_epoch("0.1", ratio=d("0.1"), reference_quantity=d(1))
    assert the_order(decide(a_snapshot(a_view(a_signal(a_signal_position(3)), held, max_positions="1")))).delta > 0


def test_entries_per_hour_are_refused_until_the_oldest_is_an_hour_ago() -> None:
    view = a_view(a_signal(a_signal_position()), max_entries_per_hour="2", max_signal_age="86400")
    lately = (NOW - timedelta(minutes=59), NOW - timedelta(minutes=5), NOW - timedelta(minutes=61))
    view = TrackerView(view.tracker, view.settings, view.signal, (), {}, lately)
    plan = decide(a_snapshot(view))
    assert code(plan) == Code.ENTRIES_PER_HOUR and plan.wake_at == NOW + timedelta(minutes=1)


def test_a_users_quota_counts_the_last_hour_and_what_this_plan_sends_for_all_trackers() -> None:
    first, second = a_view(a_signal(a_signal_position())), a_view(a_signal(a_signal_position(symbol="ETHUSDT")))
    other = replace(second, tracker=replace(second.tracker, id="t2"))
    at = NOW - timedelta(minutes=59)
    codes = {
        most: [verdict.code for verdict in plan.verdicts]
        for most in (3, 2, 1)
        for plan in [decide(a_snapshot(first, other, quota=EntryQuota(most, (at, NOW - timedelta(minutes=61)))))]
    }
    assert codes[3] == [Code.OPENED, Code.OPENED] and codes[1] == [Code.ENTRY_QUOTA, Code.ENTRY_QUOTA]
    assert sorted(codes[2]) == sorted([Code.OPENED, Code.ENTRY_QUOTA])


def test_what_is_only_recorded_takes_nothing_of_a_quota() -> None:
    view = a_view(a_signal(a_signal_position()), mode="shadow")
    assert code(decide(a_snapshot(view, quota=EntryQuota(1, (NOW,))))) == Code.OPENED


def test_below_the_minimum_is_skipped_with_the_total_that_would_do() -> None:
    plan = entering(total_margin="499")  # 49.9 USDT; for 50 it takes 500
    assert code(plan) == Code.BELOW_MINIMUM and plan.verdicts[0].numbers["needed"] == "500"
    tiny = entering(total_margin="5")  # rounds to nothing at all
    assert tiny.verdicts[0].numbers == {"needed": "500", "notional": "0", "minimum": "50"}


@pytest.mark.parametrize("sign", [1, -1])
def test_below_the_minimum_is_raised_in_the_agents_direction(sign: int) -> None:
    made = the_order(entering(sign, total_margin="6", sizing="fixed_margin", fixed_margin="1", below_minimum="raise"))
    assert made.quantity == d("0.05") if sign > 0 else made.quantity == d("0.051")  # a sale is worth its limit price
    assert (made.delta > 0) == (sign > 0) and made.explanation["raised"] == "minimum"


@pytest.mark.parametrize("chosen", [{"total_margin": "4"}, {"tracker_cap": "49"}, {"order_cap": "49"}])
def test_nothing_is_raised_past_a_limit(chosen: dict[str, str]) -> None:
    plan = entering(**{"sizing": "fixed_margin", "fixed_margin": "1", "below_minimum": "raise"} | chosen)
    assert not plan.orders and plan.verdicts[0].verdict == "refused"


def test_what_is_too_small_is_kept_until_the_agent_adds_enough() -> None:
    plan = entering(total_margin="400", below_minimum="accumulate")
    assert code(plan) == Code.ACCUMULATING and not plan.orders


def test_a_sale_is_judged_by_its_limit_price() -> None:
    view = a_view(a_signal(a_signal_position(-1)), sizing="fixed_notional", fixed_notional="50")
    assert code(decide(a_snapshot(view))) == Code.SIZE_BELOW_MINIMUM
    view = a_view(a_signal(a_signal_position(1)), sizing="fixed_notional", fixed_notional="50")
    assert the_order(decide(a_snapshot(view))).quantity == d("0.05")


def test_more_than_one_market_order_takes_is_cut_to_whole_steps() -> None:
    odd = an_instrument(market_max_quantity=d("0.1505"))
    view = a_view(a_signal(a_signal_position()), fixed_notional="400", **NOTIONAL)
    made = the_order(decide(a_snapshot(view, instruments={BTC: odd})))
    assert made.delta == d("0.150") and made.allocation == 40 and made.ratio == d("0.4")
