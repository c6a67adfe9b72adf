"""What may be asked of a source, in Redis: the reader and everybody who looks something up spend the same weight."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from nof1web.adapters.budget.bucket import NO_REDIS
from nof1web.errors import Transient

_KEPT_SECONDS = 3600
# KEYS 1 the bucket; ARGV 1 time in ms or "", 2 burst, 3 thousandths of a weight a second, 4 weight to spend, 5 least
# that has to be there for it. The balance is in thousandths; returns whether it was spent, and what is left.
_SPEND = """
local now = tonumber(ARGV[1])
if now == nil then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local kept = redis.call('HMGET', KEYS[1], 'balance', 'at')
local burst, passed = ARGV[2] * 1000, math.max(0, now - tonumber(kept[2] or now))
local balance = math.min(burst, tonumber(kept[1] or burst) + passed * ARGV[3] / 1000)
local granted = 0
if balance >= ARGV[5] * 1000 then granted, balance = 1, balance - ARGV[4] * 1000 end
redis.call('HSET', KEYS[1], 'balance', string.format('%.3f', balance), 'at', string.format('%.0f', now))
redis.call('EXPIRE', KEYS[1], """ + f"{_KEPT_SECONDS})\nreturn {{granted, math.floor(balance / 1000)}}\n"
_ANYHOW = -1_000_000


class SharedBucket:
    """Grants at most `limit` in any minute to all processes: a tenth of it at once, the rest as it flows in.

    What turns out to cost more is owed, up to `debt`, for which room is left in the limit. Transient while
    Redis doesn't answer. `name` tells host and egress; `ticks` tells the time in ms in place of Redis's clock.
    """

    def __init__(self, redis: Redis, name: str, limit: int, *, debt: int, ticks: Any = None) -> None:
        self._script, self._key, self._ticks = redis.register_script(_SPEND), f"weights:{name}", ticks
        self._burst = limit // 10
        self._rate = (limit - debt - self._burst) * 1000 // 60

    @property
    def left(self) -> int:
        """What could be spent now."""
        return self._spend(0, _ANYHOW)[1]

    def take(self, weight: int, *, keep: int = 0) -> bool:
        """Spend a weight now; False when there is not so much left, and `keep` besides."""
        return bool(self._spend(weight, weight + keep)[0])

    def owe(self, weight: int) -> None:
        """Spend what something that was granted has cost besides; not while Redis doesn't answer."""
        # an answer of the source is already in hand: it must not be lost because Redis is away
        with suppress(Transient):
            self._spend(weight, _ANYHOW)

    def _spend(self, weight: int, least: int) -> tuple[int, int]:
        now = "" if self._ticks is None else self._ticks()
        try:
            granted, left = self._script(keys=[self._key], args=[now, self._burst, self._rate, weight, least])
        except RedisError as error:
            raise Transient(NO_REDIS) from error
        return granted, left
