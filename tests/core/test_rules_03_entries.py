"""Rule 3: when an epoch is entered, and when it is refused."""

from __future__ import annotations

import pytest

from nof1web.core.records import EpochState
from nof1web.core.refusals import Code
from tests.core.scene import d
from tests.core.stage import BTC, ETH, Open, Stage, at, codes, deltas, scenario


def opening(stage: Open, mark: object = 1000, **chosen: str) -> Stage:
    """Open a stage whose agent opens 1 at 1000 in second 5, with the mark where it is told."""
    play = stage(**chosen)
    play.starts()
    play.mark(mark)
    return play


@scenario(Code.OPENED)
def test_an_epoch_not_handled_yet_is_entered(stage: Open) -> None:
    play = opening(stage)
    assert deltas(play.shows(5, play.btc()), play.sign) == [d("0.1")] and play.mine("0.1")


def test_an_entry_is_sent_once(stage: Open) -> None:
    play = opening(stage)
    play.shows(5, play.btc())
    assert not play.again(at(6)).orders and not play.shows(7, play.btc()).orders


@pytest.mark.parametrize(("mark", "orders"), [("1010", 1), ("1010.1", 0), ("900", 1)])
def test_the_price_may_be_better_or_worse_by_the_tolerance(stage: Open, mark: str, orders: int) -> None:
    play = opening(stage, mark)
    assert len(play.shows(5, play.btc()).orders) == orders


@scenario(Code.PRICE_MOVED, Code.OPENED)
def test_a_price_too_far_off_is_watched_and_entered_when_it_returns(stage: Open) -> None:
    play = opening(stage, 1020)
    (watch,) = play.shows(5, play.btc()).plans[-1].watches
    assert (watch.price, watch.above) == (play.price(1010), play.sign < 0)
    play.mark(1010)
    assert play.cycle(at(200)).codes == {BTC: Code.OPENED}


@scenario(Code.PRICE_MOVED, Code.MISSED)
def test_the_window_ends_with_missed_for_good(stage: Open) -> None:
    play = opening(stage, 1020)
    assert play.shows(5, play.btc()).plans[-1].wake_at == at(305)
    assert codes(play.decides(304.9)) == {BTC: Code.PRICE_MOVED}
    assert play.cycle(at(305)).codes == {BTC: Code.MISSED}
    play.mark(1000)
    assert not play.cycle(at(306)).orders and play.epoch(BTC).state is EpochState.MISSED


def test_a_tolerance_of_its_own_holds_for_its_symbol_alone(stage: Open) -> None:
    play = opening(stage, 1020, symbol_tolerances="BTCUSDT:2")
    play.mark(1020, ETH)
    cycle = play.shows(5, play.btc(), play.eth())
    assert cycle.codes == {BTC: Code.OPENED, ETH: Code.PRICE_MOVED}


@scenario(Code.STOP_ALREADY_PASSED)
@pytest.mark.parametrize("mark", ["950", "940"])
def test_a_mark_at_or_past_the_agents_stop_is_refused(stage: Open, mark: str) -> None:
    play = opening(stage, mark)
    cycle = play.shows(5, play.btc(stop=950))
    assert cycle.orders == () and cycle.codes == {BTC: Code.STOP_ALREADY_PASSED}


@scenario(Code.TARGET_ALREADY_PASSED)
def test_a_mark_past_the_agents_target_is_refused(stage: Open) -> None:
    play = opening(stage, 1005)
    assert play.shows(5, play.btc(target=1005)).codes == {BTC: Code.TARGET_ALREADY_PASSED}


def test_just_before_stop_and_target_it_is_entered(stage: Open) -> None:
    play = opening(stage, 1005)
    assert play.shows(5, play.btc(stop="950", target="1005.1")).orders


@scenario(Code.SIDE_NOT_ALLOWED)
def test_the_other_side_is_not_copied(stage: Open) -> None:
    play = opening(stage)
    play.settings = opening(stage, sides="short" if play.sign > 0 else "long").settings
    assert play.shows(5, play.btc()).codes == {BTC: Code.SIDE_NOT_ALLOWED}


@scenario(Code.SYMBOL_DENIED)
@pytest.mark.parametrize("chosen", [{"deny": "BTCUSDT"}, {"allow": "ETHUSDT"}])
def test_a_denied_symbol_is_refused_and_still_closed(stage: Open, chosen: dict[str, str]) -> None:
    play = opening(stage)
    play.shows(5, play.btc())
    play.settings = opening(stage, **chosen).settings
    play.shows(6, play.btc(0))
    assert play.mine(0) and play.shows(7, play.btc(oid="2")).codes == {BTC: Code.SYMBOL_DENIED}


@scenario(Code.NOT_LISTED, Code.PRICE_MISSING)
def test_without_rules_or_a_price_the_entry_waits_and_is_tried_again(stage: Open) -> None:
    play = opening(stage)
    play.read(play.record(10, play.btc()), at(10))
    for lacking, code in (("instruments", Code.NOT_LISTED), ("marks", Code.PRICE_MISSING)):
        plan = play.decides(10, **{lacking: {}})
        assert codes(plan) == {BTC: code} and plan.wake_at == at(15)
    assert play.cycle(at(15)).codes == {BTC: Code.OPENED}


def test_the_same_window_is_open_to_the_last_moment(stage: Open) -> None:
    play = opening(stage)
    play.read(play.record(5, play.btc()), at(5))
    assert not play.decides(305).orders and play.decides(304.9).orders


def test_an_increase_opens_a_window_of_its_own_and_a_reduction_does_not(stage: Open) -> None:
    play = opening(stage)
    for seconds, quantity in ((5, 1), (200, 2), (290, "1.5")):
        play.read(play.record(seconds, play.btc(quantity)), at(seconds))
    assert play.decides(499.9).orders and not play.decides(500).orders


def held_before(stage: Open, existing: str, mark: object) -> Stage:
    """Open a stage whose agent held a position half an hour before the tracker started, in second 1805."""
    play = opening(stage, mark, existing=existing)
    play.signal, play.since = None, at(1805)
    for seconds in (0, 1800):
        play.read(play.record(seconds, play.btc()), at(seconds))
    return play


@scenario(Code.EXISTING_IGNORED)
def test_what_the_agent_held_before_can_be_ignored_for_good(stage: Open) -> None:
    play = held_before(stage, "ignore", 1000)
    assert play.cycle(at(1806)).codes == {BTC: Code.EXISTING_IGNORED}
    play.shows(1807, play.btc(2))
    assert play.cycle(at(1808)).codes == {BTC: Code.EXISTING_IGNORED} and not play.orders


@pytest.mark.parametrize(("existing", "mark", "orders"), [("copy", 1100, 1), ("copy_if_better", 1100, 0)])
def test_what_the_agent_held_before_is_copied_at_the_mark_or_only_if_better(
    stage: Open, existing: str, mark: int, orders: int
) -> None:
    play = held_before(stage, existing, mark)
    assert len(play.cycle(at(1806)).orders) == orders


def test_what_the_agent_held_before_has_its_window_from_the_start(stage: Open) -> None:
    play = held_before(stage, "copy_if_better", 1000)
    assert play.decides(2104.9).orders and not play.decides(2105).orders


def test_a_second_start_is_a_new_start(stage: Open) -> None:
    play = held_before(stage, "copy_if_better", 990)
    play.since = at(9000)
    play.read(play.record(9000, play.btc()), at(9000))
    assert play.decides(9299).orders


def test_copying_what_was_held_does_not_excuse_a_passed_stop(stage: Open) -> None:
    play = held_before(stage, "copy", 940)
    assert codes(play.decides(1806)) == {BTC: Code.OPENED}
    play.read(play.record(1806, play.btc(stop=950)), at(1806))
    assert codes(play.decides(1806)) == {BTC: Code.STOP_ALREADY_PASSED}


def test_a_position_opened_after_the_start_is_not_one_that_was_held(stage: Open) -> None:
    play = opening(stage, existing="ignore")
    assert play.shows(5, play.btc()).codes == {BTC: Code.OPENED}


@scenario(Code.EPOCH_DONE, Code.EPOCH_STOPPED)
def test_an_epoch_ended_by_hand_or_by_its_stop_is_not_entered_again(stage: Open) -> None:
    for state, code in ((EpochState.DONE, Code.EPOCH_DONE), (EpochState.STOPPED, Code.EPOCH_STOPPED)):
        play = opening(stage)
        play.shows(5, play.btc())
        play.by_hand(BTC, -play.held(BTC), play.side)
        play.explain(BTC, at(6), state)
        assert play.shows(7, play.btc(3)).codes == {BTC: code} and play.mine(0)


@scenario(Code.COOLDOWN, Code.OPENED)
def test_after_a_stop_the_symbol_cools_down_before_a_new_epoch(stage: Open) -> None:
    play = opening(stage, cooldown="60")
    play.shows(5, play.btc())
    play.by_hand(BTC, -play.held(BTC), play.side)
    play.explain(BTC, at(10), EpochState.STOPPED)
    cycle = play.shows(20, play.btc(oid="2"))
    assert cycle.codes == {BTC: Code.COOLDOWN} and cycle.plans[-1].wake_at == at(70)
    assert play.cycle(at(70)).codes == {BTC: Code.OPENED}


def test_the_agents_own_close_starts_no_cooldown(stage: Open) -> None:
    play = opening(stage, cooldown="60")
    play.shows(5, play.btc())
    play.shows(10, play.btc(0))
    assert play.shows(15, play.btc(oid="2")).codes == {BTC: Code.OPENED}


def test_a_shadow_entry_is_recorded_without_an_account(stage: Open) -> None:
    play = opening(stage, mode="shadow")
    play.read(play.record(5, play.btc()), at(5))
    (order,) = play.decides(5, account=None).orders
    assert order.shadow
