"""What services need of market.db besides signals: sources' states, recordings, addresses to read, agents' trades."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nof1web.core.readings import Account, Seen
from nof1web.core.trades import Trade
from nof1web.core.worth import Funds
from nof1web.errors import Text


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a source is doing: last try, last good read, what went wrong, the page marker to ask for next.

    `failures` are those since the last good read; `unusable` says that the last one had an answer. `changed_at` is
    when a read last showed something new, `next_at` when it is read again (None: after the usual interval).
    `held` says that too many failures in a row hold whoever follows its agents.
    """

    source: str
    tried_at: datetime
    good_at: datetime | None
    error: Text | None
    marker: int | None
    failures: int = 0
    unusable: bool = False
    held: bool = False
    changed_at: datetime | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """One read of a source as it was kept: its payload, or that nothing changed (`again`), or neither: it failed."""

    at: datetime
    raw: bytes | None
    again: bool = False


class Recordings(Protocol):
    """Every distinct payload, with the times at which it was seen, for as long as it is kept."""

    def put(self, source: str, read: Recorded) -> None:
        """Append a read; a payload that is known already is kept once."""
        ...

    def between(self, source: str, since: datetime, until: datetime) -> Iterator[Recorded]:
        """Return the reads from `since` on and before `until`, oldest first."""
        ...

    def checkpoint(self, at: datetime, seen: Seen) -> None:
        """Keep what was known of a source before the read at this time: a replay can begin here."""
        ...

    def seen_at(self, source: str, at: datetime) -> tuple[datetime, Seen] | None:
        """Return the newest checkpoint no later than this time; None before the first."""
        ...

    def last_checkpoint_at(self, source: str) -> datetime | None:
        """Return when the newest checkpoint was made."""
        ...

    def checkpoints(self, source: str, since: datetime, until: datetime) -> Iterator[tuple[datetime, Seen]]:
        """Return the checkpoints after `since` and before `until`, oldest first."""
        ...

    def forget(self, before: datetime) -> int:
        """Drop reads and checkpoints from before this time, and payloads nobody refers to; return how many reads.

        Reads up to the first kept checkpoint go too: what was known before them is known no more.
        """
        ...


class Leaders(Protocol):
    """The addresses that are read because somebody wants to follow them. Whose wish it is isn't kept here."""

    def add(self, source: str, agent: str, at: datetime) -> None:
        """Read this one too from now on; a second call changes nothing."""
        ...

    def remove(self, source: str, agent: str) -> None:
        """Read it no more, and forget its present signal; what was recorded of it stays."""
        ...

    def all(self, source: str) -> tuple[str, ...]:
        """Return the addresses in the order they were added."""
        ...

    def before(self, source: str, at: datetime) -> tuple[str, ...]:
        """Return those that were added before this time."""
        ...


class Trades(Protocol):
    """What agents have closed, and the prices at which their open positions stood last."""

    def marks(self, source: str, agent: str) -> Mapping[str, str]:
        """Return the last mark of each open position, by symbol, as text."""
        ...

    def put(self, source: str, agent: str, marks: Mapping[str, str], closed: Iterable[Trade]) -> None:
        """Keep the marks, and append what was closed; the same epoch closed again replaces its first close."""
        ...

    def all(self, source: str, agent: str) -> tuple[Trade, ...]:
        """Return an agent's closed positions, oldest first."""
        ...


class Worths(Protocol):
    """What an agent's equity is worth apart from what was paid in and out, at the last record."""

    def of(self, source: str, agent: str) -> Funds | None:
        """Return an agent's funds; None before the first."""
        ...

    def put(self, source: str, agent: str, funds: Funds) -> None:
        """Insert or replace by agent."""
        ...


class Accounts(Protocol):
    """Which agent stands for the account that a source shows under a name: another season's is another agent."""

    def all(self, source: str) -> Mapping[str, Account]:
        """Return the accounts by their agents."""
        ...

    def put(self, source: str, accounts: Mapping[str, Account]) -> None:
        """Insert or replace by agent."""
        ...


class Told(Protocol):
    """What followers were last told of the health of a source ("" as agent) or of one agent."""

    def health(self, source: str) -> Mapping[str, str]:
        """Return the health last told, by agent."""
        ...

    def put(self, source: str, told: Mapping[str, str]) -> None:
        """Keep what was told."""
        ...
