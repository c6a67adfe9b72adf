"""Following an agent's book from record to record: epochs, changes, and what has gone missing (rules 1 and 2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from nof1web.core.signals import (
    AgentRecord,
    Missing,
    RecordedPosition,
    Signal,
    SignalHealth,
    SignalPosition,
)

STALE_AFTER = {"hyperliquid": timedelta(seconds=30)}
_STALE_DEFAULT = timedelta(seconds=600)
_CLOSE_AFTER = timedelta(seconds=20)
_CLOSE_READS = 2
_REMEMBERED = 40


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
        positions=_newer(signal.positions, record, now),
        unmapped=record.unmapped,
        records=signal.records + 1,
    )


def same_again(signal: Signal, now: datetime) -> Signal:
    """Return the signal after a good read that showed the same record (also a 304)."""
    positions = tuple(_read_again(position) for position in signal.positions)
    return replace(signal, read_at=now, positions=positions)


def health_at(signal: Signal, now: datetime) -> SignalHealth:
    """Return the signal's health now: a good record still ages (rule 1)."""
    if signal.health is not SignalHealth.GOOD:
        return signal.health
    limit = STALE_AFTER.get(signal.source, _STALE_DEFAULT)
    return SignalHealth.STALE if now - signal.recorded_at > limit else SignalHealth.GOOD


def close_confirmed(missing: Missing, confirmations: int, now: datetime) -> bool:
    """Whether a vanished symbol counts as closed (rule 2)."""
    if missing.records >= confirmations:
        return True
    return not missing.whole_book and now - missing.since >= _CLOSE_AFTER and missing.reads >= _CLOSE_READS


def close_due_at(missing: Missing) -> datetime:
    """Return when a vanished symbol may at the earliest count as closed by time."""
    return missing.since + _CLOSE_AFTER


def never_seen(signal: Signal) -> Missing:
    """Return how long and often a symbol has been lacking that this signal has never shown."""
    since = signal.since or signal.read_at
    return Missing(since, signal.records, signal.records - 1, whole_book=not signal.positions)


def news(old: Signal | None, new: Signal) -> bool:
    """Whether the difference can lead to a decision: positions, exit plan, leverage, health or missing counts."""
    if old is None or old.health is not new.health:
        return True
    return old.positions != new.positions


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


def _read_again(position: SignalPosition) -> SignalPosition:
    if position.missing is None:
        return position
    return replace(position, missing=replace(position.missing, reads=position.missing.reads + 1))


def _newer(before: tuple[SignalPosition, ...], record: AgentRecord, now: datetime) -> tuple[SignalPosition, ...]:
    known = {position.symbol: position for position in before}
    shown = tuple(_shown(known.get(position.symbol), position, now) for position in record.positions)
    present = {position.symbol for position in shown}
    whole_book = not record.positions
    lacking = [_lacking(position, whole_book, now) for position in before if position.symbol not in present]
    kept = [position for position in lacking if position.quantity]
    return shown + tuple(kept[-_REMEMBERED:])


def _shown(old: SignalPosition | None, new: RecordedPosition, now: datetime) -> SignalPosition:
    if old is None or not _same_epoch(old, new):
        opened = _opened(new, now)
        if old is not None and opened.epoch == old.epoch:
            return replace(opened, epoch=f"{old.epoch}-{int(now.timestamp() * 1000)}")
        return opened
    return replace(
        old,
        quantity=new.quantity,
        entry_price=new.entry_price,
        leverage=new.leverage,
        stop=new.stop,
        target=new.target,
        changed_at=old.changed_at if old.quantity == new.quantity else now,
        missing=None,
    )


def _same_epoch(old: SignalPosition, new: RecordedPosition) -> bool:
    if new.quantity and old.quantity and (new.quantity > 0) != (old.quantity > 0):
        return False
    if new.entry_oid is None:
        # Without an id, a gap in the records is the only sign of a close and a reopening.
        return old.missing is None and bool(old.quantity)
    return old.epoch == new.entry_oid or old.epoch.startswith(f"{new.entry_oid}-")


def _lacking(position: SignalPosition, whole_book: bool, now: datetime) -> SignalPosition:
    missing = position.missing
    if missing is None:
        return replace(position, missing=Missing(now, 1, 0, whole_book))
    return replace(position, missing=replace(missing, records=missing.records + 1, reads=missing.reads + 1))
