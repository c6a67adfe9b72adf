"""At the very number where a limit turns: several limits, several trackers, counts and the budget."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nof1web.core import sizing
from nof1web.core.plan import decide
from nof1web.core.records import EpochState
from nof1web.core.refusals import Code
from nof1web.core.snapshot import Plan
from nof1web.core.trading import Bracket
from tests.core.scene import (
    NOW,
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
from tests.core.several import BTC, ETH, MANY, another, book

FIXED = {"sizing": "fixed_notional", "fixed_notional": "400"}
UNFILLED = an_epoch(0, symbol=ETH, state=EpochState.PENDING)


def entering(*epochs: Any, pending: tuple[str, ...] = (), **chosen: str) -> Plan:
    """Decide for an entry in BTC of 400 USDT beside other epochs of the same tracker."""
    view = a_view(a_signal(a_signal_position()), *epochs, **FIXED | chosen)
    return decide(a_snapshot(view, pending=frozenset(pending)))


def sizes(plan: Plan) -> dict[str, Any]:
    return {order.symbol: order.delta for order in plan.orders}


@pytest.mark.parametrize(("order", "symbol", "by"), [("300", "200", Code.SYMBOL_CAP), ("200", "300", Code.ORDER_CAP)])
def test_of_an_entrys_own_limits_the_strictest_cuts(order: str, symbol: str, by: Code) -> None:
    made = the_order(entering(order_cap=order, symbol_cap=symbol))
    assert (made.delta, made.explanation["cut"]) == (d("0.2"), by)


@pytest.mark.parametrize("cap", ["order_cap", "symbol_cap", "tracker_cap"])
@pytest.mark.parametrize(("limit", "orders"), [("50", 1), ("49.9", 0)])
def test_an_entry_is_raised_to_the_minimum_where_that_just_fits(cap: str, limit: str, orders: int) -> None:
    plan = entering(fixed_notional="10", below_minimum="raise", **{cap: limit})
    assert [order.delta for order in plan.orders] == [d("0.05")] * orders


@pytest.mark.parametrize(("limit", "raised"), [("450", {BTC: d("0.4"), ETH: d("0.05")}), ("449", {BTC: d("0.4")})])
def test_raising_one_entry_leaves_room_for_the_others(limit: str, raised: dict[str, Any]) -> None:
    view = a_view(a_signal(*book(4, "0.1")), below_minimum="raise", tracker_cap=limit)
    assert sizes(decide(a_snapshot(view, **MANY))) == raised


@pytest.mark.parametrize(("mode", "left"), [("trade", d("0.1")), ("shadow", d("0.4"))])
def test_what_another_tracker_orders_in_this_plan_takes_its_part_of_the_credentials_limit(mode: str, left: Any) -> None:
    first = a_view(a_signal(*book(1)), **FIXED, mode=mode)
    second = another(a_view(a_signal(*book(1, 1)[1:]), **FIXED, credential_cap="500"))
    assert sizes(decide(a_snapshot(first, second, **MANY))) == {BTC: d("0.4"), ETH: left}


def test_a_close_in_this_plan_takes_nothing_more_of_a_limit() -> None:
    view = a_view(a_signal(*book(0, 1)), an_epoch("0.1"), **FIXED, credential_cap="500")
    assert sizes(decide(a_snapshot(view, **MANY))) == {BTC: d("-0.1"), ETH: d("0.4")}


def test_an_order_under_way_counts_for_a_limit_with_what_it_asked_for() -> None:
    under_way = replace(UNFILLED, allocation=d(10))
    assert the_order(entering(under_way, pending=(ETH,), tracker_cap="150")).delta == d("0.05")
    assert the_order(entering(replace(under_way, state=EpochState.CLOSED), tracker_cap="400")).delta == d("0.4")


@pytest.mark.parametrize(
    ("epoch", "pending", "admitted"),
    [
        (an_epoch(symbol=ETH), (), False),
        (an_epoch(symbol=ETH, shadow=True), (), True),
        (an_epoch(0, symbol=ETH, state=EpochState.CLOSED), (), True),
        (UNFILLED, (ETH,), False),
        (UNFILLED, (), True),
    ],
)
def test_a_place_is_taken_by_what_is_held_or_under_way(epoch: Any, pending: tuple[str, ...], admitted: bool) -> None:
    plan = entering(epoch, pending=pending, max_positions="1")
    told = {verdict.symbol: verdict.code for verdict in plan.verdicts}
    assert told[BTC] == (Code.OPENED if admitted else Code.MAX_POSITIONS)


def test_entries_of_the_last_hour_and_of_this_plan_count_together() -> None:
    view = a_view(a_signal(*book(1, 1)), **FIXED, max_entries_per_hour="2")
    plan = decide(a_snapshot(replace(view, entered_at=(NOW - timedelta(minutes=30),)), **MANY))
    assert sizes(plan) == {BTC: d("0.4")}
    assert plan.wake_at is not None and plan.wake_at <= NOW + timedelta(minutes=30)


def test_an_entry_exactly_an_hour_ago_no_longer_counts() -> None:
    view = a_view(a_signal(*book(1)), **FIXED, max_entries_per_hour="1")
    entered_at = NOW - timedelta(hours=1)
    assert sizes(decide(a_snapshot(replace(view, entered_at=(entered_at,))))) == {BTC: d("0.4")}
    later = replace(view, entered_at=(entered_at + timedelta(seconds=1),))
    assert code(decide(a_snapshot(later))) == Code.ENTRIES_PER_HOUR


def test_what_another_trackers_new_epoch_gets_is_no_longer_available() -> None:
    renewing = a_view(a_signal(a_signal_position(5)), an_epoch("0.1", epoch="e0"))
    entry = another(a_view(a_signal(*book(1, 1)[1:]), sizing="fixed_margin", fixed_margin="90"))
    plan = decide(a_snapshot(renewing, entry, account=an_account(available=d(100)), **MANY))
    (change,) = plan.changes
    assert (change.takes_over, change.allocation) == ("e0", 50)
    assert sizes(plan) == {ETH: d("0.55")}


def test_an_increase_has_what_the_holding_leaves_of_the_bracket() -> None:
    small = {BTC: an_instrument(brackets=(Bracket(d(300), 20, d("0.01")),))}
    held = an_epoch("0.2", ratio=d("0.1"), reference_quantity=d(2))
    view = a_view(a_signal(a_signal_position(4)), held, on_new_entry="rebalance")
    assert the_order(decide(a_snapshot(view, instruments=small))).delta == d("0.1")


def test_only_an_epoch_entered_again_after_its_profit_is_set_going_again() -> None:
    done = an_epoch(0, state=EpochState.TOOK_PROFIT, closed_at=NOW - timedelta(seconds=100))
    again = entering(done, auto_refollow="on", cooldown="60", profit_target="50")
    assert [(change.epoch, change.state) for change in again.changes] == [("e1", EpochState.PENDING)]
    waiting = entering(an_epoch(0, state=EpochState.PENDING))
    assert the_order(again).delta == the_order(waiting).delta and waiting.changes == ()


@pytest.mark.parametrize(("most", "rest"), [("0.399", "0.001"), ("0.4", None)])
def test_what_one_order_cannot_take_is_told_as_the_rest(most: str, rest: str | None) -> None:
    lot = {BTC: an_instrument(market_max_quantity=d(most))}
    made = the_order(decide(a_snapshot(a_view(a_signal(a_signal_position()), **FIXED), instruments=lot)))
    assert (made.delta, made.explanation.get("rest")) == (d(most), rest)


@pytest.mark.parametrize(("available", "expected"), [(100, 95), (-5, 0), (10000, 1000)])
def test_the_budget_lies_between_nothing_and_the_total_margin(available: int, expected: int) -> None:
    view, account = a_view(None), an_account(available=d(available))
    found = a_snapshot(view, account=account)
    assert sizing.budget(found, view) == expected
    assert sizing.budget(replace(found, armed=False), view) == sizing.budget(replace(found, account=None), view) == 1000


@pytest.mark.parametrize("name", ["equity_share", "equity_ratio"])
def test_an_agent_worth_nothing_is_not_copied_by_what_it_is_worth(name: str) -> None:
    view = a_view(a_signal(a_signal_position(), equity=d(0)), sizing=name)
    assert decide(a_snapshot(view)).orders == ()
