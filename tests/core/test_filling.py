"""What becomes of an epoch as its orders are journaled and fill, and when a plan changes it without one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from nof1web.core import filling
from nof1web.core.records import Epoch, EpochState, OrderKind
from nof1web.core.snapshot import EpochChange, PlannedOrder
from tests.core import applying
from tests.core.scene import NOW, SEEN, a_signal_position, an_epoch, d

KEY = ("BTCUSDT", "e1")
REDUCE, OPEN, INCREASE = OrderKind.REDUCE, OrderKind.OPEN, OrderKind.INCREASE


def an_order(kind: OrderKind, delta: object, **more: Any) -> PlannedOrder:
    made = PlannedOrder("t1", *KEY, kind, d(delta), d(1000), 5, d(2), d(1100), False)
    chosen: dict[str, Any] = {"ratio": d("0.2"), "allocation": d(30), "agent_leverage": 7} | more
    return replace(made, **chosen)


def executed(epoch: Epoch, order: PlannedOrder, quantity: object) -> Epoch:
    """Return an epoch after its order was journaled and some of it filled."""
    epochs = {KEY: epoch}
    applying.settle(epochs, applying.write(epochs, None, order, NOW), d(quantity), NOW)
    return epochs[KEY]


def changed(known: Epoch | None, state: EpochState, **more: Any) -> Epoch:
    change = EpochChange("t1", *KEY, state, a_signal_position(2, 1100), False)
    return filling.changed(known, replace(change, **more), None, NOW)


def empty(**more: Any) -> Epoch:
    return an_epoch(0, state=EpochState.PENDING, entry_price=None, step=0, **more)


def test_a_first_order_may_be_decided_anew_on_a_retry() -> None:
    told = filling.prepared(empty(allocation=d(50)), an_order(OPEN, "0.1"))
    assert (told.ratio, told.leverage, told.agent_leverage, told.allocation) == (d("0.2"), 5, 7, d(30))


@pytest.mark.parametrize("kind", [INCREASE, REDUCE])
def test_what_is_held_keeps_its_ratio_and_leverage_under_any_later_order(kind: OrderKind) -> None:
    told = filling.prepared(an_epoch(), an_order(kind, "0.1"))
    assert (told.ratio, told.leverage, told.agent_leverage) == (d("0.1"), 10, 0)


def test_an_increase_sets_aside_what_it_needs_and_never_less_than_there_was() -> None:
    assert filling.prepared(an_epoch(), an_order(INCREASE, "0.1")).allocation == 30
    assert filling.prepared(an_epoch(allocation=d(40)), an_order(INCREASE, "0.1")).allocation == 40
    assert filling.prepared(an_epoch(), an_order(REDUCE, "-0.1")).allocation == 10


@pytest.mark.parametrize(("quantity", "step", "reference"), [("0.1", 2, 2), ("0.05", 1, 1)])
def test_only_a_whole_fill_ends_the_step_and_moves_the_reference(quantity: str, step: int, reference: int) -> None:
    told = executed(an_epoch(), an_order(INCREASE, "0.1"), quantity)
    assert (told.step, told.reference_quantity, told.quantity) == (step, d(reference), d("0.1") + d(quantity))


@pytest.mark.parametrize(("left", "allocation"), [("0.05", "5"), ("0.025", "2.5")])
def test_a_reduction_frees_its_part_of_what_was_set_aside(left: str, allocation: str) -> None:
    told = executed(an_epoch(), an_order(REDUCE, d(left) - d("0.1")), d("0.1") - d(left))
    assert (told.quantity, told.allocation) == (d(left), d(allocation))


def test_fills_of_both_directions_average_the_entry() -> None:
    more = an_order(INCREASE, "0.1", mark=Decimal(1200))
    assert executed(an_epoch(), more, "0.1").entry_price == 1100
    short = an_order(INCREASE, "-0.1", mark=Decimal(1200))
    assert executed(an_epoch("-0.1"), short, "0.1").entry_price == 1100


def test_what_was_simulated_says_nothing_of_what_is_real() -> None:
    assert changed(empty(shadow=True, ratio=d(3)), EpochState.IGNORED).ratio is None
    assert changed(an_epoch(shadow=True), EpochState.DONE).shadow
    assert changed(empty(ratio=d(3)), EpochState.MISSED).ratio == 3


@pytest.mark.parametrize("state", [EpochState.MISSED, EpochState.IGNORED, EpochState.CLOSED])
def test_an_epoch_that_ended_without_a_holding_frees_its_budget(state: EpochState) -> None:
    told = changed(empty(allocation=d(50)), state)
    assert (told.allocation, told.closed_at, told.state) == (d(0), NOW, state)


@pytest.mark.parametrize(("known", "state"), [(empty(), EpochState.PENDING), (an_epoch(), EpochState.MISSED)])
def test_an_epoch_that_goes_on_or_still_holds_something_keeps_its_budget(known: Epoch, state: EpochState) -> None:
    told = changed(known, state)
    assert (told.allocation, told.closed_at, told.opened_at) == (d(10), None, SEEN)
