"""A preview is the first decision itself, and the smallest budget is just enough (FEATURES 59)."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis

from nof1web.core import settings
from nof1web.core.plan import decide
from nof1web.core.preview import preview
from nof1web.core.refusals import Code
from nof1web.core.smallest import STEP
from nof1web.core.snapshot import Snapshot
from nof1web.core.trading import Bracket
from tests.core.scene import (
    a_signal,
    a_signal_position,
    a_snapshot,
    a_view,
    an_account,
    an_epoch,
    an_instrument,
    d,
)
from tests.core.several import BTC, ETH, MANY, SOL, another, book
from tests.core.worlds import MODEST, worlds

BUYS = {"open", "increase"}


def with_total(snapshot: Snapshot, total: object) -> Snapshot:
    """Return the same with another total margin and an account that has enough of everything but equity."""
    view, account = snapshot.trackers[0], snapshot.account
    assert account is not None
    richer = replace(view, settings=replace(view.settings, total_margin=d(total)))
    return replace(snapshot, trackers=(richer,), account=replace(account, available=d(10**9)))


def lowest(snapshot: Snapshot) -> int:
    """Return the least total margin (whole USDT) that the settings allow."""
    view = snapshot.trackers[0].settings
    return ceil(view.fixed_margin) if view.sizing is settings.Sizing.FIXED_MARGIN else 1


def brute_force(snapshot: Snapshot, wanted: set[str], most: int = 300) -> int | None:
    """Return the least total margin up to `most` with which all wanted are entered or added to."""
    fits = (
        total for total in range(lowest(snapshot), most + 1) if wanted <= bought(with_total(snapshot, total)).keys()
    )
    return next(fits, None)


def bought(snapshot: Snapshot) -> dict[str, int]:
    """Return what is entered or added to now, with its leverage."""
    return {order.symbol: order.leverage for order in decide(snapshot).orders if order.kind in BUYS}


@MODEST
@given(worlds())
def test_a_preview_shows_the_first_decisions_orders_and_verdicts(snapshot: Snapshot) -> None:
    shown, plan = preview(snapshot, "t1"), decide(snapshot)
    assert (shown.orders, shown.verdicts) == (plan.orders, plan.verdicts)


@MODEST
@given(worlds())
def test_the_smallest_budget_suffices_and_one_usdt_less_does_not(snapshot: Snapshot) -> None:
    shown = preview(snapshot, "t1")
    least, wanted = shown.smallest_budget, {each.symbol for each in shown.orders if each.kind in BUYS}
    wanted |= set(shown.uncovered)
    if least is None:
        return
    assert wanted <= bought(with_total(snapshot, least)).keys()
    assert least - 1 < lowest(snapshot) or not wanted <= bought(with_total(snapshot, least - 1)).keys()


@MODEST
@given(worlds(held=False))
def test_without_a_smallest_budget_no_total_margin_would_do(snapshot: Snapshot) -> None:
    shown = preview(snapshot, "t1")
    wanted = {each.symbol for each in shown.orders if each.kind in BUYS} | set(shown.uncovered)
    if shown.smallest_budget is None and wanted:
        for total in (2**power for power in range(5, 23)):
            assert not all(wanted <= bought(with_total(snapshot, total * more)).keys() for more in (1, STEP))


@settings_of_hypothesis(MODEST, max_examples=15)
@given(worlds())
def test_no_smaller_total_within_what_is_tried_one_by_one_would_do(snapshot: Snapshot) -> None:
    shown = preview(snapshot, "t1")
    wanted = {each.symbol for each in shown.orders if each.kind in BUYS} | set(shown.uncovered)
    if shown.smallest_budget is not None:
        assert shown.smallest_budget == brute_force(snapshot, wanted) or shown.smallest_budget > 300


ISLANDS = {"brackets": (Bracket(d(52), 20, d("0.004")), Bracket(d(10**9), 1, d("0.01"))), "step": d("0.0001")}
"""a size just below 52 USDT has leverage; a larger one loses so much of it that it is below 50 again"""


@pytest.mark.parametrize("below", ["skip", "raise"])
@pytest.mark.parametrize("sizing", ["equity_share", "margin_share", "fixed_margin", "fixed_notional", "equity_ratio"])
def test_the_smallest_budget_is_the_smallest_of_all(sizing: str, below: str) -> None:
    chosen = {"sizing": sizing, "below_minimum": below, "total_margin": "60", "fixed_margin": "3"}
    view = a_view(a_signal(*book(3, "0.9"), equity=d(500)), **chosen)
    listed = {name: an_instrument(name, **ISLANDS) for name in (BTC, ETH)}
    snapshot = a_snapshot(view, instruments=listed, account=an_account(equity=d(100)))
    shown = preview(snapshot, "t1")
    wanted = {each.symbol for each in shown.orders} | set(shown.uncovered)
    assert wanted and shown.smallest_budget == brute_force(snapshot, wanted)


def test_one_usdt_less_than_the_smallest_budget_leaves_a_symbol_out() -> None:
    view = a_view(a_signal(*book(1, 4, "0.7")), total_margin="300")
    snapshot = a_snapshot(view, **MANY)
    shown = preview(snapshot, "t1")
    assert [order.symbol for order in shown.orders] == [ETH] and set(shown.uncovered) == {BTC, SOL}
    assert shown.smallest_budget == 715  # 0.05 SOL take 5 USDT of margin, 0.7 % of the total
    assert bought(with_total(snapshot, 715)).keys() == {BTC, ETH, SOL}
    assert bought(with_total(snapshot, 714)).keys() == {BTC, ETH}


def test_what_is_refused_for_another_reason_is_no_matter_of_the_budget() -> None:
    view = a_view(a_signal(*book(1, 1)), total_margin="300", deny=ETH)
    shown = preview(a_snapshot(view), "t1")
    assert shown.uncovered == (BTC,) and shown.smallest_budget == 500


def test_a_size_no_total_margin_changes_has_no_smallest_budget() -> None:
    view = a_view(a_signal(a_signal_position()), sizing="fixed_notional", fixed_notional="20")
    shown = preview(a_snapshot(view), "t1")
    assert shown.uncovered == (BTC,) and shown.smallest_budget is None


def test_a_fixed_margin_is_the_least_a_total_may_be() -> None:
    view = a_view(a_signal(a_signal_position()), sizing="fixed_margin", fixed_margin="20.5", total_margin="30")
    assert preview(a_snapshot(view), "t1").smallest_budget == 21


def test_an_agent_without_positions_needs_no_budget() -> None:
    shown = preview(a_snapshot(a_view(a_signal())), "t1")
    assert (shown.orders, shown.uncovered, shown.smallest_budget, shown.margin) == ((), (), None, 0)


def test_the_margin_shown_is_what_the_orders_add() -> None:
    held = an_epoch("0.1", ratio=d("0.1"), reference_quantity=d(1))
    view = a_view(a_signal(a_signal_position(3), a_signal_position(2, symbol=ETH)), held)
    shown = preview(a_snapshot(view), "t1")
    assert [order.delta for order in shown.orders] == [d("0.2"), d("0.2")] and shown.margin == 40


def test_a_preview_is_of_one_tracker_only() -> None:
    first, second = (a_view(a_signal(a_signal_position(symbol=name))) for name in (BTC, ETH))
    shown = preview(a_snapshot(first, another(second)), "t2")
    assert [order.symbol for order in shown.orders] == [ETH]
    with pytest.raises(KeyError):
        preview(a_snapshot(first), "t3")


def test_a_poor_account_leaves_symbols_uncovered_whatever_the_total_margin() -> None:
    view = a_view(a_signal(a_signal_position()), total_margin="1000")
    shown = preview(a_snapshot(view, account=an_account(available=d(5))), "t1")
    assert shown.uncovered == (BTC,) and shown.verdicts[0].code == Code.BUDGET_SHORT
    assert shown.budget == d("4.75") and shown.smallest_budget == 500
