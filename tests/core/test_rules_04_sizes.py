"""Rule 4: a size is frozen at entry; only the agent's quantity changes it, and only when it changes enough."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nof1web.core import settings
from nof1web.core.records import EpochState, OrderKind
from nof1web.core.refusals import Code
from tests.core.scene import d
from tests.core.stage import BTC, Open, Stage, at, codes, deltas, scenario


def holding(stage: Open, quantity: object = 1, **chosen: str) -> Stage:
    """Open a stage on which a tenth of the agent's quantity is held since second 5."""
    play = stage(**chosen)
    play.starts()
    play.shows(5, play.btc(quantity))
    return play


@scenario(Code.ON_TARGET)
def test_marks_equity_and_other_symbols_never_resize_it(stage: Open) -> None:
    play = holding(stage)
    play.mark(1400)
    play.wallet = d(50)
    cycle = play.feed(replace(play.record(10, play.btc(), play.eth()), equity=d(90000)), at(10))
    assert cycle.codes[BTC] == Code.ON_TARGET and play.mine("0.1")


@pytest.mark.parametrize("chosen", [{"total_margin": "5000"}, {"multiplier": "3"}, {"sizing": "fixed_notional"}])
def test_edited_settings_never_resize_it(stage: Open, chosen: dict[str, str]) -> None:
    play = holding(stage)
    play.settings = settings.parse({"mode": "trade"} | chosen)
    assert not play.shows(10, play.btc()).orders
    assert deltas(play.shows(15, play.btc(2)), play.sign) == [d("0.1")]


@scenario(Code.LEVERAGE_CHANGED)
def test_the_agents_leverage_is_told_and_not_followed(stage: Open) -> None:
    play = holding(stage)
    cycle = play.shows(10, play.btc(leverage=5))
    assert cycle.codes == {BTC: Code.LEVERAGE_CHANGED} and play.epoch(BTC).leverage == 10


@scenario(Code.INCREASED)
def test_an_increase_is_followed_in_proportion(stage: Open) -> None:
    play = holding(stage)
    (order,) = play.shows(10, play.btc("1.6")).orders
    assert (order.kind, order.delta * play.sign) == (OrderKind.INCREASE, d("0.06"))


@scenario(Code.REDUCED)
def test_a_reduction_is_followed_in_proportion_rounded_towards_less(stage: Open) -> None:
    play = holding(stage)
    assert deltas(play.shows(10, play.btc("0.6666")), play.sign) == [d("-0.034")] and play.mine("0.066")


@scenario(Code.CHANGE_CARRIED, Code.REDUCED)
def test_changes_below_the_smallest_change_are_carried_until_they_add_up(stage: Open) -> None:
    play = holding(stage)
    assert play.shows(10, play.btc("0.97")).codes == {BTC: Code.CHANGE_CARRIED}
    assert play.shows(15, play.btc("0.951")).codes == {BTC: Code.CHANGE_CARRIED}
    assert deltas(play.shows(20, play.btc("0.95")), play.sign) == [d("-0.005")]


def test_the_smallest_change_is_of_the_last_executed_quantity(stage: Open) -> None:
    play = holding(stage)
    play.shows(10, play.btc("0.5"))
    assert play.shows(15, play.btc("0.476")).codes == {BTC: Code.CHANGE_CARRIED}
    assert play.shows(20, play.btc("0.475")).orders


@scenario(Code.INCREASE_CARRIED, Code.INCREASED)
def test_an_increase_below_the_minimum_is_carried_until_it_is_enough(stage: Open) -> None:
    play = holding(stage)
    assert play.shows(10, play.btc("1.4")).codes == {BTC: Code.INCREASE_CARRIED}
    assert play.shows(900, play.btc("1.4")).codes == {BTC: Code.INCREASE_CARRIED}
    assert deltas(play.shows(905, play.btc("1.6")), play.sign) == [d("0.06")]


def test_a_reduction_below_the_minimum_is_not_held_back(stage: Open) -> None:
    play = holding(stage)
    assert deltas(play.shows(10, play.btc("0.9")), play.sign) == [d("-0.01")]


def test_a_full_close_is_never_held_back(stage: Open) -> None:
    play = holding(stage, min_change="50")
    play.shows(10, play.btc("0.5"))
    assert deltas(play.shows(15, play.btc(0)), play.sign) == [d("-0.05")]


def test_a_reduction_to_less_than_a_step_closes(stage: Open) -> None:
    play = holding(stage)
    (order,) = play.shows(10, play.btc("0.001")).orders
    assert order.kind is OrderKind.CLOSE and play.mine(0) and play.epoch(BTC).state is EpochState.ROUNDED


@scenario(Code.PRICE_MOVED, Code.INCREASED)
def test_an_increase_is_judged_against_the_price_of_what_was_added(stage: Open) -> None:
    play = holding(stage)
    play.mark(1109)
    # 2 at 1050 after 1 at 1000: the second was added at 1100.
    assert play.shows(10, play.btc(2, entry=1050)).codes == {BTC: Code.INCREASED}
    play = holding(stage)
    play.mark(1130)
    assert play.shows(10, play.btc(2, entry=1050)).codes == {BTC: Code.PRICE_MOVED}


@scenario(Code.PRICE_MOVED, Code.REFERENCE_MOVED, Code.ON_TARGET)
def test_a_missed_increase_leaves_later_reductions_proportional(stage: Open) -> None:
    play = holding(stage)
    play.mark(1050)
    assert play.shows(10, play.btc(2)).codes == {BTC: Code.PRICE_MOVED}
    assert play.cycle(at(310)).codes == {BTC: Code.REFERENCE_MOVED}
    assert play.cycle(at(311)).codes == {BTC: Code.ON_TARGET}
    assert deltas(play.shows(320, play.btc(1)), play.sign) == [d("-0.05")]


@scenario(Code.RETRY_LATER, Code.INCREASED)
def test_an_entry_without_effect_is_tried_again_a_little_later(stage: Open) -> None:
    play = holding(stage)
    play.fill = lambda _: d(0)
    cycle = play.shows(10, play.btc(2))
    assert len(cycle.orders) == 1 and cycle.plans[-1].wake_at == at(11)
    assert codes(play.decides(10.9)) == {BTC: Code.RETRY_LATER} and play.cycle(at(11)).plans[-1].wake_at == at(13)


def test_what_a_partial_fill_left_is_topped_up_inside_the_window(stage: Open) -> None:
    play = stage(total_margin="1000")
    play.starts()
    play.fill = lambda order: order.quantity / 2
    play.shows(5, play.btc(10))
    assert not play.mine(1)
    play.fill = lambda order: order.quantity
    play.cycle(at(30))
    assert play.mine(1) and play.margin == 100


def test_a_top_up_needs_no_budget_twice(stage: Open) -> None:
    play = stage()
    play.starts()
    play.fill = lambda order: order.quantity / 2
    play.shows(5, play.btc(100))
    play.fill = lambda order: order.quantity
    play.cycle(at(30))
    assert play.mine(10) and play.margin == 1000


def test_what_stays_unfilled_after_the_window_is_no_target_any_more(stage: Open) -> None:
    play = stage()
    play.starts()
    play.fill = lambda order: order.quantity / 2 if order.kind is OrderKind.OPEN else d(0)
    play.shows(5, play.btc(10))
    play.fill = lambda order: order.quantity
    play.cycle(at(400))
    assert play.mine("0.5") and deltas(play.shows(410, play.btc(5)), play.sign) == [d("-0.25")]


def test_a_reduction_filled_in_part_is_finished_even_if_the_agent_then_moves_a_little(stage: Open) -> None:
    play = holding(stage)
    play.fill = lambda order: d("0.01")
    play.read(play.record(10, play.btc("0.5")), at(10))
    play.cycle(at(10))
    play.fill = lambda order: order.quantity
    play.shows(15, play.btc("0.49"))
    assert play.mine("0.049")


@scenario(Code.EPOCH_DONE, Code.REDUCED)
def test_after_half_was_closed_by_hand_reductions_stay_proportional(stage: Open) -> None:
    play = holding(stage)
    play.by_hand(BTC, d("-0.05") * play.sign, play.side)
    play.explain(BTC, at(6))
    assert play.shows(10, play.btc()).codes == {BTC: Code.EPOCH_DONE}
    assert not play.shows(15, play.btc(3)).orders
    assert deltas(play.shows(20, play.btc("1.5")), play.sign) == [d("-0.025")]


@scenario(Code.RETRY_LATER)
def test_a_reduction_without_effect_is_tried_again(stage: Open) -> None:
    play = holding(stage)
    play.fill = lambda _: d(0)
    play.read(play.record(10, play.btc("0.5")), at(10))
    assert [second for second in range(10, 20) if play.cycle(at(second)).orders] == [10, 11, 13, 17]


@scenario(Code.PRICE_MISSING)
def test_an_increase_without_a_price_waits(stage: Open) -> None:
    play = holding(stage)
    play.read(play.record(10, play.btc(2)), at(10))
    plan = play.decides(10, marks={})
    assert codes(plan) == {BTC: Code.PRICE_MISSING} and plan.wake_at == at(15)


def test_without_the_symbols_rules_a_resize_waits_and_a_close_does_not(stage: Open) -> None:
    play = holding(stage)
    play.read(play.record(10, play.btc("0.4")), at(10))
    assert codes(play.decides(10, instruments={})) == {BTC: Code.NOT_LISTED}
    play.read(play.record(15, play.btc(0)), at(15))
    assert play.decides(15, instruments={}).orders
