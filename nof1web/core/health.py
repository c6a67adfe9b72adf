"""How fresh a source and its agents are, in one word for people; what may cause orders is book.health_at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from nof1web.core.book import UNREAD_AFTER, health_at
from nof1web.core.signals import Signal, SignalHealth

HELD_AFTER = 3
"""failed reads in a row after which everybody who follows the source's agents holds"""
LATE_AFTER = timedelta(seconds=300)
"""nof1: what its cache may serve (nof1.md §1)"""
UNREAD_LATE_AFTER = timedelta(seconds=12)
"""sources that tell the present state"""
ENDED_AFTER = timedelta(hours=24)


class Health(StrEnum):
    """Live and late signals are copied; the others hold: nothing is opened or closed because of them."""

    LIVE = "live"
    LATE = "late"
    STALE = "stale"
    ENDED = "ended"
    DEGRADED = "degraded"
    UNREACHABLE = "unreachable"

    @property
    def holds(self) -> bool:
        """Whether followers hold."""
        return self not in (Health.LIVE, Health.LATE)


_HOLDING = frozenset(str(health) for health in Health if health.holds)
_FRESHNESS = {health: rank for rank, health in enumerate(Health)}


def of_agent(signal: Signal, now: datetime, broken: Health | None = None) -> Health:
    """Return an agent's health; `broken` is its source's when too many reads in a row failed."""
    if broken is not None:
        return broken
    if signal.health is SignalHealth.MISSING:
        return Health.ENDED if now - signal.read_at > ENDED_AFTER else Health.DEGRADED
    if health_at(signal, now) is SignalHealth.STALE:
        return Health.ENDED if now - signal.recorded_at > ENDED_AFTER else Health.STALE
    if signal.source in UNREAD_AFTER:
        late = now - signal.read_at > UNREAD_LATE_AFTER
    else:
        late = now - signal.recorded_at > LATE_AFTER
    return Health.LATE if late else Health.LIVE


def broken(*, held: bool, unusable: bool) -> Health | None:
    """Return what a source is after too many failures in a row: it answers with rubbish, or not at all."""
    if not held:
        return None
    return Health.DEGRADED if unusable else Health.UNREACHABLE


def of_source(signals: Iterable[Signal], now: datetime, broken: Health | None = None) -> Health:
    """Return a source's health: that of its freshest agent; live when it has none and is read well."""
    if broken is not None:
        return broken
    return min((of_agent(signal, now) for signal in signals), key=_FRESHNESS.__getitem__, default=Health.LIVE)


def turns(told: Mapping[str, str], now: Mapping[str, Health]) -> tuple[frozenset[str], frozenset[str]]:
    """Return which names hold now though the last word was that they don't, and which are back."""
    held = {name for name, health in told.items() if health in _HOLDING}
    holding = frozenset(name for name, health in now.items() if health.holds and name not in held)
    return holding, frozenset(name for name, health in now.items() if not health.holds and name in held)
