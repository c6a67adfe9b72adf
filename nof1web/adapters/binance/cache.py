"""Facts of a host that every account on it shares: loaded once an hour per process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from nof1web.errors import Transient

HOUR_MS = 3_600_000
AGAIN_MS = 60_000
STEP_SECONDS = 0.5

T = TypeVar("T")


def monotonic_ms() -> int:
    """Return a clock in ms that never jumps."""
    return time.monotonic_ns() // 1_000_000


@contextmanager
def taken(lock: threading.Lock, *, wait: bool) -> Iterator[bool]:
    """Take a lock and tell whether that was possible, at once unless it is to `wait`.

    It waits in small steps: between them a job whose deadline is over can be ended.
    """
    mine = lock.acquire(blocking=False)
    while wait and not mine:
        mine = lock.acquire(timeout=STEP_SECONDS)
    try:
        yield mine
    finally:
        if mine:
            lock.release()


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """A value, when it was loaded and until when it serves without asking; ms of the cache's clock."""

    value: T
    loaded_ms: int
    until_ms: int


class HourCache(Generic[T]):
    """One value per key for an hour. When a refresh is Transient the last value serves for another minute."""

    def __init__(self, *, clock: Callable[[], int] = monotonic_ms) -> None:
        self._clock = clock
        self._turns: dict[str, threading.Lock] = {}
        self._values: dict[str, Kept[T]] = {}

    def get(self, key: str, load: Callable[[], T]) -> T:
        """Return the value of `key`, loading it when it is missing or older than an hour.

        While somebody loads it anew the old one serves: nobody waits for another's request but for the first.
        """
        kept = self._values.get(key)
        if kept is not None and self._clock() < kept.until_ms:
            return kept.value
        with taken(self._turns.setdefault(key, threading.Lock()), wait=kept is None) as mine:
            return self._renewed(key, load) if mine or kept is None else kept.value

    def _renewed(self, key: str, load: Callable[[], T]) -> T:
        now, kept = self._clock(), self._values.get(key)
        if kept is not None and now < kept.until_ms:
            return kept.value
        try:
            kept = Kept(load(), now, now + HOUR_MS)
        except Transient:
            if kept is None:
                raise
            kept = replace(kept, until_ms=now + AGAIN_MS)
        self._values[key] = kept
        return kept.value

    def age_ms(self, key: str) -> int | None:
        """Return how long ago the value of `key` was loaded, None when it never was; loads nothing."""
        kept = self._values.get(key)
        return None if kept is None else self._clock() - kept.loaded_ms
