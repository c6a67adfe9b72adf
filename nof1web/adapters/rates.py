"""How often a token was used in the present minute, counted in Redis for all web processes together."""

from __future__ import annotations

from redis import Redis
from redis.exceptions import RedisError

from nof1web.services.ports import Clock

WINDOW_SECONDS = 60


class RedisRates:
    """services.ports.Rates. Loses its counts with Redis, which only means that a minute begins anew."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock

    def count(self, name: str) -> tuple[int, int]:
        """Count one more use; return how many there were in this minute, and the seconds until the next.

        While Redis doesn't answer nothing is counted: reading goes on as it does on pages.
        """
        minute, second = divmod(int(self._clock().timestamp()), WINDOW_SECONDS)
        key = f"rate:{name}:{minute}"
        try:
            with self._redis.pipeline() as pipe:
                pipe.incr(key)
                pipe.expire(key, 2 * WINDOW_SECONDS)
                used = int(pipe.execute()[0])
        except RedisError:
            used = 1
        return used, WINDOW_SECONDS - second
