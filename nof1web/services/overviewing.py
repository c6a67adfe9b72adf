"""The first page: everything of a tenant at a glance, read in one pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import cast

from nof1web.core import health, leaders
from nof1web.core.book import seen_at
from nof1web.core.health import Health
from nof1web.services import attention, grouping, source_views
from nof1web.services.attention import Attention, Followed
from nof1web.services.books import Book, read_books
from nof1web.services.grouping import EnvironmentGroup
from nof1web.services.histories import event_rows
from nof1web.services.ports import Ports
from nof1web.services.pulse import Pulse, Pulses
from nof1web.services.reading import credential_row, position_rows
from nof1web.services.rows import CredentialRow, EventRow, PositionRow
from nof1web.services.source_views import SourceHealth
from nof1web.services.status import Observed

PULSES = Pulses()
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ActiveAgent:
    """An agent that started trackers follow: its signal's health, and what it makes for this person right now."""

    source: str
    agent: str
    name: str
    health: Health | None
    recorded_at: datetime | None
    trackers: int
    positions: int
    unrealised: Decimal


@dataclass(frozen=True, slots=True)
class Steps:
    """How far a newcomer has come; `credential_id` and `tracker_id` lead to what is next ("" while there is none)."""

    credential_id: str
    tracker_id: str
    started: bool

    @property
    def done(self) -> bool:
        """Whether an account follows an agent and polls."""
        return bool(self.credential_id and self.tracker_id and self.started)


@dataclass(frozen=True, slots=True)
class Front:
    """The first page."""

    groups: tuple[EnvironmentGroup, ...]
    positions: tuple[PositionRow, ...]
    events: tuple[EventRow, ...]
    attention: tuple[Attention, ...]
    agents: tuple[ActiveAgent, ...]
    sources: tuple[SourceHealth, ...]
    pulse: Pulse
    steps: Steps
    last_event_id: int


def front(p: Ports, user_id: str, *, missed: int = 0) -> Front:
    """Return a tenant's first page, with no fewer than `missed` of the newest events."""
    now = p.clock()
    with p.tenants(user_id) as store:
        books = read_books(p, store)
        rows = tuple(credential_row(p, store, book, drawn=False) for book in books)
        by_book = [position_rows(book) for book in books]
        positions = ordered(chain.from_iterable(by_book))
        agents = _agents(p, books, positions)
        followed = [Followed(each.name, each.health) for each in agents if each.health]
        owners = {book.credential.id: book.credential for book in books}
        return Front(
            groups=grouping.grouped(rows, positions, grouping.earnings(store, now)),
            positions=positions,
            events=event_rows(store.chronicle.events(limit=max(10, missed)), owners),
            attention=attention.found(store, rows, books, followed, now),
            agents=agents,
            sources=source_views.sources(p),
            pulse=PULSES.read(cast(Observed, p)),
            steps=steps(rows),
            last_event_id=store.chronicle.last_event_id(),
        )


def steps(rows: Iterable[CredentialRow]) -> Steps:
    """Return how far somebody has come with the credential that came furthest."""
    best = Steps("", "", False)
    for row in rows:
        tracker = next((each.tracker_id for each in row.trackers if each.started), "")
        mine = Steps(row.credential_id, tracker, row.enabled and row.state.polls)
        if (bool(mine.tracker_id), mine.started) >= (bool(best.tracker_id), best.started):
            best = mine
    return best


def ordered(rows: Iterable[PositionRow]) -> tuple[PositionRow, ...]:
    """Return positions as they are listed: real ones first, the largest first."""
    return tuple(sorted(rows, key=lambda row: (row.shadow, -row.notional, row.credential, row.symbol)))


def _agents(p: Ports, books: Iterable[Book], positions: Iterable[PositionRow]) -> tuple[ActiveAgent, ...]:
    counts: dict[tuple[str, str], int] = {}
    for book in books:
        for tracker in book.trackers:
            if tracker.started and book.credential.enabled:
                key = (tracker.source, tracker.agent)
                counts[key] = counts.get(key, 0) + 1
    gains: dict[tuple[str, str], list[Decimal]] = {}
    for row in positions:
        if row.tracker_id and not row.shadow and row.quantity:
            gains.setdefault((row.source, row.agent), []).append(row.unrealised * row.holding / row.quantity)
    states = {state.source: state for state in p.market.source_states()}
    found = []
    for (source, agent), count in counts.items():
        signal, state = p.market.signal(source, agent), states.get(source)
        broken = health.broken(held=state.held, unusable=state.unusable) if state else None
        found.append(
            ActiveAgent(
                source=source,
                agent=agent,
                name=leaders.short(agent),
                health=health.of_agent(signal, p.clock(), broken) if signal else None,
                recorded_at=seen_at(signal) if signal else None,
                trackers=count,
                positions=len(gains.get((source, agent), ())),
                unrealised=sum(gains.get((source, agent), ()), ZERO),
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.unrealised, each.name)))
