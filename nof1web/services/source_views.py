"""What people see of sources and agents: health, age, next read; agents ranked by what they gained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from nof1web.core import health, leaders
from nof1web.core.book import seen_at
from nof1web.core.health import Health
from nof1web.core.signals import Signal
from nof1web.core.statistics import Statistics
from nof1web.errors import Text
from nof1web.services import reporting
from nof1web.services.ports import Ports
from nof1web.services.rows import AgentView, Line
from nof1web.services.statistics import AgentStatistics
from nof1web.services.stores import SourceState

_STATISTICS = AgentStatistics()
_WORST = Decimal("-Infinity")
_POINTS = 12


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How a source is doing; `health` None before its first read, `age_s` seconds since its freshest record's time."""

    source: str
    health: Health | None
    tried_at: datetime | None = None
    good_at: datetime | None = None
    changed_at: datetime | None = None
    next_at: datetime | None = None
    age_s: int | None = None
    failures: int = 0
    agents: int = 0
    error: Text | None = None
    newest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent with its book and its past; `name` is what this person or everybody calls it.

    `changed_at` is its last change of a position, `labels` are the names of the person's own trackers that follow it.
    """

    view: AgentView
    name: str
    health: Health
    changed_at: datetime | None
    statistics: Statistics
    labels: tuple[str, ...]

    @property
    def points(self) -> Line:
        """Some points of its line, the last among them, for reading as a table."""
        line = self.view.line
        return line[:: -max(1, len(line) // _POINTS)][::-1] if len(line) > 1 else ()


@dataclass(frozen=True, slots=True)
class AgentsView:
    """The agents page; `known` are public wallets, by name, that nobody follows yet."""

    sources: tuple[SourceHealth, ...]
    agents: tuple[AgentRow, ...]
    known: tuple[tuple[str, str], ...]


def sources(p: Ports) -> tuple[SourceHealth, ...]:
    """Return how each source that can be followed is doing."""
    states = {state.source: state for state in p.market.source_states()}
    return tuple(_source(p, name, states.get(name)) for name in p.sources)


def agents_page(p: Ports, user_id: str) -> AgentsView:
    """Return every agent of every source, the best gain first, with the names under which this person follows it."""
    followed: dict[tuple[str, str], list[str]] = {}
    with p.tenants(user_id) as store:
        named = store.labels.all()
        for tracker in store.trackers.all():
            followed.setdefault((tracker.source, tracker.agent), []).append(tracker.name)
    held = {state.source: broken(state) for state in p.market.source_states()}
    signals = {(signal.source, signal.agent): signal for signal in p.market.signals()}
    rows = [
        replace(
            _agent(p, view, signals[key], held.get(view.source)),
            name=named.get(key) or leaders.short(view.agent),
            labels=tuple(followed.get(key, ())),
        )
        for view in reporting.agents(p)
        if (key := (view.source, view.agent)) in signals
    ]
    read = p.market.leaders.all(leaders.SOURCE)
    known = tuple((name, address) for address, name in leaders.NAMES.items() if address not in read)
    return AgentsView(sources(p), tuple(sorted(rows, key=_rank)), known)


def _source(p: Ports, name: str, state: SourceState | None) -> SourceHealth:
    if state is None:
        return SourceHealth(name, None)
    now, signals = p.clock(), p.market.signals(name)
    newest = max((seen_at(signal) for signal in signals), default=None)
    return SourceHealth(
        source=name,
        health=health.of_source(signals, now, broken(state)),
        tried_at=state.tried_at,
        good_at=state.good_at,
        changed_at=state.changed_at,
        next_at=state.next_at,
        age_s=None if newest is None else max(0, int((now - newest).total_seconds())),
        failures=state.failures,
        agents=len(signals),
        error=state.error,
        newest_at=newest,
    )


def _agent(p: Ports, view: AgentView, signal: Signal, held: Health | None) -> AgentRow:
    now = p.clock()
    changes = [position.missing.since if position.missing else position.changed_at for position in signal.positions]
    return AgentRow(
        view=view,
        name=view.agent,
        health=health.of_agent(signal, now, held),
        changed_at=max(changes, default=None),
        statistics=_STATISTICS.of(p.market, signal, now),
        labels=(),
    )


def broken(state: SourceState) -> Health | None:
    """Return what a source is while too many failures hold it, None while it is read well enough."""
    return health.broken(held=state.held, unusable=state.unusable)


def _rank(row: AgentRow) -> tuple[bool, Decimal, str]:
    gain = row.statistics.gain
    return row.health is Health.ENDED, -(gain if gain is not None else _WORST), row.name
