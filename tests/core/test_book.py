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


def test_a_change_of_quantity_keeps_the_epoch_and_dates_the_change() -> None:
    (position,) = after(record(0, held(2)), record(9, held(1))).positions
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
