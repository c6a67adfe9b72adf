"""How much may be asked of a source (nof1.md §6: 1,200 of weight a minute), spread so that nobody waits long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol


class Weights(Protocol):
    """What may still be asked; shared by everybody who asks. All but `owe` raise Transient when nobody can tell."""

    @property
    def left(self) -> int:
        """What could be spent now."""
        ...

    def take(self, weight: int, *, keep: int = 0) -> bool:
        """Spend a weight now; False when there is not so much left, and `keep` besides."""
        ...

    def owe(self, weight: int) -> None:
        """Spend what something that was granted has cost besides."""
        ...


class Bucket:
    """Weights of one process. Grants at most `limit` in any minute: a tenth of it at once, the rest as it flows in.

    What turns out to cost more is owed, up to `debt`, for which room is left in the limit. Safe in several threads.
    `clock` gives monotonic seconds.
    """

    def __init__(self, limit: int, *, debt: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._clock, self._turn = limit // 10, clock, threading.Lock()
        self._per_second = (limit - debt - self._burst) / 60
        self._left, self._at = 1.0 * self._burst, clock()

    @property
    def left(self) -> int:
        """What could be spent now."""
        with self._turn:
            return int(self._flow())

    def take(self, weight: int, *, keep: int = 0) -> bool:
        """Spend a weight now; False when there is not so much left, and `keep` besides."""
        with self._turn:
            if self._flow() < weight + keep:
                return False
            self._left -= weight
            return True

    def owe(self, weight: int) -> None:
        """Spend what something that was granted has cost besides."""
        with self._turn:
            self._flow()
            self._left -= weight

    def _flow(self) -> float:
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        return self._left
