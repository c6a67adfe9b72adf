"""What is sent to end holdings: own share only, one order at a time per symbol, and why something is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from nof1web.core.flattening import Ends, Flatten, Left, bounded, ended, plan
from nof1web.core.records import Epoch, EpochState, Intent, IntentStatus, OrderKind
from nof1web.core.snapshot import Snapshot
from nof1web.core.trading import Side
from tests.core.scene import NOW, a_signal, a_snapshot, a_view, an_epoch, d


def a_flatten(**more: Any) -> Flatten:
    return replace(Flatten("f_1", "c1", "", "", False, "u", NOW), **more)


def snapshot(**more: Any) -> Snapshot:
    return replace(a_snapshot(a_view(a_signal())), live={("BTCUSDT", True): d("0.1")}, **more)


def made(*epochs: Epoch, flatten: Flatten | None = None, tries: Any = None, **more: Any) -> Ends:
    return plan(snapshot(**more), flatten or a_flatten(), epochs or (an_epoch(),), tries or {}, {})


def a_try(status: IntentStatus, seconds: int) -> dict[tuple[str, str, str], Intent]:
    at = NOW - timedelta(seconds=seconds)
    intent = Intent(
        "t1", "BTCUSDT", "e1", 1, 0, "n", "c1", OrderKind.CLOSE, Side.SELL, d("0.1"), d(0), d(1000), 10, d(1000), False,
        status, at, 1, at, settled_at=at,
    )
    return {("t1", "BTCUSDT", "e1"): intent}


def whys(ends: Ends) -> list[Left]:
    return [each.why for each in ends.residual]


def test_a_holding_is_closed_whole_and_no_more_than_the_position() -> None:
    assert [order.delta for order in made().orders] == [d("-0.1")]
    less = plan(replace(snapshot(), live={("BTCUSDT", True): d("0.04")}), a_flatten(), (an_epoch(),), {}, {})
    assert [order.delta for order in less.orders] == [d("-0.04")]


def test_an_order_that_is_under_way_is_waited_for() -> None:
    ends = made(pending=frozenset({"BTCUSDT"}))
    assert ends.orders == () and whys(ends) == [Left.WAITING]


def test_after_a_refusal_it_is_tried_again_a_second_later() -> None:
    ends = made(tries=a_try(IntentStatus.REJECTED, 0))
    assert (whys(ends), ends.again_at) == ([Left.RETRYING], NOW + timedelta(seconds=1))
    assert len(made(tries=a_try(IntentStatus.REJECTED, 1)).orders) == 1


def test_what_the_account_does_not_show_is_not_ordered_and_not_done() -> None:
    ends = plan(replace(snapshot(), live={}), a_flatten(), (an_epoch(),), {}, {})
    assert ends.orders == () and whys(ends) == [Left.NOTHING_LIVE] and ends.again_at is not None


def test_only_the_scope_is_ended() -> None:
    assert made(flatten=a_flatten(symbol="ETHUSDT")).residual == ()
    assert made(flatten=a_flatten(tracker_id="t2")).residual == ()


def test_the_foreign_share_is_left_unless_everything_goes_and_then_it_goes_last() -> None:
    foreign = {("BTCUSDT", True): d("0.3")}
    everything = a_flatten(everything=True, found=(("BTCUSDT", d("0.3")),))
    assert [order.delta for order in made(foreign=foreign).orders] == [d("-0.1")]
    assert [order.delta for order in made(foreign=foreign, flatten=everything).orders] == [d("-0.1")]
    alone = plan(snapshot(foreign=foreign), everything, (), {}, {})
    assert [(order.tracker_id, order.delta) for order in alone.orders] == [("", d("-0.3"))]


def test_without_the_account_nobody_says_that_everything_is_gone() -> None:
    ends = plan(snapshot(account=None), a_flatten(everything=True, found=()), (), {}, {})
    assert not ends.known and ends.again_at is not None


def test_epochs_an_order_could_lead_to_are_over_and_others_stay_as_they_are() -> None:
    each = [an_epoch(state=state, epoch=state.value) for state in EpochState]
    over = {epoch.state for epoch in ended(a_flatten(), each)}
    assert over == {EpochState.PENDING, EpochState.LIVE, EpochState.ROUNDED, EpochState.TOOK_PROFIT}


def test_no_more_of_the_foreign_share_goes_than_was_found_at_first() -> None:
    more = {("BTCUSDT", True): d("0.5"), ("ETHUSDT", True): d("2")}
    everything, closed = a_flatten(everything=True, found=(("BTCUSDT", d("0.3")),)), {("BTCUSDT", True): d("0.1")}
    ends = plan(snapshot(foreign=more), everything, (), {}, closed)
    assert [(order.symbol, order.delta) for order in ends.orders] == [("BTCUSDT", d("-0.2"))]


def test_what_a_person_closed_meanwhile_is_not_found_again() -> None:
    first = bounded(a_flatten(everything=True), snapshot(foreign={("BTCUSDT", True): d("0.3")}), {})
    assert first.found == (("BTCUSDT", d("0.3")),) and bounded(first, replace(snapshot(), positions=()), {}).found == ()
    waiting = replace(snapshot(), positions=(), pending=frozenset({"BTCUSDT"}))
    assert bounded(first, waiting, {}).found == first.found


def test_a_foreign_share_under_a_holding_of_the_other_sign_stays_found() -> None:
    under = snapshot(foreign={("BTCUSDT", False): d("-0.03")})
    first = bounded(a_flatten(everything=True), under, {})
    assert bounded(first, under, {}).found == (("BTCUSDT", d("-0.03")),)
