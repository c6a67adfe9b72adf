"""How often in a row a credential's jobs have failed; forgotten with Redis, which only delays the breaker."""

from __future__ import annotations

from redis import Redis

from nof1web.adapters.queue.names import member

FAILURES = "failures"


class Failures:
    """Counts failures in a row by kind, for all workers together."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    def count(self, user_id: str, credential_id: str, kind: str) -> int:
        """Count one more; return how many of this kind there were since the last success."""
        return int(self.redis.hincrby(FAILURES, f"{member(user_id, credential_id)}|{kind}", 1))

    def clear(self, user_id: str, credential_id: str, *kinds: str) -> None:
        """Forget the failures of these kinds: a job went well."""
        self.redis.hdel(FAILURES, *(f"{member(user_id, credential_id)}|{kind}" for kind in kinds))
