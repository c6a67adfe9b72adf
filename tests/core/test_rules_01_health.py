"""Rule 1: absence is not flat. An unusable signal opens nothing and closes nothing."""

from __future__ import annotations

from nof1web.core import book
from nof1web.core.own_exits import stub
from nof1web.core.refusals import Code
from nof1web.core.signals import SignalHealth
from tests.core.stage import BTC, ETH, Open, at, codes, scenario


@scenario(Code.SOURCE_MISSING)
def test_an_agent_missing_from_the_payload_closes_nothing_and_opens_nothing(stage: Open) -> None:
    play = stage()
    play.starts()
    play.shows(5, play.btc())
    assert play.feed(None, at(30)).orders == () and play.mine("0.1")
    assert set(play.feed(None, at(300)).codes) == {BTC}


@scenario(Code.SOURCE_MISSING)
def test_an_agent_not_read_any_more_leaves_a_holding_alone(stage: Open) -> None:
    play = stage()
    play.starts()
    play.shows(5, play.btc())
    play.signal = None
    assert play.cycle(at(900)).codes == {BTC: Code.SOURCE_MISSING} and play.mine("0.1")


@scenario(Code.SOURCE_STALE)
def test_a_record_older_than_ten_minutes_moves_nothing(stage: Open) -> None:
    play = stage()
    play.starts()
    play.shows(5, play.btc(), play.eth())
    assert Code.SOURCE_STALE not in codes(play.decides(605)).values()
    plan = play.decides(605.1)
    assert plan.orders == () and set(codes(plan).values()) == {Code.SOURCE_STALE}


def test_hyperliquid_is_stale_thirty_seconds_after_its_last_good_read(stage: Open) -> None:
    play = stage(source="hyperliquid")
    play.starts()
    play.shows(5, play.btc())
    play.again(at(60))
    assert book.health_at(play.book, at(90)) is SignalHealth.GOOD
    assert book.health_at(play.book, at(91)) is SignalHealth.STALE


def test_a_served_again_nof1_record_still_ages(stage: Open) -> None:
    play = stage()
    play.starts(play.btc())
    play.again(at(590))
    assert book.health_at(play.book, at(601)) is SignalHealth.STALE


def test_a_stale_source_does_not_count_towards_a_close(stage: Open) -> None:
    play = stage()
    play.starts()
    play.shows(5, play.btc(), play.eth())
    play.shows(10, play.eth())
    for second in (15, 20, 25, 40):
        play.feed(None, at(second))
    assert play.mine("0.1") and [each.missing.reads for each in play.book.positions if each.missing] == [0]


def test_an_unchanged_answer_after_one_without_the_agent_counts_nothing(stage: Open) -> None:
    play = stage()
    play.starts()
    play.shows(5, play.btc(), play.eth())
    play.shows(10, play.eth())
    play.feed(None, at(15))
    for second in (20, 25, 30, 35):
        play.again(at(second))
    assert play.mine("0.1") and play.book.health is SignalHealth.MISSING


def test_an_older_record_changes_nothing(stage: Open) -> None:
    play = stage()
    play.starts()
    play.shows(50, play.btc())
    cycle = play.feed(play.record(20), at(55))
    assert cycle.codes == {BTC: Code.ON_TARGET} and play.book.positions[0].missing is None


def test_protection_and_own_exits_live_on_without_a_signal(stage: Open) -> None:
    play = stage(profit_target="50")
    play.starts()
    play.shows(5, play.btc())
    play.mark(1050)
    plans = play.feed(None, at(10)).plans
    assert codes(plans[0]) == {BTC: Code.PROFIT_TARGET} and play.mine(0)


def test_the_agents_return_is_followed_at_once(stage: Open) -> None:
    play = stage()
    play.starts()
    play.feed(None, at(10))
    assert play.shows(20, play.btc()).codes == {BTC: Code.OPENED}


@scenario(Code.STATE_STOPS_ALL)
def test_a_position_that_only_an_epoch_shows_is_told_of_too(stage: Open) -> None:
    play = stage()
    play.starts()
    play.shows(5, play.btc())
    play.signal = None
    play.state = type(play.state).STOPPED
    plan = play.decides(10)
    assert codes(plan) == {BTC: Code.STATE_STOPS_ALL} and stub(play.epoch(BTC)).symbol == BTC


@scenario(Code.UNMAPPED, Code.SOURCE_STALE)
def test_what_has_no_counterpart_is_told_of(stage: Open) -> None:
    play = stage()
    assert play.starts(play.eth(), unmapped=("NVDA",)).codes == {ETH: Code.OPENED, "NVDA": Code.UNMAPPED}
    assert codes(play.decides(700))["NVDA"] == Code.UNMAPPED
