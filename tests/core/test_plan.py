"""Decisions, rule by rule (DESIGN §5). Mirrored rows run for longs and shorts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from nof1web.core.plan import decide
from nof1web.core.records import EpochState, OrderKind
from nof1web.core.signals import Missing, SignalHealth
from tests.core.scene import (
    NOW,
    SEEN,
    a_signal,
    a_signal_position,
    a_snapshot,
    a_view,
    an_epoch,
    an_instrument,
    code,
    d,
    the_order,
)


@pytest.mark.parametrize("health", [SignalHealth.MISSING, SignalHealth.STALE])
def test_rule_1_an_unusable_signal_opens_and_closes_nothing(health: SignalHealth) -> None:
    for epochs in ((), (an_epoch(),)):
        plan = decide(a_snapshot(a_view(a_signal(a_signal_position(5), health=health), *epochs)))
        assert plan.orders == () and plan.verdicts


def test_rule_1_an_agent_never_read_closes_nothing() -> None:
    plan = decide(a_snapshot(a_view(None, an_epoch())))
    assert plan.orders == () and code(plan) == "source_missing"


@pytest.mark.parametrize("sign", [1, -1])
def test_rule_2_a_confirmed_disappearance_closes_the_whole_holding(sign: int) -> None:
    gone = a_signal_position(sign, missing=Missing(SEEN, 2, 1, whole_book=True))
    order = the_order(decide(a_snapshot(a_view(a_signal(gone), an_epoch(d("0.1") * sign)))))
    assert (order.kind, order.delta, order.limit) == (OrderKind.CLOSE, d("-0.1") * sign, None)


def test_rule_2_an_unconfirmed_disappearance_waits_and_wakes() -> None:
    gone = a_signal_position(missing=Missing(SEEN, 1, 0, whole_book=False))
    plan = decide(a_snapshot(a_view(a_signal(gone), an_epoch())))
    assert plan.orders == () and plan.wake_at == SEEN + timedelta(seconds=20)


def test_rule_2_an_explicit_zero_closes_at_once() -> None:
    plan = decide(a_snapshot(a_view(a_signal(a_signal_position(0)), an_epoch())))
    assert the_order(plan).kind is OrderKind.CLOSE


def test_rule_2_a_holding_the_signal_never_showed_is_closed_once_records_confirm_it() -> None:
    other = a_signal_position(1, symbol="ETHUSDT", first_seen_at=SEEN - timedelta(days=1))
    young = a_signal(other, since=NOW, records=1)
    assert not [order for order in decide(a_snapshot(a_view(young, an_epoch()))).orders if order.kind.exits]
    plan = decide(a_snapshot(a_view(replace(young, records=2), an_epoch())))
    assert [order.kind for order in plan.orders if order.symbol == "BTCUSDT"] == [OrderKind.CLOSE]


@pytest.mark.parametrize("mark", [500, 2000])
def test_rule_4_marks_do_not_resize_a_holding(mark: int) -> None:
    assert decide(a_snapshot(a_view(a_signal(a_signal_position()), an_epoch()), mark=mark)).orders == ()


@pytest.mark.parametrize("chosen", [{"total_margin": "500"}, {"multiplier": "3"}, {"max_leverage": "2"}])
def test_rule_4_edited_settings_do_not_resize_a_holding(chosen: dict[str, str]) -> None:
    assert decide(a_snapshot(a_view(a_signal(a_signal_position()), an_epoch(), **chosen))).orders == ()


@pytest.mark.parametrize(
    ("quantity", "kind", "delta"), [("0.4", OrderKind.REDUCE, "-0.06"), (2, OrderKind.INCREASE, "0.1")]
)
def test_rule_4_a_change_of_the_agents_quantity_resizes_in_proportion(
    quantity: object, kind: OrderKind, delta: str
) -> None:
    order = the_order(decide(a_snapshot(a_view(a_signal(a_signal_position(quantity)), an_epoch()))))
    assert (order.kind, order.delta) == (kind, d(delta))


def test_rule_4_a_small_change_is_carried() -> None:
    plan = decide(a_snapshot(a_view(a_signal(a_signal_position("0.96")), an_epoch())))
    assert plan.orders == () and code(plan) == "change_carried"


def test_rule_4_a_reduction_below_the_minimum_notional_still_flows() -> None:
    plan = decide(a_snapshot(a_view(a_signal(a_signal_position("0.9")), an_epoch())))
    assert the_order(plan).delta == d("-0.01")


def test_rule_4_a_missed_increase_keeps_later_reductions_proportional() -> None:
    late = a_signal_position(2, changed_at=NOW - timedelta(seconds=301))
    (change,) = decide(a_snapshot(a_view(a_signal(late), an_epoch()))).changes
    assert change.ratio == d("0.05")


def test_rule_5_a_side_flip_closes_before_anything_opens() -> None:
    flipped = a_signal_position(-1, epoch="e2")
    order = the_order(decide(a_snapshot(a_view(a_signal(flipped), an_epoch()))))
    assert (order.kind, order.epoch, order.delta) == (OrderKind.CLOSE, "e1", d("-0.1"))


def test_rule_5_a_new_epoch_on_the_same_side_takes_the_holding_over() -> None:
    (change,) = decide(a_snapshot(a_view(a_signal(a_signal_position(2, epoch="e2")), an_epoch()))).changes
    assert (change.takes_over, change.state) == ("e1", EpochState.LIVE)


def test_rule_5_reopen_closes_first() -> None:
    view = a_view(a_signal(a_signal_position(2, epoch="e2")), an_epoch(), on_new_entry="reopen")
    assert the_order(decide(a_snapshot(view))).kind is OrderKind.CLOSE


def test_rule_11_every_position_of_the_agent_gets_a_verdict() -> None:
    both = (a_signal_position(), a_signal_position(symbol="DOGEUSDT"))
    plan = decide(a_snapshot(a_view(a_signal(*both, unmapped=("NVDA",)))))
    assert {verdict.symbol: verdict.code for verdict in plan.verdicts} == {
        "BTCUSDT": "open",
        "DOGEUSDT": "not_listed",
        "NVDA": "unmapped",
    }


def test_a_symbol_with_an_unresolved_intent_gets_no_order() -> None:
    view = a_view(a_signal(a_signal_position(0)), an_epoch())
    assert decide(a_snapshot(view, pending=frozenset({"BTCUSDT"}))).orders == ()


@pytest.mark.parametrize("source", ["shown", "not shown"])
def test_a_symbol_with_an_unresolved_intent_is_looked_at_again_in_a_second(source: str) -> None:
    shown = (a_signal_position(),) if source == "shown" else ()
    view = a_view(a_signal(*shown), an_epoch(opened_at=NOW - timedelta(hours=2)), lifetime="1")
    plan = decide(a_snapshot(view, pending=frozenset({"BTCUSDT"})))
    assert code(plan) == "pending" and plan.wake_at == NOW + timedelta(seconds=1)


def test_a_denied_symbol_is_still_closed() -> None:
    assert decide(a_snapshot(a_view(a_signal(a_signal_position(0)), an_epoch(), deny="BTCUSDT"))).orders


def test_a_close_larger_than_one_market_order_goes_in_pieces() -> None:
    small = {"BTCUSDT": an_instrument(market_max_quantity=d("0.06"))}
    gone = a_view(a_signal(a_signal_position(0)), an_epoch())
    assert the_order(decide(a_snapshot(gone, instruments=small))).delta == d("-0.06")


def test_without_the_rules_a_resize_waits_and_a_close_flows() -> None:
    less = decide(a_snapshot(a_view(a_signal(a_signal_position("0.4")), an_epoch()), instruments={}))
    assert less.orders == () and less.wake_at == NOW + timedelta(seconds=5)
    assert decide(a_snapshot(a_view(a_signal(a_signal_position(0)), an_epoch()), instruments={})).orders
