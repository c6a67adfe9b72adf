"""Rule 2: a symbol gone from a valid signal is a close, once it is confirmed."""

from __future__ import annotations

from nof1web.core.refusals import Code
from tests.core.scene import d
from tests.core.stage import BTC, ETH, Open, Stage, at, deltas, scenario


def holding(stage: Open, **chosen: str) -> Stage:
    """Open a stage on which 0.1 of each symbol is held."""
    play = stage(**chosen)
    play.starts()
    play.shows(5, play.btc(), play.eth())
    return play


@scenario(Code.CLOSE_UNCONFIRMED, Code.CLOSED)
def test_the_second_newer_record_without_the_symbol_closes_it(stage: Open) -> None:
    play = holding(stage)
    assert play.shows(10, play.eth()).codes == {ETH: Code.ON_TARGET, BTC: Code.CLOSE_UNCONFIRMED}
    assert deltas(play.shows(15, play.eth()), play.sign) == [d("-0.1")] and play.mine(0)


def test_the_same_record_served_on_closes_once_twenty_seconds_have_passed(stage: Open) -> None:
    play = holding(stage)
    play.shows(10, play.eth())
    closed = {second: deltas(play.again(at(second)), play.sign) for second in range(15, 45, 5)}
    assert {second for second, found in closed.items() if found} == {30} and play.mine(0)


def test_an_older_record_in_between_does_not_close_early(stage: Open) -> None:
    play = holding(stage)
    play.shows(10, play.eth())
    assert all(not play.feed(play.record(7), at(second)).orders for second in (15, 20, 25, 31, 60))


def test_time_alone_does_not_close_without_two_further_reads(stage: Open) -> None:
    play = holding(stage)
    play.shows(10, play.eth())
    play.again(at(15))
    assert not play.cycle(at(45)).orders and play.again(at(46)).orders


def test_the_wait_is_woken_when_time_may_confirm_it(stage: Open) -> None:
    play = holding(stage)
    assert play.shows(10, play.eth()).plans[-1].wake_at == at(30)


def test_a_symbol_that_comes_back_is_not_closed(stage: Open) -> None:
    play = holding(stage)
    play.shows(10, play.eth())
    play.shows(15, play.btc(), play.eth())
    assert not play.shows(40, play.eth()).orders and play.mine("0.1")


def test_a_whole_book_gone_at_once_needs_another_record_however_long_it_takes(stage: Open) -> None:
    play = holding(stage)
    play.shows(10)
    assert all(not play.again(at(second)).orders for second in range(15, 300, 15))
    assert deltas(play.shows(301), play.sign) == [d("-0.1"), d("-0.1")]


def test_a_close_that_waits_for_another_record_is_looked_at_again_by_itself(stage: Open) -> None:
    play = holding(stage)
    assert play.shows(10).plans[-1].wake_at == at(30)


def test_an_explicit_zero_closes_at_once(stage: Open) -> None:
    play = holding(stage)
    assert deltas(play.shows(10, play.btc(0), play.eth()), play.sign) == [d("-0.1")]


def test_one_confirmation_closes_with_the_first_record_that_lacks_it(stage: Open) -> None:
    play = holding(stage, close_confirmations="1")
    assert play.shows(10, play.eth()).orders and play.mine(0)


def test_more_confirmations_wait_for_more_records(stage: Open) -> None:
    play = holding(stage, close_confirmations="4")
    assert not any(play.shows(10 + step, play.eth()).orders for step in range(3))
    assert play.shows(13, play.eth()).orders


def test_a_confirmed_close_is_sent_only_once(stage: Open) -> None:
    play = holding(stage)
    for second in range(10, 80, 5):
        play.shows(second, play.eth())
    assert [order.kind.value for order in play.orders if order.symbol == BTC] == ["open", "close"]


@scenario(Code.AGENT_FLAT)
def test_a_vanished_position_that_is_not_held_needs_no_confirmation(stage: Open) -> None:
    play = stage(sides="short" if stage().sign > 0 else "long")
    play.starts()
    play.shows(5, play.btc(), play.eth())
    assert play.shows(10, play.eth()).codes[BTC] == Code.AGENT_FLAT


def test_a_holding_a_young_memory_never_saw_needs_the_same_confirmation(stage: Open) -> None:
    play = holding(stage)
    play.signal = None
    assert not [each for each in play.shows(10, play.eth()).orders if each.kind.exits]
    assert deltas(play.shows(15, play.eth()), play.sign) == [d("-0.1")]


def test_a_holding_a_young_memory_never_saw_is_not_closed_by_an_empty_book_read_again(stage: Open) -> None:
    play = holding(stage)
    play.signal = None
    play.shows(10)
    assert all(not play.again(at(second)).orders for second in range(15, 90, 15)) and play.mine("0.1")


def test_a_position_without_an_id_closed_and_reopened_is_two_epochs(stage: Open) -> None:
    play = stage()
    play.starts()
    play.shows(5, play.btc(oid=None), play.eth())
    play.shows(10, play.eth())
    play.shows(15, play.eth())
    assert deltas(play.shows(20, play.btc(oid=None), play.eth()), play.sign) == [d("0.1")]
    assert len({order.epoch for order in play.orders if order.symbol == BTC}) == 2 and play.mine("0.1")


def test_a_reopening_without_an_id_before_the_close_was_confirmed_moves_the_holding(stage: Open) -> None:
    play = stage()
    play.starts()
    play.shows(5, play.btc(oid=None), play.eth())
    play.shows(10, play.eth())
    cycle = play.shows(15, play.btc(oid=None), play.eth())
    assert cycle.orders == () and play.mine("0.1") and play.epoch(BTC).epoch != play.orders[0].epoch
