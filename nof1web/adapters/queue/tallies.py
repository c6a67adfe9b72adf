"""What monitoring counts, in Redis, for all processes together."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from redis import Redis
from redis.exceptions import RedisError

from nof1web.errors import N_, Unavailable

TALLY = "tally:"


class RedisTallies:
    """Implements services.ports.Tallies; begins anew with Redis, as a restarted process' counters would."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def add(self, of: str, counts: Mapping[str, int]) -> None:
        """Add to the counts of a thing; while Redis doesn't answer nothing is counted."""
        with suppress(RedisError), self._redis.pipeline(transaction=True) as pipeline:
            for name, count in counts.items():
                pipeline.hincrby(TALLY + of, name, count)
            pipeline.execute()

    def read(self, of: str) -> Mapping[str, int]:
        """Return the counts of a thing; Unavailable while Redis doesn't answer."""
        try:
            found = self._redis.hgetall(TALLY + of)
        except RedisError as error:
            raise Unavailable(N_("Redis does not answer. Start everything with: flask nof1 up")) from error
        return {str(name, "ascii"): int(count) for name, count in found.items() if isinstance(name, bytes)}
