"""Facts of a host that every account on it shares: loaded once an hour per process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from nof1web.errors import Transient

HOUR_MS = 3_600_000
AGAIN_MS = 60_000

T = TypeVar("T")


def monotonic_ms() -> int:
    """Return a clock in ms that never jumps."""
    return time.monotonic_ns() // 1_000_000


class HourCache(Generic[T]):
    """One value per key for an hour. When a refresh is Transient the last value serves for another minute."""

    def __init__(self, *, clock: Callable[[], int] = monotonic_ms) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._values: dict[str, tuple[int, T]] = {}

    def get(self, key: str, load: Callable[[], T]) -> T:
        """Return the value of `key`, loading it when it is missing or older than an hour."""
        with self._lock:
            now, kept = self._clock(), self._values.get(key)
            if kept is not None and now < kept[0]:
                return kept[1]
            try:
                value, until = load(), now + HOUR_MS
            except Transient:
                if kept is None:
                    raise
                value, until = kept[1], now + AGAIN_MS
            self._values[key] = (until, value)
            return value
