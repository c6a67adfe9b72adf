"""What monitoring reads of the installation: processes, sources, agents' signals, request budgets; nobody's account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from nof1web.core import health
from nof1web.core.book import seen_at
from nof1web.core.health import Health
from nof1web.core.signals import Signal
from nof1web.errors import Nof1Error
from nof1web.services import source_views, tallying
from nof1web.services.ports import Tallies
from nof1web.services.source_views import SourceHealth
from nof1web.services.status import Observed
from nof1web.services.tallying import CycleTimes

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gauge:
    """One measured thing: its name without prefix, what it tells, its labels' names, and a value per label values.

    Ages are seconds, times seconds since 1970, yes and no 1 and 0. What `counts` only grows.
    """

    name: str
    help: str
    labels: Labels
    values: tuple[tuple[Labels, int], ...]
    counts: bool = False


class Metered(Observed, Protocol):
    """Ports that can tell what was counted."""

    @property
    def tallies(self) -> Tallies: ...


def measured(p: Metered) -> tuple[tuple[Gauge, ...], CycleTimes | None]:
    """Return everything that is measured, as far as Redis and databases answer. Raises nothing for those that don't."""
    found = p.health()
    orders, cycles = _counted(p) if found["redis"] else ((), None)
    return (*_processes(found), *_weights(found["egress"]), *orders, *_of_sources(p)), cycles


def _processes(found: Mapping[str, Any]) -> Iterator[Gauge]:
    scheduler = found["scheduler"]
    ticking = scheduler is not None and scheduler.get("alive", True)
    workers = sum(1 for each in found["workers"] if each.get("alive", True))
    yield Gauge("redis_up", "Whether Redis answers.", (), (((), int(found["redis"])),))
    yield Gauge("scheduler_up", "Whether the clock answers.", (), (((), int(ticking)),))
    yield Gauge("workers", "How many workers answer.", (), (((), workers),))


def _weights(egress: Iterable[Mapping[str, Any]]) -> Iterator[Gauge]:
    rows = [((each["host"], each["egress"]), each) for each in egress]
    labels = ("host", "egress")
    for name, field, help in (
        ("weight_used", "used", "Request weight used in the host's running minute."),
        ("weight_limit", "limit_per_minute", "Request weight the host allows in a minute."),
        ("weight_left", "balance", "Request weight that could be spent now."),
    ):
        yield Gauge(name, help, labels, tuple((key, int(each[field] or 0)) for key, each in rows))
    yield Gauge(
        "egress_stopped",
        "Whether the host asked to be left alone.",
        labels,
        tuple((key, int(each["stopped_until"] is not None)) for key, each in rows),
    )


def _counted(p: Metered) -> tuple[tuple[Gauge, ...], CycleTimes | None]:
    """What workers counted: orders by how they ended, and how long cycles took."""
    try:
        ended, cycles = tallying.orders_ended(p.tallies), tallying.cycle_times(p.tallies)
    except Nof1Error:
        return (), None
    orders = Gauge(
        "orders",
        "Orders that ended, by the exchange's code for a refused one, else what became of it.",
        ("code",),
        tuple(((code,), count) for code, count in sorted(ended.items())),
        counts=True,
    )
    return (orders,), cycles


def _of_sources(p: Observed) -> Iterator[Gauge]:
    try:
        sources, signals = source_views.sources(p), p.market.signals()
        broken = {state.source: source_views.broken(state) for state in p.market.source_states()}
    except Nof1Error:
        return
    yield from _sources(sources)
    yield from _signals(signals, broken, p.clock())


def _sources(found: tuple[SourceHealth, ...]) -> Iterator[Gauge]:
    labels = ("source",)
    shown = [((each.source,), each) for each in found]
    yield Gauge(
        "source_health",
        "1 for what the source is now.",
        ("source", "health"),
        _states(((each.source,), each.health) for each in found),
    )
    yield Gauge(
        "source_failures",
        "Failed reads since the last good one.",
        labels,
        tuple((key, each.failures) for key, each in shown),
    )
    yield Gauge(
        "source_agents", "Agents known of the source.", labels, tuple((key, each.agents) for key, each in shown)
    )
    yield Gauge(
        "source_age_seconds",
        "Age of the source's newest record.",
        labels,
        tuple((key, each.age_s) for key, each in shown if each.age_s is not None),
    )
    for name, field, help in (
        ("source_good_timestamp_seconds", "good_at", "When the source was last read well."),
        ("source_changed_timestamp_seconds", "changed_at", "When a read last showed something new."),
        ("source_next_timestamp_seconds", "next_at", "When the source is read next."),
    ):
        dated = ((key, getattr(each, field)) for key, each in shown)
        yield Gauge(name, help, labels, tuple((key, int(at.timestamp())) for key, at in dated if at is not None))


def _signals(signals: tuple[Signal, ...], broken: Mapping[str, Health | None], now: datetime) -> Iterator[Gauge]:
    keys = [((each.source, each.agent), each) for each in signals]
    yield Gauge(
        "signal_age_seconds",
        "Age of the agent's newest record.",
        ("source", "agent"),
        tuple((key, max(0, int((now - seen_at(each)).total_seconds()))) for key, each in keys),
    )
    yield Gauge(
        "signal_health",
        "1 for what the agent's signal is now.",
        ("source", "agent", "health"),
        _states((key, health.of_agent(each, now, broken.get(each.source))) for key, each in keys),
    )
    yield Gauge(
        "signal_unmapped",
        "Coins the agent holds that can't be copied.",
        ("source", "agent"),
        tuple((key, len(each.unmapped)) for key, each in keys),
    )


def _states(found: Iterable[tuple[Labels, Health | None]]) -> tuple[tuple[Labels, int], ...]:
    """One value for each health a thing could have: monitoring sees a turn as one line falling and one rising."""
    return tuple(((*key, str(each)), int(each is now)) for key, now in found for each in Health)
