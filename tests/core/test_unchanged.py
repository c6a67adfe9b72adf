"""Which records of a present state count as the last one read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1web.core import book, readings
from nof1web.core.readings import Seen
from nof1web.core.signals import AgentRecord, Reading, RecordedPosition, Signal, SignalHealth

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HELD = RecordedPosition("BTCUSDT", Decimal(2), Decimal(100), 5, "7", Decimal(90), Decimal(130))


def a_record(seconds: int, *held: RecordedPosition, equity: int = 1000, unmapped: tuple[str, ...] = ()) -> AgentRecord:
    return AgentRecord("0x1", NOW + timedelta(seconds=seconds), Decimal(equity), held, unmapped)


def known(reads: int = 11, *held: RecordedPosition) -> Signal:
    """An address of which so many records have been taken, the last one now."""
    signal = book.first("hyperliquid", a_record(-reads + 1, *(held or (HELD,))), NOW - timedelta(seconds=reads - 1))
    for number in range(reads - 2, -1, -1):
        signal = book.advance(signal, a_record(-number, *(held or (HELD,))), NOW - timedelta(seconds=number))
    return signal


def taken(signal: Signal, record: AgentRecord) -> bool:
    return not book.unchanged(signal, record, record.recorded_at)


def test_another_equity_alone_is_taken_once_a_minute() -> None:
    found = [second for second in range(121) if taken(known(), a_record(second, HELD, equity=1000 + second))]
    assert found[0] == 60 and not taken(known(), a_record(59, HELD, equity=7))


@pytest.mark.parametrize(
    "change",
    [{"quantity": Decimal(3)}, {"quantity": Decimal(-2)}, {"entry_price": Decimal(101)}, {"leverage": 6},
     {"entry_oid": "8"}, {"stop": Decimal(91)}, {"target": None}, {"symbol": "ETHUSDT"}],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_a_changed_position_is_taken(change: dict[str, object]) -> None:
    assert taken(known(), a_record(5, replace(HELD, **change)))


def test_a_book_with_another_coin_or_one_less_is_taken() -> None:
    more = replace(HELD, symbol="ETHUSDT")
    assert taken(known(), a_record(5, HELD, more)) and taken(known(), a_record(5))
    assert taken(known(), a_record(5, HELD, unmapped=("xyz:NVDA",)))


def test_a_close_is_counted_by_every_record_until_nothing_could_close_it_more() -> None:
    signal, taken_at = known(), []
    for second in range(1, 60):
        record = a_record(second, replace(HELD, symbol="ETHUSDT"))
        if taken(signal, record):
            taken_at.append(second)
            signal = book.advance(signal, record, record.recorded_at)
        else:
            signal = book.same_again(signal, record.recorded_at)
    missing = next(each.missing for each in signal.positions if each.missing)
    assert taken_at == list(range(1, len(taken_at) + 1)) and missing.records >= 10 and len(taken_at) < 40


def test_until_ten_records_are_known_each_is_taken() -> None:
    assert [reads for reads in range(1, 13) if not taken(known(reads), a_record(1, HELD))] == [10, 11, 12]


@pytest.mark.parametrize("health", [SignalHealth.STALE, SignalHealth.MISSING])
def test_an_agent_that_is_back_is_taken(health: SignalHealth) -> None:
    assert taken(replace(known(), health=health), a_record(1, HELD))


def says(**told: object) -> Reading:
    """A round in which the only known address is as it was, but for what is told."""
    usual = {"source": "hyperliquid", "server_at": NOW, "records": (), "covers": frozenset({"0x1"})}
    return Reading(**{**usual, "same": frozenset({"0x1"}), **told})  # type: ignore[arg-type]


def test_a_round_says_nothing_new_when_it_says_so_of_everybody() -> None:
    seen = Seen("hyperliquid", {"0x1": known()})
    assert readings.nothing_new(seen, says())
    now = NOW + timedelta(seconds=5)
    assert readings.read(seen, says(), now) == readings.read_again(seen, now)


@pytest.mark.parametrize(
    ("told", "failures"),
    [({"records": (a_record(1, HELD),)}, 0), ({"unread": ("0x2",)}, 0), ({"covers": None}, 0),
     ({"covers": frozenset({"0x1", "0x2"})}, 0), ({"same": frozenset()}, 0), ({}, 3)],
    ids=["a record", "somebody not understood", "not who was asked", "somebody without answer", "nobody", "held"],
)  # fmt: skip
def test_a_round_that_says_anything_else_is_news(told: dict[str, object], failures: int) -> None:
    seen = Seen("hyperliquid", {"0x1": known()}, failures=failures)
    assert not readings.nothing_new(seen, says(**told))


def test_who_is_the_same_in_a_round_is_read_again_while_another_is_told() -> None:
    seen, now = Seen("hyperliquid", {"0x1": known(), "0x2": replace(known(), agent="0x2")}), NOW + timedelta(seconds=5)
    told = replace(a_record(5), agent="0x2")
    after = readings.read(seen, says(records=(told,), covers=frozenset({"0x1", "0x2"})), now).signals
    assert after["0x1"] == book.same_again(seen.signals["0x1"], now)
    assert after["0x2"] == book.advance(seen.signals["0x2"], told, now)


def test_a_book_is_as_old_as_its_last_read_where_a_source_tells_the_present_state() -> None:
    signal = replace(known(), read_at=NOW + timedelta(seconds=30))
    assert book.seen_at(signal) == signal.read_at
    assert book.seen_at(replace(signal, source="nof1")) == signal.recorded_at


BOOKS = [(), (HELD,), (HELD, replace(HELD, symbol="ETHUSDT")), (replace(HELD, quantity=Decimal(3)),),
         (replace(HELD, entry_oid="8"),), (replace(HELD, symbol="ETHUSDT"),)]  # fmt: skip
STEPS = st.tuples(st.integers(1, 12), st.sampled_from(BOOKS), st.integers(900, 1100), st.integers(1, 25))


@given(st.lists(STEPS, min_size=1, max_size=6))
def test_who_leaves_out_what_is_unchanged_knows_what_everybody_knows_but_an_older_equity(
    steps: list[tuple[int, tuple[RecordedPosition, ...], int, int]],
) -> None:
    """Each step: seconds from read to read, a book, an equity, and for how many reads it stays so."""
    now, whole, thin = NOW, book.first("hyperliquid", a_record(0), NOW), book.first("hyperliquid", a_record(0), NOW)
    for gap, held, equity, reads in steps:
        for read in range(reads):
            now += timedelta(seconds=gap)
            record = a_record(int((now - NOW).total_seconds()), *held, equity=equity + read)
            whole = book.advance(whole, record, now)
            thin = book.same_again(thin, now) if book.unchanged(thin, record, now) else book.advance(thin, record, now)
            same = (whole.positions, whole.health, whole.read_at, whole.reads, book.health_at(whole, now))
            assert (thin.positions, thin.health, thin.read_at, thin.reads, book.health_at(thin, now)) == same
            lacking = [(book.never_seen(each), count) for each in (whole, thin) for count in range(1, 11)]
            closed = [book.close_confirmed(missing, count, now) for missing, count in lacking]
            assert closed[:10] == closed[10:] and whole.recorded_at - thin.recorded_at < book.TAKEN_EVERY
