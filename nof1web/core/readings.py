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
AHEAD = timedelta(minutes=10)
"""a record from further ahead would be the newest one for as long, and keep all true ones out; this machine's own clock
may be some minutes behind"""


@dataclass(frozen=True, slots=True)
class Account:
    """Which agent stands for the account that a source shows under a name, and when that account began."""

    agent: str
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """All that is known of a source: signals by agent, accounts by their agents, failures in a row."""

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
    records = by_agent(dated(reading, now), accounts)
    signals = dict(seen.signals)
    for agent in records.keys() | signals.keys():
        record_now = records.get(agent)
        if agent in signals:
            if record_now is None and agent in reading.same:
                signals[agent] = book.same_again(signals[agent], now)
            elif record_now is not None or reading.covers is None or agent in reading.covers:
                signals[agent] = book.advance(signals[agent], record_now, now)
        elif record_now is not None:
            signals[agent] = book.first(seen.source, record_now, now)
    return Seen(seen.source, signals, accounts)


def dated(reading: Reading, now: datetime) -> Reading:
    """Return a reading without the records from far ahead: their agents are named as not understood."""
    ahead = frozenset(record.agent for record in reading.records if record.recorded_at > now + AHEAD)
    if not ahead:
        return reading
    records = tuple(record for record in reading.records if record.agent not in ahead)
    return replace(reading, records=records, unread=tuple(sorted(ahead.union(reading.unread))))


def nothing_new(seen: Seen, reading: Reading) -> bool:
    """Whether a reading says of all that is known that it is as it was, and nothing else: as `read_again` does."""
    others = reading.records or reading.unread or reading.covers is None or not reading.covers <= reading.same
    return not others and not seen.held and reading.same == seen.signals.keys()


def by_agent(reading: Reading, accounts: dict[str, Account]) -> dict[str, AgentRecord]:
    """Return the records by the agents they are of; accounts that nobody stands for yet are added."""
    named = (_named(record, accounts) for record in reading.records)
    return {record.agent: record for record in named}


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
    name, began_at = record.agent, record.began_at
    own = [each for each in accounts.values() if each.agent == name or each.agent.startswith(f"{name}@")]
    if began_at is None:
        # Not told: it is taken for the latest.
        return replace(record, agent=max(own, key=lambda each: each.began_at).agent) if own else record
    account = min(own, key=lambda each: abs(each.began_at - began_at), default=None)
    if account is None or abs(account.began_at - began_at) > SEASONS_APART:
        account = Account(f"{name}@{began_at:%Y-%m-%d}" if own else name, began_at)
        accounts[account.agent] = account
    return replace(record, agent=account.agent)


def _held(signal: Signal) -> Signal:
    return replace(signal, health=SignalHealth.STALE) if signal.health is SignalHealth.GOOD else signal


def _revived(signal: Signal) -> Signal:
    return replace(signal, health=SignalHealth.GOOD) if signal.health is SignalHealth.STALE else signal
