"""What agents hold: one record of a source, and what has been seen of an agent over time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

LEAST_PRICE, MOST_PRICE = Decimal("1e-12"), Decimal("1e12")
MOST_QUANTITY = Decimal("1e15")
MOST_LEVERAGE = 1000
MOST_EQUITY = Decimal("9e10")
"""USD; what an amount column can hold"""
MOST_POSITIONS = 500
LONGEST_NAME = 200


class SignalHealth(StrEnum):
    """Whether a signal may cause orders (DESIGN §5 rule 1)."""

    GOOD = "good"
    STALE = "stale"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class RecordedPosition:
    """One position as a source's record shows it; quantity is signed base units, symbol the exchange's name.

    `mark` is the price the source values it at, for statistics only: no decision depends on it.
    """

    symbol: str
    quantity: Decimal
    entry_price: Decimal
    leverage: int
    entry_oid: str | None = None
    stop: Decimal | None = None
    target: Decimal | None = None
    mark: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Stake:
    """A position as its source values it, in the source's own units and name: for statistics only."""

    coin: str
    quantity: Decimal
    entry: Decimal
    mark: Decimal


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """One agent's newest record in a payload; `equity` in USD. `began_at` is when its account began (None: unknown).

    `stakes` is all that it holds, where its equity can be paid in and out; None where it can't, or a mark is unknown.
    """

    agent: str
    recorded_at: datetime
    equity: Decimal
    positions: tuple[RecordedPosition, ...]
    unmapped: tuple[str, ...] = ()
    began_at: datetime | None = None
    stakes: tuple[Stake, ...] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One successful read of a source: a record per agent; `marker` is the page to ask for next.

    `covers` are the agents that were asked for (None: all there are); the others are as they were. `raw` is the
    payload as it came, from which the source makes the same reading again. `unread` are agents that it shows in a way
    that was not understood: they have no record. `untold` are those of whom something could not be read this time.
    `same` are those that were read and showed nothing new: their last record counts as read again. How they are valued
    now, `present`, is for statistics and not in `raw`.
    """

    source: str
    server_at: datetime
    records: tuple[AgentRecord, ...]
    marker: int | None = None
    covers: frozenset[str] | None = None
    raw: bytes = field(default=b"", repr=False)
    unread: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    same: frozenset[str] = frozenset()
    present: tuple[AgentRecord, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Missing:
    """A symbol that newer good records lack: since when, in how many distinct records, in how many good reads.

    `whole_book` says that the record in which it vanished first held nothing at all.
    """

    since: datetime
    records: int
    reads: int
    whole_book: bool


@dataclass(frozen=True, slots=True)
class SignalPosition:
    """One epoch of an agent in a symbol, as followed over time.

    `first_seen_at` is the epoch's first sight, `changed_at` that of its open or last increase, where the time to
    enter starts. While `missing` is set the last values stand.
    """

    symbol: str
    epoch: str
    quantity: Decimal
    entry_price: Decimal
    leverage: int
    stop: Decimal | None
    target: Decimal | None
    first_seen_at: datetime
    changed_at: datetime
    missing: Missing | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """What an agent holds at a time. `recorded_at` is the high-water mark: older records never count.

    `since` is when this agent was first read, `records` how many distinct records have been seen since, `reads` how
    many good reads followed the first.
    """

    source: str
    agent: str
    equity: Decimal
    recorded_at: datetime
    read_at: datetime
    health: SignalHealth
    positions: tuple[SignalPosition, ...]
    unmapped: tuple[str, ...] = ()
    since: datetime | None = None
    records: int = 1
    reads: int = 0


def plausible(record: AgentRecord) -> bool:
    """Whether a record can be true and be kept; its agent is left out of the reading when not (DESIGN §5 rule 1)."""
    symbols = [position.symbol for position in record.positions]
    names = (record.agent, *symbols, *record.unmapped)
    return (
        record.equity.is_finite()
        and abs(record.equity) <= MOST_EQUITY
        and len(symbols) + len(record.unmapped) <= MOST_POSITIONS
        and len(set(symbols)) == len(symbols)
        and all(map(_nameable, names))
        and all(map(_plausible_position, record.positions))
    )


def _plausible_position(position: RecordedPosition) -> bool:
    if not position.quantity.is_finite() or not _nameable(position.entry_oid or ""):
        return False
    if not position.quantity:
        return True
    prices = [price for price in (position.entry_price, position.stop, position.target) if price is not None]
    return (
        abs(position.quantity) <= MOST_QUANTITY
        and 1 <= position.leverage <= MOST_LEVERAGE
        and all(price.is_finite() and LEAST_PRICE <= price <= MOST_PRICE for price in prices)
    )


def _nameable(name: str) -> bool:
    # Half a surrogate pair is legal JSON, but no text that can be stored or sent.
    return len(name) <= LONGEST_NAME and not any("\ud800" <= letter <= "\udfff" for letter in name)
