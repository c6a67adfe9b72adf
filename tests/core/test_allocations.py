"""What is set aside, on its way or spent since the account was read counts before anything is added (rule 10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nof1web.core import filling, sizing
from nof1web.core.plan import decide
from nof1web.core.planned import EpochChange
from nof1web.core.records import EpochState
from nof1web.core.refusals import Code
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
from tests.core.scene import the_order as order_of
from tests.core.several import BTC, ETH, MANY, another, book

HALF = an_epoch("0.05", ratio=d("0.1"), allocation=d(10))


@pytest.mark.parametrize(("total", "left"), [("10", "0.05"), ("1000", "0.05"), ("9.9", None), ("3", None)])
def test_a_total_margin_lowered_within_the_window_holds_for_the_rest_of_an_entry(total: str, left: str | None) -> None:
    plan = decide(a_snapshot(a_view(a_signal(a_signal_position()), HALF, total_margin=total)))
    assert [order.delta for order in plan.orders] == ([] if left is None else [d(left)])
    assert left is not None or code(plan) in (Code.BUDGET_SHORT, Code.BUDGET_EXHAUSTED)


def test_a_lowered_total_margin_cuts_the_rest_of_an_entry() -> None:
    half = an_epoch("0.5", ratio=d(1), allocation=d(100), reference_quantity=d(1))
    made = order_of(decide(a_snapshot(a_view(a_signal(a_signal_position()), half, total_margin="80"))))
    assert made.delta == d("0.3") and made.explanation["cut"] == Code.BUDGET_SHORT


def test_what_this_tracker_filled_since_the_reading_is_not_available_a_second_time() -> None:
    filled = an_epoch("0.9", symbol=ETH, ratio=d("0.9"), allocation=d(90))
    view = a_view(a_signal(*book(1, 1)), filled, sizing="fixed_margin", fixed_margin="90")
    since = a_snapshot(view, account=an_account(available=d(100)), filled_since={"t1": d(90)})
    assert sizing.budget(since, view) == 95
    made = order_of(decide(since))
    assert (made.delta, made.explanation["cut"]) == (d("0.05"), Code.BUDGET_SHORT)
    assert sizing.budget(replace(since, filled_since={}), view) == d("180.5")


@pytest.mark.parametrize("known", ["filled_since", "under_way"])
def test_what_another_tracker_took_since_the_reading_is_gone(known: str) -> None:
    view = a_view(a_signal(a_signal_position()))
    since: dict[str, Any] = {known: {"t2": d(60)}}
    snapshot = a_snapshot(view, another(a_view(None)), account=an_account(available=d(100)), **since)
    assert sizing.budget(snapshot, view) == 38


def test_what_is_set_aside_is_not_in_the_account_yet() -> None:
    half = an_epoch("0.05", allocation=d(40))
    view = a_view(a_signal(a_signal_position()), half)
    assert sizing.budget(a_snapshot(view, account=an_account(available=d(100))), view) == d("99.75")


@pytest.mark.parametrize(("pending", "left"), [((ETH,), "0.3"), ((), "0.4")])
def test_an_increase_under_way_counts_for_a_limit(pending: tuple[str, ...], left: str) -> None:
    growing = an_epoch("0.1", symbol=ETH, allocation=d(20))
    view = a_view(a_signal(*book(1)), growing, sizing="fixed_notional", fixed_notional="400", tracker_cap="500")
    plan = decide(a_snapshot(view, pending=frozenset(pending), **MANY))
    assert [order.delta for order in plan.orders if order.symbol != ETH] == [d(left)]


def test_an_entry_tells_what_the_users_other_accounts_may_have_when_it_leaves() -> None:
    view = a_view(a_signal(*book(1, 1)), sizing="fixed_notional", fixed_notional="100", user_cap="1000")
    plan = decide(a_snapshot(view, others_notional=d(500), **MANY))
    assert [order.others_most for order in plan.orders] == [800, 800]


def test_once_no_more_is_added_an_epoch_sets_aside_what_it_holds() -> None:
    change = EpochChange("t1", "BTCUSDT", "e1", EpochState.LIVE, a_signal_position(), False, ratio=d("0.05"))
    assert filling.changed(HALF, change, None, NOW).allocation == 5


def test_what_cannot_be_raised_takes_no_place_from_what_a_count_allows() -> None:
    instruments = MANY["instruments"] | {BTC: an_instrument(min_notional=d(500))}
    view = a_view(a_signal(*book("0.1", 4)), below_minimum="raise", max_positions="1", order_cap="450")
    plan = decide(a_snapshot(view, **MANY | {"instruments": instruments}))
    assert {order.symbol: order.delta for order in plan.orders} == {ETH: d("0.4")}
    assert [each.code for each in plan.verdicts if each.symbol == BTC] == [Code.BELOW_MINIMUM]


def test_what_can_be_raised_keeps_its_place() -> None:
    view = a_view(a_signal(*book("0.1", 4)), below_minimum="raise", max_positions="1")
    assert {order.symbol: order.delta for order in decide(a_snapshot(view, **MANY)).orders} == {BTC: d("0.05")}


# 1 % of 10000 may be lost: with a stop at 900 a unit costs 100 + 0.5 % of 1900 + fees, about 110.45.
RISKY = {"sizing": "risk_at_stop", "risk_percent": "1", "total_margin": "10000"}


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("held", "expected"), [("0.5", True), ("0.95", False)])
def test_an_increase_keeps_the_loss_of_the_whole_holding_within_the_risk(sign: int, held: str, expected: bool) -> None:
    stop = d(1000 - 100 * sign)
    epoch = an_epoch(d(held) * sign, ratio=d(held), allocation=d(held) * 100, reference_quantity=d(sign))
    view = a_view(a_signal(a_signal_position(4 * sign, stop=stop)), epoch, **RISKY)
    plan = decide(a_snapshot(view))
    if not expected:
        assert not plan.orders and code(plan) == Code.RISK_CAP
        return
    made = order_of(plan)
    whole, out = abs(made.delta) + d(held), stop * (1 - d("0.005") * sign)
    lost = abs(made.delta) * abs(1000 * (1 + d("0.005") * sign) - out) + d(held) * abs(1000 - out)
    assert made.explanation["cut"] == Code.RISK_CAP
    assert 99 < lost + whole * (1000 + out) * d("0.0005") <= 100


def test_without_a_stop_nothing_is_added_to_what_was_sized_by_its_risk() -> None:
    epoch = an_epoch("0.5", ratio=d("0.5"), allocation=d(50))
    plan = decide(a_snapshot(a_view(a_signal(a_signal_position(2)), epoch, **RISKY)))
    assert not plan.orders and code(plan) == Code.RISK_CAP


def test_the_risk_is_reckoned_at_an_own_stop_where_only_that_rests() -> None:
    position = a_signal_position(stop=d(990))
    own = {"own_stop": "50", "copy_protection": "off"} | RISKY  # 50 % of the margin at 10x: at 950
    made = order_of(decide(a_snapshot(a_view(a_signal(position), **own))))
    assert made.explanation["stop"] == "950" and made.delta == d("1.646")


@pytest.mark.parametrize(("mark", "rest"), [(999, "0.5"), (1000, "0.5"), (1001, "0.499"), (1009, "0.495")])
def test_what_an_epoch_has_set_aside_buys_its_rest_when_the_price_moved(mark: int, rest: str) -> None:
    half = an_epoch("0.5", ratio=d(1), allocation=d(100), reference_quantity=d(0))
    view = a_view(a_signal(a_signal_position()), half, total_margin="100")
    assert order_of(decide(a_snapshot(view, mark=mark))).delta == d(rest)


def test_the_rest_of_a_cut_increase_is_what_is_set_aside_for_it() -> None:
    cut = an_epoch("0.6", ratio=d("0.5"), allocation=d(100))
    view = a_view(a_signal(a_signal_position(4)), cut, total_margin="100")  # 2 wanted, 1 allowed, 0.6 filled
    made = order_of(decide(a_snapshot(view)))
    assert (made.delta, made.allocation) == (d("0.4"), d(100)) and made.explanation["cut"] == Code.BUDGET_SHORT


def test_what_one_epoch_has_set_aside_is_not_shared_with_another_entry() -> None:
    half = an_epoch("0.5", ratio=d(1), allocation=d(105), reference_quantity=d(0))
    view = a_view(a_signal(*book(1, 1)), half, sizing="fixed_margin", fixed_margin="20", total_margin="115")
    plan = decide(a_snapshot(view, **MANY))
    assert {order.symbol: order.delta for order in plan.orders} == {BTC: d("0.5"), ETH: d("0.1")}


@pytest.mark.parametrize(("available", "total", "soon"), [(9, "1000", True), (1000, "104", False)])
def test_what_the_accounts_balance_is_too_small_for_is_looked_at_again_soon(
    available: int, total: str, soon: bool
) -> None:
    held = an_epoch(1, symbol=ETH, allocation=d(100), ratio=d(1))
    view = a_view(a_signal(*book(1, 1)), held, sizing="fixed_margin", fixed_margin="100", total_margin=total)
    plan = decide(a_snapshot(view, account=an_account(available=d(available)), **MANY))
    assert Code.BUDGET_SHORT in [each.code for each in plan.verdicts] and plan.wake_at is not None
    assert (plan.wake_at <= NOW + timedelta(seconds=5)) is soon
