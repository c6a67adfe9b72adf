"""The request weight that everybody on one egress shares towards one host: a token bucket in Redis (DESIGN §5)."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from redis import Redis, RedisError

from nof1web.errors import N_, Transient

Lane = Literal["exit", "protection", "entry", "sync", "read"]

DEFAULT_LIMIT = 2_400
"""Weight per minute until the host's own limit is known (binance.md §5, the lowest of the hosts)."""

RESERVE_PERCENT: dict[Lane, int] = {"exit": 0, "protection": 5, "entry": 15, "sync": 30, "read": 50}
"""The share of the burst that a lane leaves for the lanes above it."""

PATIENCE_MS: dict[Lane, int] = {"exit": 10_000, "protection": 10_000, "entry": 10_000, "sync": 5_000, "read": 2_000}
KEPT_SECONDS = 4 * 86_400
"""Longer than the longest ban, three days (binance.md §5)."""

# The balance is kept in thousandths of a weight. Refill: 80 % of the limit per minute; burst: 20 % of it. The clock is
# Redis's own. A weight that the lane could never gather is granted from a full bucket and repaid afterwards.
_OPEN = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local kept = redis.call('HMGET', KEYS[1], 'balance', 'at', 'stop', 'limit', 'used')
local limit = tonumber(ARGV[1])
if limit == 0 then limit = tonumber(kept[4] or ARGV[2]) end
local burst, rate = limit * 200, limit * 800 / 60000
local balance = math.min(burst, tonumber(kept[1] or burst) + (now - tonumber(kept[2] or now)) * rate)
local stop = math.max(0, tonumber(kept[3] or 0) - now)
local function keep()
  redis.call('HSET', KEYS[1], 'balance', string.format('%.0f', balance), 'at', string.format('%.0f', now))
  redis.call('EXPIRE', KEYS[1], ARGV[3])
end
"""
_TAKE = (
    _OPEN
    + """
local weight, reserve = ARGV[4] * 1000, burst * ARGV[5] / 100
if stop > 0 then return math.ceil(stop) end
if weight > 0 then
  local needed = math.min(weight + reserve, burst)
  if balance < needed then return math.ceil((needed - balance) / rate) end
  balance = balance - weight
  keep()
end
return 0
"""
)
_NOTE = (
    _OPEN
    + """
balance = math.min(balance, (limit - ARGV[4]) * 1000)
keep()
redis.call('HSET', KEYS[1], 'used', ARGV[4])
return 0
"""
)
_STOP = (
    _OPEN
    + """
redis.call('HSET', KEYS[1], 'stop', string.format('%.0f', now + math.max(stop, tonumber(ARGV[4]))))
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 0
"""
)
_LEARN = (
    _OPEN
    + """
local known = tonumber(kept[4] or ARGV[2])
if tonumber(ARGV[1]) == 0 then balance = math.max(0, balance + (ARGV[4] - known) * 200) end
keep()
redis.call('HSET', KEYS[1], 'limit', ARGV[4])
return 0
"""
)
_METER = (
    _OPEN
    + """
return {limit, math.floor(balance / 1000), burst / 1000, tonumber(kept[5] or 0), math.ceil(stop)}
"""
)


@dataclass(frozen=True, slots=True)
class Meter:
    """A budget as it stands: weights; `used` is what the host last counted in its minute."""

    host: str
    egress: str
    limit_per_minute: int
    balance: int
    burst: int
    used: int
    stopped_until: datetime | None


class Budget:
    """Spends weight in Redis for (host, egress). `limit_per_minute` None takes what `learn` was told."""

    def __init__(
        self,
        redis: Redis,
        *,
        host: str,
        egress: str,
        limit_per_minute: int | None,
        clock: Callable[[], datetime],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._host, self._egress, self._limit = host, egress, limit_per_minute
        self._clock, self._pause = clock, pause
        self._redis = redis
        self._key = f"budget:{host}:{egress}"
        self._take, self._note, self._stop, self._meter = map(redis.register_script, (_TAKE, _NOTE, _STOP, _METER))
        self._learn = redis.register_script(_LEARN)

    def take(self, weight: int, lane: Lane, *, wait_ms: int | None = None) -> None:
        """Spend `weight`, waiting up to `wait_ms` (else the lane's own patience); Transient when that is not enough.

        A weight of 0 (orders) never waits: its timestamp ages. It is only refused while the egress is stopped.
        """
        patience = 0 if weight == 0 else PATIENCE_MS[lane] if wait_ms is None else wait_ms
        while True:
            missing_ms = self._missing_ms(weight, lane)
            if missing_ms == 0:
                return
            if missing_ms > patience:
                raise Transient(
                    N_("%(host)s allows no further request from %(egress)s for %(seconds)s s. It will be tried again."),
                    retry_after=-(-missing_ms // 1_000),
                    host=self._host,
                    egress=self._egress,
                    seconds=-(-missing_ms // 1_000),
                )
            self._pause(missing_ms / 1_000)
            patience -= missing_ms

    def note(self, used_weight: int) -> None:
        """Take over the host's own count of this minute where it is the stricter one."""
        self._tell(self._note, used_weight)

    def stop(self, until: datetime) -> None:
        """Keep everybody on this egress from this host until then (429, 418)."""
        self._tell(self._stop, max(0, (until - self._clock()) // timedelta(milliseconds=1)))

    def learn(self, limit_per_minute: int) -> None:
        """Remember the host's own limit for whoever was not given one; a larger one fills the bucket by as much."""
        self._tell(self._learn, limit_per_minute)

    def meter(self) -> Meter:
        """Return how the budget stands; raises redis.RedisError when Redis doesn't answer."""
        limit, balance, burst, used, stop_ms = self._run(self._meter)
        until = self._clock() + timedelta(milliseconds=stop_ms) if stop_ms else None
        return Meter(self._host, self._egress, limit, balance, burst, used, until)

    def _missing_ms(self, weight: int, lane: Lane) -> int:
        try:
            return int(self._run(self._take, weight, RESERVE_PERCENT[lane]))
        except RedisError as error:
            raise Transient(
                N_("The request budget in Redis can't be reached. It will be tried again; check that Redis runs.")
            ) from error

    def _tell(self, script: Any, value: int) -> None:
        # an answer of the exchange is already in hand: it must not be lost because Redis is away
        with suppress(RedisError):
            self._run(script, value)

    def _run(self, script: Any, *values: int) -> Any:
        return script(keys=[self._key], args=[self._limit or 0, DEFAULT_LIMIT, KEPT_SECONDS, *values])


class NoBudget:
    """Budget's interface without Redis, for tools and tests: grants everything, remembers nothing."""

    def take(self, weight: int, lane: Lane, *, wait_ms: int | None = None) -> None:
        """Grant it."""

    def note(self, used_weight: int) -> None:
        """Forget it."""

    def stop(self, until: datetime) -> None:
        """Forget it."""

    def learn(self, limit_per_minute: int) -> None:
        """Forget it."""

    def meter(self) -> Meter:
        """Return an empty meter."""
        return Meter("", "", 0, 0, 0, 0, None)
