"""Following an agent's records: epochs, changes, and what has gone missing (rules 1 and 2)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nof1web.core import book
from nof1web.core.signals import AgentRecord, RecordedPosition, Signal, SignalHealth
from tests.core.scene import NOW, d


def held(quantity: object = 1, oid: str | None = "7", symbol: str = "BTCUSDT") -> RecordedPosition:
    return RecordedPosition(symbol, d(quantity), d(100), 10, oid)


def record(seconds: int, *positions: RecordedPosition) -> AgentRecord:
    return AgentRecord("grok", NOW + timedelta(seconds=seconds), d(10000), positions)


def after(*records: AgentRecord) -> Signal:
    signal = book.first("nof1", records[0], records[0].recorded_at)
    for each in records[1:]:
        signal = book.advance(signal, each, each.recorded_at)
    return signal


def test_an_increase_keeps_the_epoch_and_dates_the_change_and_a_reduction_does_not() -> None:
    (position,) = after(record(0, held(1)), record(9, held(2)), record(12, held(1))).positions
    assert (position.epoch, position.quantity) == ("7", 1)
    assert position.changed_at - position.first_seen_at == timedelta(seconds=9)


def test_a_new_entry_oid_is_a_new_epoch() -> None:
    (position,) = after(record(0, held()), record(9, held(oid="8"))).positions
    assert position.epoch == "8" and position.first_seen_at == NOW + timedelta(seconds=9)


def test_without_an_oid_a_gap_makes_two_epochs() -> None:
    before, _, again = record(0, held(oid=None)), record(5), record(10, held(oid=None))
    first, second = after(before).positions[0], after(before, record(5), again).positions[0]
    assert first.epoch != second.epoch


def test_without_an_oid_an_unbroken_position_stays_one_epoch() -> None:
    first = after(record(0, held(oid=None))).positions[0]
    assert after(record(0, held(oid=None)), record(5, held(3, oid=None))).positions[0].epoch == first.epoch


def test_a_flip_under_the_same_oid_is_a_new_epoch() -> None:
    assert after(record(0, held()), record(5, held(-1))).positions[0].epoch != "7"


def test_an_older_record_changes_nothing() -> None:
    signal = after(record(10, held()))
    assert book.advance(signal, record(5), NOW) is signal


def test_an_absent_agent_freezes_counts_and_is_told() -> None:
    signal = book.advance(after(record(0, held()), record(5)), None, NOW + timedelta(seconds=6))
    assert signal.health is SignalHealth.MISSING
    assert signal.positions[0].missing is not None and signal.positions[0].missing.records == 1


def test_the_same_record_counts_as_a_read_but_not_as_a_record() -> None:
    signal = after(record(0, held(), held(symbol="ETHUSDT")), record(5, held()), record(5, held()), record(5, held()))
    missing = next(each.missing for each in signal.positions if each.symbol == "ETHUSDT")
    assert missing is not None and (missing.records, missing.reads) == (1, 2)


def test_two_newer_records_confirm_a_close() -> None:
    (position,) = after(record(0, held()), record(5), record(6)).positions
    assert position.missing is not None
    assert book.close_confirmed(position.missing, 2, NOW + timedelta(seconds=6))


@pytest.mark.parametrize(("seconds", "confirmed"), [(19, False), (20, True)])
def test_twenty_seconds_and_two_reads_confirm_a_close(seconds: int, confirmed: bool) -> None:
    others = held(symbol="ETHUSDT")
    signal = after(record(0, held(), others), record(5, others), record(5, others), record(5, others))
    missing = next(each.missing for each in signal.positions if each.missing)
    assert missing and book.close_confirmed(missing, 2, NOW + timedelta(seconds=5 + seconds)) is confirmed


def test_a_whole_book_vanishing_is_not_confirmed_by_time_alone() -> None:
    signal = after(record(0, held()), record(5), record(5), record(5))
    missing = signal.positions[0].missing
    assert missing and not book.close_confirmed(missing, 2, NOW + timedelta(hours=1))


def test_a_symbol_that_comes_back_under_its_oid_was_never_closed() -> None:
    (position,) = after(record(0, held()), record(5), record(6, held())).positions
    assert position.missing is None and position.epoch == "7"


def test_a_good_record_goes_stale_after_ten_minutes() -> None:
    signal = after(record(0, held()))
    assert book.health_at(signal, NOW + timedelta(seconds=600)) is SignalHealth.GOOD
    assert book.health_at(signal, NOW + timedelta(seconds=601)) is SignalHealth.STALE


def test_an_explicit_zero_is_remembered_when_later_records_lack_it() -> None:
    signal = after(record(0, held()), record(5, held(0)), record(10), record(15))
    (position,) = signal.positions
    assert (position.epoch, position.quantity, position.missing) == ("7", 0, None)
    assert not book.news(after(record(0, held()), record(5, held(0))), signal, NOW + timedelta(seconds=15))


def test_a_zero_without_an_oid_stays_the_epoch_it_ended() -> None:
    signal = after(record(0, held(oid=None)), record(5, held(0, oid=None)))
    again = book.advance(signal, record(10, held(0, oid=None)), NOW + timedelta(seconds=10))
    assert again.positions == signal.positions and again.positions[0].first_seen_at == NOW


def test_a_new_epoch_takes_the_place_of_an_explicit_zero() -> None:
    (position,) = after(record(0, held()), record(5, held(0)), record(9, held(2, oid="8"))).positions
    assert (position.epoch, position.quantity) == ("8", 2)


def test_a_fresh_record_after_a_stale_one_is_news() -> None:
    old = after(record(0, held()))
    new = book.advance(old, record(700, held()), NOW + timedelta(seconds=700))
    assert new.positions == old.positions and book.news(old, new, NOW + timedelta(seconds=700))


def test_the_same_record_within_its_age_is_no_news() -> None:
    old = after(record(0, held()))
    assert not book.news(old, book.same_again(old, NOW + timedelta(seconds=5)), NOW + timedelta(seconds=5))


@pytest.mark.parametrize("newer", [True, False])
def test_an_agent_at_rest_makes_no_news(newer: bool) -> None:
    others = held(symbol="ETHUSDT")
    signal = after(record(0, held(), others), *(record(5 * n, others) for n in range(1, 13)))
    news = []
    for n in range(13, 1013):
        now = NOW + timedelta(seconds=5 * n if newer else 61)
        again = book.advance(signal, record(5 * n if newer else 60, others), now)
        news.append(book.news(signal, again, now))
        signal = again
    assert not any(news)


def test_a_stuck_record_stops_counting_reads_once_time_confirms_the_close() -> None:
    signal = after(record(0, held(), held(symbol="ETHUSDT")), record(5, held()))
    counts = []
    for seconds in range(10, 600, 5):
        signal = book.same_again(signal, NOW + timedelta(seconds=seconds))
        missing = signal.positions[1].missing
        counts.append(missing.reads if missing else 0)
    assert counts[:4] == [1, 2, 3, 4] and counts[-1] == 4


def test_of_many_vanished_symbols_none_is_forgotten_before_its_close_is_confirmed() -> None:
    many = [held(symbol=f"C{n}USDT") for n in range(60)]
    signal = after(record(0, *many), record(5, held()))
    assert len([each for each in signal.positions if each.missing]) == 60


def test_of_confirmed_closes_the_latest_are_remembered() -> None:
    zeros = [held(0, symbol=f"C{n}USDT") for n in range(60)]
    signal = after(record(0, *zeros), record(5, held(0)), record(10), record(15))
    assert len(signal.positions) == 40 and signal.positions[0].symbol == "BTCUSDT"


def test_a_person_no_longer_sees_what_is_closed() -> None:
    others = held(symbol="ETHUSDT")
    once = after(record(0, held(), others), record(5, others))
    assert {each.symbol for each in book.shown(once, NOW + timedelta(seconds=6))} == {"BTCUSDT", "ETHUSDT"}
    twice = book.advance(once, record(9, others), NOW + timedelta(seconds=9))
    assert {each.symbol for each in book.shown(twice, NOW + timedelta(seconds=9))} == {"ETHUSDT"}


def test_a_symbol_never_shown_is_lacking_since_the_first_read_in_every_good_one() -> None:
    signal = after(record(0, held()), record(5, held()))
    for seconds in (10, 15):
        signal = book.same_again(signal, NOW + timedelta(seconds=seconds))
    signal = book.advance(signal, None, NOW + timedelta(seconds=20))
    signal = book.same_again(signal, NOW + timedelta(seconds=21))
    missing = book.never_seen(signal)
    assert (missing.since, missing.records, missing.reads, missing.whole_book) == (NOW, 2, 3, False)


def test_a_position_that_lacks_once_more_is_news_that_was_only_counted() -> None:
    shown, gone, again = (after(*([record(0, held()), record(5), record(10)][: n + 1])) for n in range(3))
    now = NOW + timedelta(seconds=10)
    assert book.news(shown, gone, now) and not book.only_counted(shown, gone, now)
    assert book.news(gone, again, now) and book.only_counted(gone, again, now)


def test_a_count_beside_anything_else_is_news_for_everybody() -> None:
    gone = after(record(0, held()), record(5))
    new = after(record(0, held()), record(5), record(10, held(symbol="ETHUSDT")))
    late = book.advance(gone, record(700), NOW + timedelta(seconds=700))
    assert not book.only_counted(gone, new, NOW + timedelta(seconds=10))
    assert not book.only_counted(gone, late, NOW + timedelta(seconds=700)) and not book.only_counted(None, gone, NOW)
