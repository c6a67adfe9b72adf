"""A recording as a signal source: stored readings again, at any speed, parsed by the source they came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from nof1web.core.signals import Reading
from nof1web.errors import N_, FeedError, Transient
from nof1web.services.ports import Recorded

Parse = Callable[[bytes], Reading]


class ReplayFeed:
    """The Feed port over readings in the order of their times; `speed` seconds of them pass in each of the clock's.

    The first is due at once, and each is read once, however late. It speaks under the recorded source's name:
    decisions don't know that it is a replay.
    """

    def __init__(
        self, name: str, readings: Iterable[Recorded], parse: Parse, *, clock: Callable[[], datetime], speed: int = 1
    ) -> None:
        self.name, self.parse, self._clock, self._speed = name, parse, clock, speed
        self._left = iter(readings)
        self._next = next(self._left, None)
        self._began_at = clock()
        self._first_at = self._next.at if self._next else self._began_at

    def read(self, marker: int | None) -> Reading | None:
        """Return the reading that is due, None when nothing is or nothing had changed; FeedError where it had failed.

        Transient once the recording is over: from then on its signals age.
        """
        found = self._next
        if found is None:
            raise Transient(N_("The recording is over."))
        if found.at > self._first_at + (self._clock() - self._began_at) * self._speed:
            return None
        self._next = next(self._left, None)
        if found.again:
            return None
        if found.raw is None:
            raise FeedError(N_("The recorded source had no usable answer at this time."))
        return self.parse(found.raw)

    def stored(self) -> None:
        """Nothing has to be remembered: a recording doesn't change."""
