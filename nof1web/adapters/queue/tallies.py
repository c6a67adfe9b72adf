"""What monitoring counts, in Redis, for all processes together."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from redis import Redis
from redis.exceptions import RedisError

from nof1web.errors import N_, Unavailable

TALLY = "tally:"


class _Gathered(threading.local):
    counts: Counter[tuple[str, str]] | None = None


class RedisTallies:
    """Implements services.ports.Tallies; begins anew with Redis, as a restarted process' counters would."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._gathered = _Gathered()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send what this thread adds within the block at its end, in one round trip."""
        counts = self._gathered.counts = Counter()
        try:
            yield
        finally:
            self._gathered.counts = None
            if counts:
                self._send(counts)

    def add(self, of: str, counts: Mapping[str, int]) -> None:
        """Add to the counts of a thing; while Redis doesn't answer nothing is counted."""
        found = Counter({(of, name): count for name, count in counts.items()})
        if self._gathered.counts is None:
            self._send(found)
        else:
            self._gathered.counts.update(found)

    def _send(self, counts: Counter[tuple[str, str]]) -> None:
        with suppress(RedisError), self._redis.pipeline(transaction=True) as pipeline:
            for (of, name), count in counts.items():
                pipeline.hincrby(TALLY + of, name, count)
            pipeline.execute()

    def read(self, of: str) -> Mapping[str, int]:
        """Return the counts of a thing; Unavailable while Redis doesn't answer."""
        try:
            found = self._redis.hgetall(TALLY + of)
        except RedisError as error:
            raise Unavailable(N_("Redis does not answer. Start everything with: flask nof1 up")) from error
        return {str(name, "ascii"): int(count) for name, count in found.items() if isinstance(name, bytes)}
