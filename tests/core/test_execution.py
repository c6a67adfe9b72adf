"""How well orders were executed: steps in time, slippage, ranks; and what is carried or rests in pieces."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nof1web.core import execution, protection
from nof1web.core.plan import decide
from nof1web.core.planned import PlannedOrder
from nof1web.core.records import Intent, IntentStatus, OrderKind
from nof1web.core.refusals import Code
from nof1web.core.signals import Missing
from nof1web.core.trading import Leg, Side
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
)

MS = timedelta(milliseconds=1)


def an_order(kind: OrderKind = OrderKind.OPEN, **more: Any) -> PlannedOrder:
    made = PlannedOrder("t1", "BTCUSDT", "e1", kind, d("0.1"), d(1000), 10, d(1), d(1000), shadow=False)
    return replace(made, **more)


def an_intent(side: Side = Side.BUY, **more: Any) -> Intent:
    made = Intent(
        "t1", "BTCUSDT", "e1", 0, 0, "n1", "c1", OrderKind.OPEN, side, d("0.1"), d(1), d(1000), 10, d(1000), False,
        IntentStatus.FILLED, NOW, 0, NOW, executed=d("0.1"), price=d(1001), agent_price=d(1000),
    )  # fmt: skip
    return replace(made, **more)


def seen(order: PlannedOrder, *positions: Any, reference: object = 1) -> datetime | None:
    held = an_epoch(reference_quantity=d(reference))
    return execution.seen_at(a_snapshot(a_view(a_signal(*positions), held)), order)


def test_an_entry_was_seen_when_its_window_began() -> None:
    assert seen(an_order(), a_signal_position(changed_at=SEEN)) == SEEN


def test_a_reduction_was_seen_when_the_source_was_read() -> None:
    assert seen(an_order(OrderKind.REDUCE), a_signal_position("0.5")) == NOW


def test_a_close_was_seen_when_the_symbol_was_first_missed() -> None:
    missing = Missing(SEEN, 2, 2, whole_book=False)
    assert seen(an_order(OrderKind.CLOSE), a_signal_position(missing=missing)) == SEEN


def test_an_exit_of_our_own_was_never_seen() -> None:
    assert seen(an_order(OrderKind.CLOSE), a_signal_position()) is None


def test_without_a_signal_or_a_position_there_is_nothing_an_entry_copies() -> None:
    assert seen(an_order()) is None and seen(an_order(OrderKind.CLOSE)) == NOW
    assert execution.seen_at(a_snapshot(a_view(None)), an_order()) is None
    assert execution.seen_at(a_snapshot(), an_order()) is None


def test_an_increase_is_measured_against_the_price_of_what_was_added() -> None:
    epoch, order = an_epoch(), an_order(OrderKind.INCREASE, agent_quantity=d(2), agent_entry=d(1010))
    assert execution.agent_price(epoch, order) == 1020
    assert execution.agent_price(epoch, replace(order, agent_entry=d(1))) is None, "no price can be below zero"
    assert execution.agent_price(replace(epoch, quantity=d(0)), order) == 1010
    assert execution.agent_price(epoch, replace(order, kind=OrderKind.CLOSE)) is None


@pytest.mark.parametrize(("side", "bps"), [(Side.BUY, 10), (Side.SELL, -10)])
def test_paying_more_is_worse_for_a_buyer_and_better_for_a_seller(side: Side, bps: int) -> None:
    assert execution.slippage(an_intent(side)) == execution.Slippage(d(bps), d(bps))


def test_what_did_not_fill_or_copies_no_price_has_no_slippage() -> None:
    assert execution.slippage(an_intent(executed=d(0))) == execution.Slippage(None, None)
    assert execution.slippage(an_intent(agent_price=None)).agent is None


def test_each_step_is_timed_and_one_that_never_came_is_not() -> None:
    steps = {"seen_at": NOW, "decided_at": NOW + 20 * MS, "sent_at": NOW + 50 * MS}
    assert execution.latency(an_intent(**steps)) == execution.Latency(20, 30, None, None)
    assert execution.latency(an_intent(**steps, acknowledged_at=NOW + 90 * MS)).total == 90
    assert execution.latency(an_intent(seen_at=NOW + MS, decided_at=NOW)).seen_to_decided == 0


def test_the_report_leaves_out_what_did_not_fill_and_the_other_mode() -> None:
    intents = [an_intent(), an_intent(executed=d(0)), an_intent(shadow=True)]
    found = execution.executed(intents, shadow=False)
    assert (found.orders, found.agent_bps.p50, found.latency_ms.p50) == (1, d(10), None)


@pytest.mark.parametrize(("count", "p50", "p95"), [(1, 1, 1), (2, 1, 2), (20, 10, 19), (100, 50, 95)])
def test_quantiles_are_values_that_occurred(count: int, p50: int, p95: int) -> None:
    found = execution.quantiles([Decimal(value) for value in range(count, 0, -1)])
    assert (found.p50, found.p95) == (p50, p95)


@pytest.mark.parametrize(("held", "pieces"), [("0.4", ["0.4"]), ("0.8", ["0.4"] * 2), ("-1.1", ["0.4", "0.4", "0.3"])])
def test_a_leg_above_the_market_lot_size_rests_in_pieces(held: str, pieces: list[str]) -> None:
    rule, view = an_instrument(market_max_quantity=d("0.4")), a_view(None, own_stop="10")
    legs = protection.wanted(an_epoch(held), None, view.settings, rule, ())
    assert [(leg.leg, leg.quantity) for leg in legs] == [(Leg.STOP, d(piece)) for piece in pieces]
    assert protection.steps(legs, ()) == protection.Steps(legs, ())


def reducing(to: str, mark: int = 1000) -> str:
    """The code for a reduction to that of the agent's 1 after one was refused for its notional."""
    refused = an_intent(
        Side.SELL,
        kind=OrderKind.REDUCE,
        status=IntentStatus.REJECTED,
        exchange_code=-4164,
        settled_at=SEEN,
        executed=d(0),
    )
    view = a_view(a_signal(a_signal_position(to)), an_epoch())
    view = replace(view, tries={("BTCUSDT", "e1"): refused})
    return code(decide(a_snapshot(view, mark=mark, live={("BTCUSDT", True): d("0.1")})))


def test_a_reduction_refused_for_its_notional_is_carried_until_it_is_large_enough() -> None:
    # 50 USDT are the least: 0.04 at 1000 is too little, 0.05 and 0.06 are enough, and so is 0.04 at 2000.
    assert (reducing("0.6"), reducing("0.5"), reducing("0.4"), reducing("0.6", 2000)) == (
        Code.CHANGE_CARRIED, Code.REDUCED, Code.REDUCED, Code.REDUCED,
    )  # fmt: skip
