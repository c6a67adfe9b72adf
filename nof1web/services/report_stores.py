"""What pages ask of a tenant's database beside its records: sums, samples, filtered histories, past cycles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from nof1web.core.records import Epoch, Event, Protection, Verdict
from nof1web.core.trading import Account, Position
from nof1web.errors import Text


@dataclass(frozen=True, slots=True)
class Earned:
    """Realised PnL before fees, and the fees paid in USDT, both in USDT."""

    realised: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle of a credential: when it began and ended, how many orders and refusals, and what went wrong."""

    credential_id: str
    id: str
    began_at: datetime
    ended_at: datetime
    orders: int
    refusals: int
    error: Text | None = None


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are wanted; an empty field asks for nothing. `kind` is the event's code."""

    credential_id: str = ""
    tracker_id: str = ""
    kind: str = ""
    severity: str = ""
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class VerdictFilter:
    """Which verdicts are wanted; an empty field asks for nothing."""

    tracker_id: str = ""
    symbol: str = ""
    epoch: str = ""
    verdict: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Books:
    """What a tenant's credentials hold, each by the credential's id: newest sync, epochs that matter, resting legs.

    `first` is the first reading of equity (USDT) since a time, `flattening` who is being flattened, `stopped` why no
    entry is made, by symbol.
    """

    snapshots: Mapping[str, tuple[Account, tuple[Position, ...]]]
    epochs: Mapping[str, tuple[Epoch, ...]]
    protections: Mapping[str, tuple[Protection, ...]]
    first: Mapping[str, Decimal]
    flattening: frozenset[str]
    stopped: Mapping[str, Mapping[str, Text]]


class ReportStore(Protocol):
    """Read-only but for `add_cycle`."""

    def earned(self, since: datetime | None = None, *, credential_id: str | None = None) -> Mapping[str, Earned]:
        """Return what each credential's trades earned since then, or ever, by its id; of one only when it is named."""
        ...

    def earned_by_tracker(self, since: datetime | None = None) -> Mapping[str, Earned]:
        """Return what the trades of each tracker's own orders earned since then, or ever, by the tracker's id."""
        ...

    def equity_at(self, credential_id: str, times: Sequence[datetime]) -> tuple[Decimal | None, ...]:
        """Return the last known equity at each of these times, None before the first reading."""
        ...

    def books(self, since: datetime) -> Books:
        """Return what all credentials hold, in a few questions however many they are; `first` since that time."""
        ...

    def equity_sums(self, credential_ids: Sequence[str], times: Sequence[datetime]) -> tuple[Decimal, ...]:
        """Return the sum of the credentials' last known equity at each of these times.

        One that was not read yet counts with its first reading, one that never was with nothing.
        """
        ...

    def equity_began(self, credential_ids: Sequence[str]) -> datetime | None:
        """Return when the first of these credentials was first read, None when none was."""
        ...

    def equity_since(self, credential_id: str, since: datetime) -> tuple[datetime, Decimal] | None:
        """Return the first reading of equity from a time on, None when there is none."""
        ...

    def events(
        self, wanted: EventFilter, *, before: int = 0, after: int = 0, limit: int = 100
    ) -> tuple[Event, ...]:
        """Return the events wanted, newest first; `before` and `after` ask for smaller and larger ids only."""
        ...

    def event_kinds(self) -> tuple[str, ...]:
        """Return the codes of all events so far."""
        ...

    def verdicts(
        self, wanted: VerdictFilter, *, before: int = 0, limit: int = 100
    ) -> tuple[tuple[int, Verdict], ...]:
        """Return the history of verdicts wanted, newest first, each with its number; `before` as in `events`."""
        ...

    def verdict_symbols(self) -> tuple[str, ...]:
        """Return the symbols of the present verdicts."""
        ...

    def verdict_codes(self) -> tuple[str, ...]:
        """Return the codes of all verdicts so far."""
        ...

    def add_cycle(self, cycle: Cycle) -> None:
        """Append a cycle; only the credential's newest 200 are kept."""
        ...

    def cycles(self, credential_id: str, *, limit: int = 20) -> tuple[Cycle, ...]:
        """Return the newest cycles first."""
        ...
