"""The exchange's clock: the wall's, or a virtual one that moves only when it is told to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

# An advance holds up everybody else until it is done.
LONGEST_ADVANCE_MS = 24 * 3600 * 1000
FASTEST = Decimal(10_000)
# So much at most goes by at once of its own accord: a machine too slow for the speed then runs as fast as it can.
LONGEST_TICK_MS = 600_000


class ClockRefusal(ValueError):
    """A wish the clock can't fulfil; says why."""


@dataclass(frozen=True, slots=True)
class ClockState:
    """What a virtual clock needs to go on after a restart."""

    at_ms: int
    speed: Decimal


def wall_ms() -> int:
    """The wall clock in ms."""
    return time.time_ns() // 1_000_000


def steady_ms() -> int:
    """Real ms since some moment, that go on evenly whatever becomes of the wall clock."""
    return time.monotonic_ns() // 1_000_000


@dataclass(slots=True)
class SimClock:
    """The time in ms. A virtual clock stands at `at_ms`; `speed` is virtual seconds per real second, 0 when it stands.

    `skew_ms` is how far ahead the exchange's front door believes to be: it shifts what GET time tells and what a
    timestamp is compared with, never the time at which anything happens.
    """

    virtual: bool = False
    at_ms: int = 0
    speed: Decimal = Decimal(0)
    skew_ms: int = 0
    wall: Callable[[], int] = field(default=wall_ms, repr=False)
    steady: Callable[[], int] = field(default=steady_ms, repr=False)
    looked_ms: int = 0

    def __call__(self) -> int:
        """The time (ms)."""
        return self.at_ms if self.virtual else self.wall()

    def run_at(self, speed: Decimal) -> None:
        """Let a virtual clock run by itself, or stand at 0; raises ClockRefusal."""
        self._check_virtual()
        if not 0 <= speed <= FASTEST:
            raise ClockRefusal(f"speed must lie between 0 and {FASTEST} virtual seconds per second")
        self.speed, self.looked_ms = speed, self.steady()

    def target(self, *, by_ms: int | None = None, to_ms: int | None = None) -> int:
        """The time an advance by or to so much leads to; raises ClockRefusal for backwards and for too far at once."""
        self._check_virtual()
        wanted = to_ms if to_ms is not None else self.at_ms + (by_ms or 0)
        if wanted < self.at_ms:
            raise ClockRefusal(f"the clock stands at {self.at_ms} and only goes forward")
        if wanted - self.at_ms > LONGEST_ADVANCE_MS:
            raise ClockRefusal("advance by at most 1 day (86400 seconds) in one call, and call again for more")
        return wanted

    def due(self) -> int:
        """Where a running virtual clock has to be moved by now; where it stands when nothing is due."""
        now_ms = self.steady()
        passed = int((now_ms - self.looked_ms) * self.speed)
        if passed <= 0:
            return self.at_ms
        self.looked_ms = now_ms
        return self.at_ms + min(passed, LONGEST_TICK_MS)

    def state(self) -> ClockState:
        """What has to be kept of a virtual clock."""
        return ClockState(self.at_ms, self.speed)

    def _check_virtual(self) -> None:
        if not self.virtual:
            raise ClockRefusal("this exchange follows the wall clock; start it with --virtual to move its time")


def virtual_clock(start_ms: int, state: ClockState | None = None) -> SimClock:
    """A virtual clock that stands at a time (ms), or goes on where it was."""
    if state is None:
        return SimClock(virtual=True, at_ms=start_ms)
    return SimClock(virtual=True, at_ms=state.at_ms, speed=state.speed, looked_ms=steady_ms())
