"""The exchange host's clock: one offset per host and process, measured and measured again (binance.md §2)."""

from __future__ import annotations

import threading
from collections.abc import Callable

from nof1web.adapters.binance.cache import AGAIN_MS, monotonic_ms, taken
from nof1web.errors import Transient

MEASURE_EVERY_MS = 600_000
SLOW_MS = 1_000
"""A round trip from which the half-way guess may miss the exchange's one second of tolerance."""

REMEMBERED = 256
"""stamps whose age is known: requests are sent right after theirs was told"""


class HostClock:
    """A host's time in ms since 1970: this machine's steady clock plus an offset; a stepped wall clock is harmless."""

    def __init__(self, *, steady: Callable[[], int] = monotonic_ms) -> None:
        self._steady = steady
        self._lock = threading.Lock()
        self._offset: int | None = None
        self._due = 0
        self._told: dict[int, int] = {}

    def now_ms(self, ask: Callable[[], int]) -> int:
        """Return the host's time; calls `ask` (the host's serverTime) first when unmeasured or after ten minutes.

        Raises what `ask` raises only while there is no offset at all.
        """
        offset = self._offset
        if offset is None or self._steady() >= self._due:
            # With an offset nobody waits for another's question, which may go through a slow proxy.
            with taken(self._lock, wait=offset is None) as mine:
                if mine or offset is None:
                    offset = self._current(ask)
        return self._steady() + offset

    def stamped_ms(self, ask: Callable[[], int]) -> int:
        """Return the host's time like `now_ms`, and remember when it was told: see `age_ms`."""
        stamp, now = self.now_ms(ask), self._steady()
        if len(self._told) >= REMEMBERED:
            # Another thread may be at it too: what it adds meanwhile may be forgotten.
            self._told = dict(list(self._told.items())[REMEMBERED // 2 :])
        self._told.setdefault(stamp, now)
        return stamp

    def _current(self, ask: Callable[[], int]) -> int:
        offset = self._offset
        if offset is None or self._steady() >= self._due:
            offset = self._offset = self._renewed(ask)
        return offset

    def age_ms(self, told: int) -> int:
        """Return how long ago, by the steady clock, this stamp was told; 0 when it was not, or many ago."""
        now = self._steady()
        return now - self._told.get(told, now)

    def forget(self) -> None:
        """Drop the offset: the host said that a timestamp was wrong (-1021, -5028)."""
        self._offset = None

    def _renewed(self, ask: Callable[[], int]) -> int:
        try:
            offset = self._measured(ask)
        except Transient:
            if self._offset is None:
                raise
            self._due = self._steady() + AGAIN_MS
            return self._offset
        self._due = self._steady() + MEASURE_EVERY_MS
        return offset

    def _measured(self, ask: Callable[[], int]) -> int:
        trip, offset = self._sample(ask)
        if trip >= SLOW_MS:
            trip, offset = min((trip, offset), self._sample(ask))
        return offset

    def _sample(self, ask: Callable[[], int]) -> tuple[int, int]:
        sent = self._steady()
        server = ask()
        received = self._steady()
        return received - sent, server - (sent + received) // 2


_clocks: dict[str, HostClock] = {}


def clock_of(host: str) -> HostClock:
    """Return this process's clock of a host (its base URL)."""
    return _clocks.setdefault(host, HostClock())
