"""Boundaries of sizes, losses at a stop and its distance from liquidation that no other test stands on."""

from __future__ import annotations

import pytest

from nof1web.core import caps, risk, stops
from nof1web.core.follow import SOON
from nof1web.core.plan import decide
from nof1web.core.refusals import Code
from nof1web.core.snapshot import Draft, Wish
from nof1web.core.trading import Position, PositionSide
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
)


def test_a_stop_that_leaves_no_leverage_to_buy_a_step_with_is_the_reason_told() -> None:
    chosen = {"total_margin": "20", "margin_mode": "ISOLATED"}
    assert code(decide(a_snapshot(a_view(a_signal(a_signal_position(stop=d(500))), **chosen)))) == (
        Code.STOP_BEYOND_LIQUIDATION
    )
    assert code(decide(a_snapshot(a_view(a_signal(a_signal_position()), **chosen)))) == Code.BELOW_MINIMUM


@pytest.mark.parametrize(("quantity", "stop", "lost"), [("0.1", 950, "6.99845"), ("-0.1", 1050, "7.20355")])
def test_what_is_held_loses_the_way_to_its_stop_and_what_the_stop_may_miss_it_by(
    quantity: str, stop: int, lost: str
) -> None:
    position = a_signal_position(d(quantity) * 20, stop=d(stop))
    view = a_view(a_signal(position), an_epoch(quantity), entry_slippage="2")
    held, target = d(quantity), d(quantity) * 2
    wish = Wish(view, position, an_instrument(), d(1000), target, held, 10, fresh=False)
    assert risk.of_holding(a_snapshot(view), wish, d(stop)) == d(lost)


@pytest.mark.parametrize(("share", "safe"), [("0", True), ("1000", False)])
def test_beside_a_foreign_share_an_isolated_stop_is_judged_by_the_bracket_of_both(share: str, safe: bool) -> None:
    position = a_signal_position(stop=d(925))
    view = a_view(a_signal(position))
    account = an_account(equity=d(10**7), isolated=frozenset({"BTCUSDT"}))
    foreign = {("BTCUSDT", True): d(share)} if d(share) else {}
    snapshot = a_snapshot(view, account=account, foreign=foreign)
    assert stops.are_safe(Draft(NOW), snapshot, view, position, (d("0.1"), 10)) is safe


def test_an_account_too_poor_for_an_entry_is_looked_at_again_soon() -> None:
    plan = decide(a_snapshot(a_view(a_signal(a_signal_position())), account=an_account(available=d(1))))
    assert code(plan) == Code.BUDGET_SHORT and plan.wake_at == NOW + SOON


@pytest.mark.parametrize("quantity", [2, -2])
def test_a_position_that_is_read_and_held_is_maintained_once(quantity: int) -> None:
    held = an_epoch(quantity, symbol="ETHUSDT", tracker_id="t2")
    read = Position("ETHUSDT", PositionSide.BOTH, d(quantity), d(1000), d(1000), d(0), d(0), d(200))
    view = a_view(a_signal(a_signal_position()))
    snapshot = a_snapshot(view, positions=(read,), elsewhere=(held,))
    # 0.4 % of 2000 USDT, whatever both say of it.
    assert stops.spare(Draft(NOW), snapshot, view, "BTCUSDT") == 10000 - 8


def test_a_budget_lowered_below_what_is_set_aside_leaves_nothing_at_all() -> None:
    view = a_view(a_signal(a_signal_position()), an_epoch(allocation=d(40)))
    wish = Wish(view, a_signal_position(), an_instrument(), d(1000), d(1), d("0.1"), 10, fresh=False)
    assert (wish.set_aside, wish.margin) == (30, 60)
    assert caps.Budget(Code.BUDGET_SHORT, d(10), d(-30), lambda each: each.margin).part(wish, [wish]) == 0
