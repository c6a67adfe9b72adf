"""Following a whole source from read to read: its agents' signals, their accounts, and when all of them hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from nof1web.core import book
from nof1web.core.health import HELD_AFTER
from nof1web.core.signals import AgentRecord, Reading, Signal, SignalHealth

SEASONS_APART = timedelta(hours=12)
"""accounts of one name that began further apart than this are those of two seasons (nof1.md §5)"""


@dataclass(frozen=True, slots=True)
class Account:
    """Which agent stands for the account that a source shows under a name, and when that account began."""

    agent: str
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """All that is known of a source: signals by agent, accounts by the source's own name, failures in a row."""

    source: str
    signals: Mapping[str, Signal] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)
    failures: int = 0

    @property
    def held(self) -> bool:
        """Whether too many reads in a row failed: everybody holds until a good one."""
        return self.failures >= HELD_AFTER


def read(seen: Seen, reading: Reading, now: datetime) -> Seen:
    """Return what is known after one more good read; an agent that it should have had, and has not, is missing."""
    accounts = dict(seen.accounts)
    records = {}
    for record in reading.records:
        named = _named(record, accounts)
        records[named.agent] = named
    signals = dict(seen.signals)
    for agent in records.keys() | signals.keys():
        record_now = records.get(agent)
        if agent in signals:
            if record_now is not None or reading.covers is None or agent in reading.covers:
                signals[agent] = book.advance(signals[agent], record_now, now)
        elif record_now is not None:
            signals[agent] = book.first(seen.source, record_now, now)
    return Seen(seen.source, signals, accounts)


def read_again(seen: Seen, now: datetime) -> Seen:
    """Return what is known after the source said that nothing changed: a good read of the same records."""
    known = {agent: _revived(signal) if seen.held else signal for agent, signal in seen.signals.items()}
    return replace(
        seen, signals={agent: book.same_again(signal, now) for agent, signal in known.items()}, failures=0
    )


def failed(seen: Seen) -> Seen:
    """Return what is known after a read that gave nothing; after a few in a row no signal counts."""
    after = replace(seen, failures=seen.failures + 1)
    if not after.held:
        return after
    return replace(after, signals={agent: _held(signal) for agent, signal in seen.signals.items()})


def _named(record: AgentRecord, accounts: dict[str, Account]) -> AgentRecord:
    """Return the record under its agent's name: a model's account of another season is another agent."""
    account, began_at = accounts.get(record.agent), record.began_at
    if began_at is not None and (account is None or abs(began_at - account.began_at) > SEASONS_APART):
        agent = record.agent if account is None else f"{record.agent}@{began_at:%Y-%m-%d}"
        account = accounts[record.agent] = Account(agent, began_at)
    return record if account is None else replace(record, agent=account.agent)


def _held(signal: Signal) -> Signal:
    return replace(signal, health=SignalHealth.STALE) if signal.health is SignalHealth.GOOD else signal


def _revived(signal: Signal) -> Signal:
    return replace(signal, health=SignalHealth.GOOD) if signal.health is SignalHealth.STALE else signal
