"""Rules 3, 4 and 9: what was refused, too small or never filled is over at the right time, and only then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from nof1web.core.plan import decide
from nof1web.core.records import EpochState, IntentStatus
from nof1web.core.refusals import Code, words
from nof1web.core.signals import SignalHealth
from tests.core.scene import NOW, a_signal, a_signal_position, a_snapshot, a_view, an_epoch, an_instrument, d
from tests.core.several import another
from tests.core.stage import BTC, ETH, Open, Stage, at, codes, deltas, scenario

OLD = NOW - timedelta(hours=2)


def accumulating(stage: Open) -> Stage:
    """Open a stage whose agent's position is worth 49 USDT of 50 until its window ends in second 305."""
    play = stage(total_margin="1000", below_minimum="accumulate")
    play.starts()
    play.shows(5, play.btc("0.49"))
    return play


@scenario(Code.ENTRY_REFUSED)
def test_an_entry_the_exchange_refused_for_good_is_told_with_its_sentence(stage: Open) -> None:
    play = stage()
    play.starts()
    play.fill = lambda _: d(0)
    play.shows(5, play.btc())
    final = {"final": "yes", "error": "Margin is insufficient."}
    play.tries[BTC, "1"] = replace(play.tries[BTC, "1"], status=IntentStatus.REJECTED, explanation=final)
    for second in (8, 400):
        cycle = play.shows(second, play.btc())
        (verdict,) = cycle.plans[-1].verdicts
        assert cycle.codes == {BTC: Code.ENTRY_REFUSED} and not cycle.orders
        assert str(words(verdict.code, verdict.numbers)).endswith("Margin is insufficient.")
    assert play.epoch(BTC).state is EpochState.MISSED and play.margin == 0


@scenario(Code.CLOSES_REST, Code.ROUNDED_AWAY)
def test_a_holding_of_one_step_does_not_follow_small_changes_out_and_in(stage: Open) -> None:
    play = stage(instruments={BTC: an_instrument(step=d("0.1"), min_notional=d(5))})
    play.starts()
    play.shows(5, play.btc())
    for second in range(60, 600, 60):
        play.shows(second, play.btc("0.94" if second % 120 else "1"))
    assert play.mine(0) and deltas_of(play) == [d("0.1"), d("-0.1")]
    assert not play.shows(700, play.btc("1.04")).orders and play.shows(760, play.btc("1.05")).orders


def deltas_of(play: Stage) -> list[object]:
    """Return the changes of all orders so far, as of a long agent."""
    return [order.delta * play.sign for order in play.orders]


@scenario(Code.ACCUMULATING, Code.WAITS_TO_GROW, Code.OPENED)
@pytest.mark.parametrize("spoiled", ["marks", "rules", "equity"])
def test_what_waits_to_grow_outlives_a_missing_price_and_other_equity(stage: Open, spoiled: str) -> None:
    play = accumulating(stage)
    assert play.cycle(at(305)).codes == {BTC: Code.ACCUMULATING}
    marks, rules = dict(play.marks), dict(play.instruments)
    if spoiled == "equity":
        play.read(replace(play.record(310, play.btc("0.49")), equity=d(9000)), at(310))
    else:
        (play.marks if spoiled == "marks" else play.instruments).clear()
    assert play.cycle(at(310)).codes == {BTC: Code.WAITS_TO_GROW}
    play.marks, play.instruments = marks, rules
    assert deltas(play.shows(320, play.btc("1.5")), play.sign) == [d("0.15")]
    assert play.epoch(BTC).state is EpochState.LIVE


@scenario(Code.PRICE_MISSING, Code.ACCUMULATING)
def test_without_a_price_at_the_windows_end_nothing_is_recorded(stage: Open) -> None:
    play = accumulating(stage)
    play.marks.clear()
    cycle = play.cycle(at(305))
    assert cycle.codes == {BTC: Code.PRICE_MISSING} and cycle.plans[-1].wake_at == at(310) and not play.epochs
    play.mark(1000)
    assert play.cycle(at(310)).codes == {BTC: Code.ACCUMULATING}


@scenario(Code.PRICE_MOVED, Code.MISSED)
def test_what_grew_enough_and_was_not_entered_in_time_is_missed(stage: Open) -> None:
    play = accumulating(stage)
    play.cycle(at(305))
    play.mark(1050)
    assert play.shows(320, play.btc("1.5")).codes == {BTC: Code.PRICE_MOVED}
    assert play.cycle(at(620)).codes == {BTC: Code.MISSED}
    play.mark(1000)
    assert not play.shows(630, play.btc(3)).orders


@scenario(Code.ACCUMULATING, Code.OPENED)
def test_small_additions_wait_each_until_they_are_enough(stage: Open) -> None:
    play = accumulating(stage)
    for second, quantity in ((400, "0.491"), (800, "0.492")):
        assert play.shows(second, play.btc(quantity)).codes == {BTC: Code.ACCUMULATING}
        assert play.cycle(at(second + 301)).codes == {BTC: Code.ACCUMULATING}
    assert abs(play.epoch(BTC).reference_quantity) == d("0.492")
    assert play.shows(1200, play.btc("0.51")).orders


@scenario(Code.ON_TARGET, Code.OPENED)
def test_an_increase_the_agent_took_back_gives_its_margin_back(stage: Open) -> None:
    play = stage(total_margin="100", sizing="fixed_margin", fixed_margin="50")
    play.starts()
    play.shows(5, play.btc(10))
    play.fill = lambda _: d(0)
    play.shows(10, play.btc(20))
    assert play.margin == 100
    play.fill = lambda order: order.quantity
    assert play.shows(20, play.btc(10)).codes == {BTC: Code.ON_TARGET} and play.margin == 50
    assert not any(plan.changes for plan in play.shows(25, play.btc(10)).plans)
    assert play.shows(30, play.btc(10), play.eth(10)).codes[ETH] == Code.OPENED


@pytest.mark.parametrize(("quantity", "margin"), [("10.2", "50"), ("5", "25")])
def test_an_increase_taken_back_nearly_or_by_more_keeps_no_margin_either(
    stage: Open, quantity: str, margin: str
) -> None:
    play = stage(total_margin="100", sizing="fixed_margin", fixed_margin="50")
    play.starts()
    play.shows(5, play.btc(10))
    play.fill = lambda _: d(0)
    play.shows(10, play.btc(20))
    play.fill = lambda order: order.quantity
    play.shows(20, play.btc(quantity))
    assert play.margin == d(margin) and abs(play.epoch(BTC).reference_quantity) == min(d(quantity), 10)


@pytest.mark.parametrize("state", [EpochState.IGNORED, EpochState.MISSED])
def test_what_was_not_entered_before_a_new_start_is_judged_anew(state: EpochState) -> None:
    row = an_epoch(0, state=state, entry_price=None, allocation=d(0), opened_at=OLD, closed_at=OLD)
    old = a_signal_position(first_seen_at=OLD, changed_at=OLD)
    for existing, orders in (("ignore", 0), ("copy", 1)):
        view = a_view(a_signal(old), row, existing=existing)
        view = replace(view, tracker=replace(view.tracker, started_at=NOW))
        plan = decide(a_snapshot(view))
        assert len(plan.orders) == orders and [each.state for each in plan.changes] == [EpochState.PENDING] * orders
        at_once = replace(view, tracker=replace(view.tracker, started_at=OLD))
        assert not decide(a_snapshot(at_once)).changes


@scenario(Code.EXISTING_IGNORED, Code.OPENED)
def test_what_was_ignored_is_held_like_any_other_after_a_start_that_copies(stage: Open) -> None:
    play = stage(existing="ignore")
    play.starts(play.btc())
    assert play.epoch(BTC).state is EpochState.IGNORED
    play.settings, play.since = replace(play.settings, existing=stage(existing="copy").settings.existing), at(400)
    assert play.shows(400, play.btc()).codes == {BTC: Code.OPENED} and play.mine("0.1")
    held = play.epoch(BTC)
    assert (held.state, held.closed_at, held.allocation) == (EpochState.LIVE, None, 10)
    assert play.shows(410, play.btc(2)).orders


@pytest.mark.parametrize("health", [SignalHealth.STALE, SignalHealth.MISSING])
def test_what_never_filled_ends_with_its_window_also_when_its_source_died(health: SignalHealth) -> None:
    dead = a_signal(a_signal_position(first_seen_at=OLD, changed_at=OLD), health=health)
    waiting = a_view(dead, an_epoch(0, state=EpochState.PENDING, entry_price=None, opened_at=OLD))
    (change,) = decide(a_snapshot(waiting)).changes
    assert (change.state, change.epoch) == (EpochState.MISSED, "e1")
    assert not decide(a_snapshot(waiting, pending=frozenset({BTC}))).changes
    other = replace(another(a_view(a_signal(a_signal_position(epoch="x")))), epochs=())
    assert decide(a_snapshot(replace(waiting, epochs=()), other)).orders[0].tracker_id == "t2"


def test_until_then_it_is_looked_at_when_its_window_ends() -> None:
    waiting = a_view(None, an_epoch(0, state=EpochState.PENDING, entry_price=None, opened_at=NOW))
    plan = decide(a_snapshot(waiting))
    assert not plan.changes and plan.wake_at == at(300)


@scenario(Code.FLATTENING, Code.SYMBOL_STOPPED)
def test_nothing_is_entered_while_a_symbol_is_flattened_or_stopped(stage: Open) -> None:
    play = stage()
    play.starts()
    play.read(play.record(5, play.btc()), at(5))
    assert codes(play.decides(5, ending=(("", BTC),))) == {BTC: Code.FLATTENING}
    assert codes(play.decides(5, stopped_symbols=frozenset({BTC}))) == {BTC: Code.SYMBOL_STOPPED}
