"""Following an agent's book from record to record: epochs, changes, and what has gone missing (rules 1 and 2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from nof1web.core.signals import (
    AgentRecord,
    Missing,
    RecordedPosition,
    Signal,
    SignalHealth,
    SignalPosition,
)

UNREAD_AFTER = {"hyperliquid": timedelta(seconds=30)}
"""sources that tell the present state: what counts is the last good read, not the age of a record"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STALE_AFTER = timedelta(seconds=600)
_CLOSE_AFTER = timedelta(seconds=20)
_CLOSE_READS = 2
_REMEMBERED = 40
_ENOUGH_RECORDS = 10
"""the most close confirmations that can be set"""
TAKEN_EVERY = timedelta(seconds=60)
"""of how long one record is taken where nothing changed but the equity; counted from one moment for all agents, so that
their records share a payload"""


def first(source: str, record: AgentRecord, now: datetime) -> Signal:
    """Return the signal of an agent that has never been read before."""
    positions = tuple(_opened(position, now) for position in record.positions)
    return Signal(
        source,
        record.agent,
        record.equity,
        record.recorded_at,
        now,
        SignalHealth.GOOD,
        positions,
        record.unmapped,
        now,
        1,
    )


def advance(signal: Signal, record: AgentRecord | None, now: datetime) -> Signal:
    """Return the signal after one more successful read of its source.

    `record` is the agent's newest in that read; None when the payload lacks the agent: counts freeze.
    A record older than one already seen changes nothing.
    """
    if record is None:
        return replace(signal, health=SignalHealth.MISSING)
    if record.recorded_at < signal.recorded_at:
        return signal
    if record.recorded_at == signal.recorded_at:
        return same_again(replace(signal, health=SignalHealth.GOOD), now)
    return replace(
        signal,
        equity=record.equity,
        recorded_at=record.recorded_at,
        read_at=now,
        health=SignalHealth.GOOD,
        positions=_newer(signal, record, now),
        unmapped=record.unmapped,
        records=signal.records + 1,
        reads=signal.reads + 1,
    )


def unchanged(signal: Signal | None, record: AgentRecord, now: datetime) -> bool:
    """Whether a record shows nothing new so soon after the last one that it counts as the same read again.

    Never while something lacks in it, or could, whose close is still counted (rule 2).
    """
    if signal is None or signal.health is not SignalHealth.GOOD or signal.records < _ENOUGH_RECORDS:
        return False
    older = record.recorded_at < signal.recorded_at
    if older or _slice(record.recorded_at) != _slice(signal.recorded_at):
        return False
    after = advance(signal, record, now)
    return (after.positions, after.unmapped) == (signal.positions, signal.unmapped)


def _slice(at: datetime) -> int:
    return (at - _EPOCH) // TAKEN_EVERY


def seen_at(signal: Signal) -> datetime:
    """Return when an agent was last known to hold this: where a source tells the present state, at its last read."""
    return signal.read_at if signal.source in UNREAD_AFTER else signal.recorded_at


def same_again(signal: Signal, now: datetime) -> Signal:
    """Return the signal after a good read of the same record (also a 304), which counts only if it has the agent."""
    if signal.health is not SignalHealth.GOOD:
        return signal
    positions = tuple(_read_again(position, signal.read_at) for position in signal.positions)
    return replace(signal, read_at=now, positions=positions, reads=signal.reads + 1)


def health_at(signal: Signal, now: datetime) -> SignalHealth:
    """Return the signal's health now: a good record still ages (rule 1)."""
    if signal.health is not SignalHealth.GOOD:
        return signal.health
    unread = UNREAD_AFTER.get(signal.source)
    stale = now - signal.recorded_at > _STALE_AFTER if unread is None else now - signal.read_at > unread
    return SignalHealth.STALE if stale else SignalHealth.GOOD


def close_confirmed(missing: Missing, confirmations: int, now: datetime) -> bool:
    """Whether a vanished symbol counts as closed (rule 2)."""
    if missing.records >= confirmations:
        return True
    return not missing.whole_book and now - missing.since >= _CLOSE_AFTER and missing.reads >= _CLOSE_READS


def shown(signal: Signal, now: datetime) -> tuple[SignalPosition, ...]:
    """Return what an agent holds as a person should see it: without what is closed, by the usual two records."""
    return tuple(
        position
        for position in signal.positions
        if position.quantity and (position.missing is None or not close_confirmed(position.missing, 2, now))
    )


def close_due_at(missing: Missing) -> datetime:
    """Return when a vanished symbol may at the earliest count as closed by time."""
    return missing.since + _CLOSE_AFTER


def never_seen(signal: Signal) -> Missing:
    """Return how long and often a symbol has been lacking that this signal has never shown."""
    since = signal.since or signal.read_at
    return Missing(since, signal.records, signal.reads, whole_book=not signal.positions)


def news(old: Signal | None, new: Signal, now: datetime) -> bool:
    """Whether the difference can lead to a decision: positions, exit plan, leverage, health or missing counts.

    `now` is the time of the new read: a fresh record is news when the old one had become stale by then.
    """
    if old is None or health_at(old, now) is not health_at(new, now):
        return True
    return old.positions != new.positions


def only_counted(old: Signal | None, new: Signal, now: datetime) -> bool:
    """Whether nothing happened but that what lacks was lacking once more: news only for those who hold something."""
    if old is None or health_at(old, now) is not health_at(new, now):
        return False
    return [_uncounted(each) for each in old.positions] == [_uncounted(each) for each in new.positions]


def _uncounted(position: SignalPosition) -> SignalPosition:
    missing = position.missing
    return position if missing is None else replace(position, missing=replace(missing, records=0, reads=0))


def _opened(position: RecordedPosition, now: datetime) -> SignalPosition:
    epoch = position.entry_oid or f"{position.symbol}-{int(now.timestamp() * 1000)}"
    return SignalPosition(
        position.symbol,
        epoch,
        position.quantity,
        position.entry_price,
        position.leverage,
        position.stop,
        position.target,
        first_seen_at=now,
        changed_at=now,
    )


def _read_again(position: SignalPosition, last_at: datetime) -> SignalPosition:
    missing = position.missing
    if missing is None or _reads_suffice(missing, last_at):
        return position
    return replace(position, missing=replace(missing, reads=missing.reads + 1))


def _reads_suffice(missing: Missing, last_at: datetime) -> bool:
    """Whether reads up to the last one, at `last_at`, have shown all that reads can show."""
    return missing.reads >= _CLOSE_READS and last_at - missing.since >= _CLOSE_AFTER


def _closed_for_all(position: SignalPosition, last_at: datetime) -> bool:
    """Whether no setting and no time could make this position more closed than it is: nothing is counted any more."""
    missing = position.missing
    if missing is None:
        return not position.quantity
    return missing.records >= _ENOUGH_RECORDS and _reads_suffice(missing, last_at)


def _newer(signal: Signal, record: AgentRecord, now: datetime) -> tuple[SignalPosition, ...]:
    known = {position.symbol: position for position in signal.positions}
    shown = tuple(_shown(known.get(position.symbol), position, now) for position in record.positions)
    present = {position.symbol for position in shown}
    whole_book = not record.positions
    lacking = [position for position in signal.positions if position.symbol not in present]
    # The latest stand first. A close that is still to be confirmed is never forgotten, however many there are.
    closed = [position for position in lacking if _closed_for_all(position, signal.read_at)]
    forgotten = {position.symbol for position in closed[_REMEMBERED:]}
    kept = (position for position in lacking if position.symbol not in forgotten)
    return shown + tuple(_lacking(position, whole_book, signal.read_at, now) for position in kept)


def _shown(old: SignalPosition | None, new: RecordedPosition, now: datetime) -> SignalPosition:
    if old is None or not _same_epoch(old, new):
        opened = _opened(new, now)
        if old is not None and opened.epoch == old.epoch:
            return replace(opened, epoch=f"{old.epoch}-{int(now.timestamp() * 1000)}")
        return opened
    if not new.quantity:
        # The last values stand, as of a position that is missing, until another epoch takes its place.
        return replace(old, quantity=new.quantity, missing=None)
    return replace(
        old,
        quantity=new.quantity,
        entry_price=new.entry_price,
        leverage=new.leverage,
        stop=new.stop,
        target=new.target,
        changed_at=now if abs(new.quantity) > abs(old.quantity) else old.changed_at,
        missing=None,
    )


def _same_epoch(old: SignalPosition, new: RecordedPosition) -> bool:
    if not new.quantity:
        return True
    if old.quantity and (new.quantity > 0) != (old.quantity > 0):
        return False
    if new.entry_oid is None:
        # Without an id, a gap in the records is the only sign of a close and a reopening.
        return old.missing is None and bool(old.quantity)
    return old.epoch == new.entry_oid or old.epoch.startswith(f"{new.entry_oid}-")


def _lacking(position: SignalPosition, whole_book: bool, last_at: datetime, now: datetime) -> SignalPosition:
    if _closed_for_all(position, last_at):
        return position
    missing = position.missing
    if missing is None:
        return replace(position, missing=Missing(now, 1, 0, whole_book))
    return replace(position, missing=replace(missing, records=missing.records + 1, reads=missing.reads + 1))
