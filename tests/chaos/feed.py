"""A source that shows the plan's books: services.ports.Feed, with what goes wrong with sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core.signals import AgentRecord, Reading, RecordedPosition
from nof1web.errors import N_, Transient
from tests.chaos.plan import Book, Held

EQUITY = Decimal(50000)
OLD = timedelta(seconds=40)
"""how far back a payload lies that a cache served"""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with the source until a time; `agent` is who is concerned."""

    kind: str
    agent: str
    until: datetime


class ScriptedFeed:
    """Every read is a newer record, as at the source, unless there is trouble."""

    name = "nof1"

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.books: dict[str, Book] = {}
        self.trouble: Trouble | None = None
        self.last: Reading | None = None

    def read(self, marker: int | None) -> Reading | None:
        """Return what all agents hold; Transient while the source is down."""
        now, trouble = self.clock(), self.trouble
        if trouble is not None and now >= trouble.until:
            trouble = self.trouble = None
        kind, whose = (trouble.kind, trouble.agent) if trouble else ("", "")
        if kind == "down":
            raise Transient(N_("The source does not answer. It will be tried again."))
        if kind == "old" and self.last is not None:
            return self.last
        books = {agent: book for agent, book in self.books.items() if not (kind == "missing" and agent == whose)}
        if kind == "glitch":
            # Once a whole book is gone, as sources show it for one record.
            books[whose], self.trouble = (), None
        records = tuple(AgentRecord(agent, now, EQUITY, tuple(map(_shown, book))) for agent, book in books.items())
        made = Reading(self.name, now, records, raw=b"{}")
        self.last = self.last if self.last and now - self.last.server_at < OLD else made
        return made

    def parse(self, raw: bytes) -> Reading:
        """There is nothing to read again."""
        raise NotImplementedError

    def stored(self) -> None:
        """Every reading is a new one."""


def _shown(held: Held) -> RecordedPosition:
    return RecordedPosition(
        held.symbol, held.quantity, held.entry, held.leverage, held.oid, held.stop, held.target, held.entry
    )
