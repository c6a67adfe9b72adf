"""Whether the installation works for anybody: Redis, workers, the clock; and how much of each budget is used."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from nof1web.errors import N_, Text
from nof1web.services.status import Observed

_KEPT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Meter:
    """What of an egress's request budget at a host is used: `used` of `limit` in the host's present minute.

    `left` is what the bucket holds now, `burst` what fits into it; `lanes` what this server spent on what in the last
    whole minute, by lane.
    """

    host: str
    egress: str
    limit: int
    used: int
    left: int
    burst: int
    stopped_until: datetime | None
    lanes: tuple[tuple[str, int], ...] = ()

    @property
    def share(self) -> int:
        """How much of the limit is used, in %."""
        return 0 if not self.limit else min(100, round(self.used * 100 / self.limit))


@dataclass(frozen=True, slots=True)
class Pulse:
    """Who is alive right now; without Redis nobody can tell."""

    redis: bool
    workers: int
    scheduler: bool
    meters: tuple[Meter, ...] = ()

    @property
    def trouble(self) -> Text | None:
        """What keeps pages from being up to date and orders from being sent; None when nothing does."""
        if not self.redis:
            return Text(N_("Redis does not answer: nothing is copied. What you see may be old."))
        if not self.workers:
            return Text(N_("No worker answers: nothing is copied. Resting stops and targets stay on the exchange."))
        if not self.scheduler:
            return Text(N_("The clock does not answer: no signal is read. Resting stops and targets stay."))
        return None


class Pulses:
    """One per process: asks at most once a second, however many pages are open."""

    def __init__(self) -> None:
        self._kept: tuple[datetime, Pulse] | None = None
        self._asking = threading.Lock()

    def read(self, p: Observed) -> Pulse:
        """Return the pulse, no older than a second, or the last one known while somebody else asks."""
        now, kept = p.clock(), self._kept
        if kept is not None and timedelta(0) <= now - kept[0] < _KEPT:
            return kept[1]
        # Everybody's pages find it too old at the same moment: one asks, and nobody who knows one waits.
        if not self._asking.acquire(blocking=kept is None):
            return kept[1] if kept else _pulse(p.health())
        try:
            if self._kept is kept:
                self._kept = (now, _pulse(p.health()))
            return cast(tuple[datetime, Pulse], self._kept)[1]
        finally:
            self._asking.release()


def _pulse(health: Mapping[str, Any]) -> Pulse:
    scheduler = health["scheduler"]
    return Pulse(
        redis=bool(health["redis"]),
        workers=sum(1 for each in health["workers"] if each.get("alive", True)),
        scheduler=scheduler is not None and bool(scheduler.get("alive", True)),
        meters=tuple(_meter(each) for each in health["egress"] if each["limit_per_minute"]),
    )


def _meter(facts: Mapping[str, Any]) -> Meter:
    return Meter(
        host=facts["host"],
        egress=facts["egress"],
        limit=facts["limit_per_minute"],
        used=facts["used"],
        left=facts["balance"],
        burst=facts["burst"],
        stopped_until=facts["stopped_until"],
        lanes=tuple((str(lane), spent) for lane, spent in facts.get("last_by_lane", {}).items() if spent),
    )
