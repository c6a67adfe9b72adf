"""What a tracker may use in all, and who gets how much of it (rule 10)."""

from __future__ import annotations

from typing import Any

import pytest

from nof1web.core.plan import decide
from nof1web.core.records import Epoch, EpochState
from nof1web.core.refusals import Code
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
from tests.core.several import BTC, ETH, MANY, SOL, another, book


def test_entries_of_one_cycle_share_the_budget_pro_rata() -> None:
    view = a_view(a_signal(*book(1, 2, 3)), multiplier="10", total_margin="300")  # 30 + 60 + 90 USDT wanted
    plan = decide(a_snapshot(view, account=an_account(available=d(100)), **MANY))
    assert [order.allocation for order in plan.orders] == [d("15.8"), d("31.6"), d("47.5")]
    assert {order.explanation["cut"] for order in plan.orders} == {Code.BUDGET_SHORT}


def test_twenty_of_sixty_are_three_positions_and_the_fourth_finds_nothing_left() -> None:
    chosen = {"sizing": "fixed_margin", "fixed_margin": "20", "total_margin": "60"}
    signal = a_signal(*book(1, 1, 1), a_signal_position(symbol="XRPUSDT"))
    world = {"instruments": MANY["instruments"] | {"XRPUSDT": an_instrument("XRPUSDT")}}
    world["marks"] = dict.fromkeys(world["instruments"], d(1000))
    held = [an_epoch("0.2", symbol=name, allocation=d(20), ratio=d("0.2")) for name in (BTC, ETH, SOL)]
    assert [each.allocation for each in decide(a_snapshot(a_view(signal, *held[:2], **chosen), **world)).orders] == [
        10,
        10,
    ]
    plan = decide(a_snapshot(a_view(signal, *held, **chosen), **world))
    assert [each.code for each in plan.verdicts if each.symbol == "XRPUSDT"] == [Code.BUDGET_EXHAUSTED]


def test_only_95_percent_of_what_is_available_is_used() -> None:
    view = a_view(a_signal(a_signal_position()), sizing="fixed_margin", fixed_margin="100")
    exactly = a_snapshot(view, account=an_account(available=d(100)))
    assert the_order(decide(exactly)).allocation == 95
    assert the_order(decide(exactly)).explanation["limit"] == "95"


def test_the_own_margin_counts_as_available_because_it_is_the_trackers_already() -> None:
    held = an_epoch(1, symbol=ETH, allocation=d(100), ratio=d(1))
    signal = a_signal(a_signal_position(), a_signal_position(symbol=ETH))
    view = a_view(signal, held, sizing="fixed_margin", fixed_margin="300", total_margin="900")
    made = the_order(decide(a_snapshot(view, account=an_account(available=d(100)))))
    assert made.allocation == 90  # 0.95 × (100 + 100) - 100


def test_a_budget_too_small_for_the_minimum_is_told_as_such() -> None:
    view = a_view(a_signal(a_signal_position()), sizing="fixed_margin", fixed_margin="100")
    plan = decide(a_snapshot(view, account=an_account(available=d(5))))
    assert code(plan) == Code.BUDGET_SHORT and plan.verdicts[0].numbers["budget"] == "4.75"


def test_an_overdrawn_account_has_an_empty_budget() -> None:
    plan = decide(a_snapshot(a_view(a_signal(a_signal_position())), account=an_account(available=d(-100))))
    assert code(plan) == Code.BUDGET_EXHAUSTED and plan.verdicts[0].numbers["budget"] == "0"


def waiting(**more: Any) -> Epoch:
    return an_epoch(0, state=EpochState.PENDING, allocation=d(40), leverage=10, **more)


def test_a_first_order_tried_again_does_not_stand_in_its_own_way() -> None:
    view = a_view(a_signal(a_signal_position()), waiting(), sizing="fixed_margin", fixed_margin="40", total_margin="40")
    assert the_order(decide(a_snapshot(view))).allocation == 40


@pytest.mark.parametrize("cap", ["tracker_cap", "credential_cap", "user_cap"])
def test_a_first_order_tried_again_is_counted_once_by_every_limit(cap: str) -> None:
    chosen = {"sizing": "fixed_margin", "fixed_margin": "40", cap: "400"}
    first = a_view(a_signal(a_signal_position()), waiting(), **chosen)
    assert the_order(decide(a_snapshot(first))).delta == d("0.4")
    roomy = a_view(a_signal(a_signal_position()), waiting(), **chosen | {cap: "800"})
    second = another(a_view(a_signal(a_signal_position(symbol=ETH)), sizing="fixed_notional"))
    assert len(decide(a_snapshot(roomy, second)).orders) == 2


def test_another_first_order_under_way_keeps_its_reservation() -> None:
    chosen = {"sizing": "fixed_margin", "fixed_margin": "40", "total_margin": "60", "deny": ETH}
    later = waiting(symbol=ETH, epoch="e2")
    book = (a_signal_position(), a_signal_position(symbol=ETH, epoch="e2"))
    made = the_order(decide(a_snapshot(a_view(a_signal(*book), later, **chosen))))
    assert made.allocation == 20 and made.explanation["cut"] == Code.BUDGET_SHORT


def test_an_epoch_left_unfilled_frees_its_reservation_when_the_agent_is_in_another() -> None:
    chosen = {"sizing": "fixed_margin", "fixed_margin": "40", "total_margin": "60"}
    view = a_view(a_signal(a_signal_position(epoch="e2")), waiting(), **chosen)
    assert the_order(decide(a_snapshot(view))).allocation == 40


def test_one_trackers_orders_leave_the_others_total_margin_alone() -> None:
    first = a_view(a_signal(a_signal_position()), sizing="fixed_margin", fixed_margin="100", total_margin="100")
    second = another(
        a_view(a_signal(a_signal_position(symbol=ETH)), sizing="fixed_margin", fixed_margin="100", total_margin="100")
    )
    assert [order.allocation for order in decide(a_snapshot(first, second)).orders] == [100, 100]
    poor = a_snapshot(first, second, account=an_account(available=d(150)))
    assert [order.allocation for order in decide(poor).orders] == [100, d("42.5")]


def test_shadow_orders_take_nothing_of_the_account() -> None:
    first = a_view(a_signal(a_signal_position()), sizing="fixed_margin", fixed_margin="100", mode="shadow")
    second = another(a_view(a_signal(a_signal_position()), sizing="fixed_margin", fixed_margin="90"))
    plan = decide(a_snapshot(first, second, account=an_account(available=d(100))))
    assert [(order.shadow, order.allocation) for order in plan.orders] == [(True, 100), (False, 90)]


def test_a_new_epochs_larger_target_and_other_entries_stay_within_the_budget_together() -> None:
    held = an_epoch("0.5", epoch="e0", allocation=d(50))
    view = a_view(
        a_signal(a_signal_position(), a_signal_position(symbol=ETH)),
        held,
        sizing="fixed_margin",
        fixed_margin="80",
        total_margin="100",
    )
    plan = decide(a_snapshot(view))
    assert plan.changes[0].allocation == 80
    assert the_order(plan).allocation == 20


def test_the_rest_of_an_entry_filled_in_parts_is_set_aside_already() -> None:
    half = an_epoch("0.05", ratio=d("0.1"), allocation=d(10))
    view = a_view(a_signal(a_signal_position()), half, total_margin="10", max_signal_age="300")
    made = the_order(decide(a_snapshot(view)))
    assert made.delta == d("0.05") and made.allocation == 10 and "cut" not in made.explanation
