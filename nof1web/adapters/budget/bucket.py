"""Spends what a host allows: weight from a token bucket in Redis shared by all processes, orders per account."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from redis import Redis, RedisError

from nof1web.adapters.budget import scripts
from nof1web.adapters.budget.meters import (
    DEFAULT_LIMIT,
    LANES,
    ORDERS_1M,
    ORDERS_10S,
    ORDERS_PERCENT,
    PATIENCE_MS,
    RESERVE_PERCENT,
    Lane,
    Meter,
    OrderMeter,
)
from nof1web.errors import N_, OverBudget, Transient

KEPT_SECONDS = 4 * 86_400
"""Longer than the longest ban, three days (binance.md §5)."""
ORDERS_KEPT_SECONDS = 3_600
_ALL = "budgets"
_NO_WEIGHT = N_("%(host)s allows no further request from %(egress)s for %(seconds)s s. It will be tried again.")
_NO_ORDERS = N_("%(host)s allows this account no further order for %(seconds)s s. It will be tried again.")
NO_REDIS = N_("The request budget in Redis can't be reached. It will be tried again; check that Redis runs.")


class Budget:
    """Spends weight in Redis for (host, egress). `limit_per_minute` None takes what `learn` was told.

    `ticks` tells the time in ms in place of Redis's clock: for measurements that can't wait for minutes to pass.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        host: str,
        egress: str,
        limit_per_minute: int | None,
        clock: Callable[[], datetime],
        pause: Callable[[float], None] = time.sleep,
        ticks: Callable[[], int] | None = None,
    ) -> None:
        self._redis, self._host, self._egress, self._limit = redis, host, egress, limit_per_minute
        self._clock, self._pause, self._ticks = clock, pause, ticks
        self._keys = [f"budget:{host}:{egress}", _ALL]
        self._scripts = {
            name: redis.register_script(getattr(scripts, name))
            for name in ("TAKE", "NOTE", "STOP", "LEARN", "METER", "ORDER", "NOTE_ORDERS", "HOLD_ORDERS", "ORDER_METER")
        }

    def take(self, weight: int, lane: Lane, *, wait_ms: int | None = None) -> None:
        """Spend `weight`, waiting up to `wait_ms` (else the lane's own patience); OverBudget when that is not enough.

        A weight of 0 (orders) never waits: its timestamp ages. It is only refused while the egress is stopped.
        """
        patience = 0 if weight == 0 else PATIENCE_MS[lane] if wait_ms is None else wait_ms
        while True:
            missing_ms = self._asked("TAKE", weight, RESERVE_PERCENT[lane], lane)
            if missing_ms == 0:
                return
            if missing_ms > patience:
                raise self._refusal(_NO_WEIGHT, missing_ms)
            self._pause(missing_ms / 1_000)
            patience -= missing_ms

    def note(self, used_weight: int) -> None:
        """Take over the host's own count of this minute where it is the stricter one."""
        self._tell("NOTE", used_weight)

    def stop(self, until: datetime) -> None:
        """Keep everybody on this egress from this host until then (429, 418)."""
        self._tell("STOP", self._ms_until(until))

    def learn(self, limit_per_minute: int) -> None:
        """Remember the host's own limit for whoever was not given one; a larger one fills the bucket by as much."""
        self._tell("LEARN", limit_per_minute)

    def order(self, account: str, lane: Lane) -> None:
        """Count an order of an account; OverBudget when it may send none now, or the egress is stopped.

        It never waits: its timestamp ages. Orders cost no weight.
        """
        missing_ms = self._asked("ORDER", ORDERS_PERCENT[lane], ORDERS_KEPT_SECONDS, account=account)
        if missing_ms:
            raise self._refusal(_NO_ORDERS if missing_ms > 0 else _NO_WEIGHT, abs(missing_ms))

    def note_orders(self, account: str, in_10s: int, in_1m: int) -> None:
        """Take over the host's own counts of an account's orders: others may trade on it as well."""
        self._tell("NOTE_ORDERS", in_10s, in_1m, ORDERS_KEPT_SECONDS, account=account)

    def hold_orders(self, account: str, until: datetime) -> None:
        """Have an account send no order until then (-1015)."""
        self._tell("HOLD_ORDERS", self._ms_until(until), ORDERS_KEPT_SECONDS, account=account)

    def learn_orders(self, limit_10s: int, limit_1m: int) -> None:
        """Remember how many orders the host lets an account send."""
        with suppress(RedisError):
            self._redis.hset(f"orders:{self._host}", mapping={"orders_10s": limit_10s, "orders_1m": limit_1m})

    def meter(self) -> Meter:
        """Return how the budget stands; raises redis.RedisError when Redis doesn't answer."""
        limit, balance, burst, used, stop_ms, *spent = self._run("METER")
        lanes = (dict(zip(LANES, part, strict=True)) for part in (spent[: len(LANES)], spent[len(LANES) :]))
        return Meter(self._host, self._egress, limit, balance, burst, used, self._at(stop_ms), *lanes)

    def order_meter(self, account: str) -> OrderMeter:
        """Return how many orders an account sent; raises redis.RedisError when Redis doesn't answer."""
        short, long, most_short, most_long, held_ms = self._run("ORDER_METER", account=account)
        return OrderMeter(short, long, most_short, most_long, self._at(held_ms))

    def _refusal(self, words: str, missing_ms: int) -> OverBudget:
        seconds = -(-missing_ms // 1_000)
        return OverBudget(words, retry_after=seconds, host=self._host, egress=self._egress, seconds=seconds)

    def _ms_until(self, until: datetime) -> int:
        return max(0, (until - self._clock()) // timedelta(milliseconds=1))

    def _at(self, ms: int) -> datetime | None:
        return self._clock() + timedelta(milliseconds=ms) if ms else None

    def _asked(self, name: str, *values: int | str, account: str = "") -> int:
        try:
            return int(self._run(name, *values, account=account))
        except RedisError as error:
            raise Transient(NO_REDIS) from error

    def _tell(self, name: str, *values: int, account: str = "") -> None:
        # an answer of the exchange is already in hand: it must not be lost because Redis is away
        with suppress(RedisError):
            self._run(name, *values, account=account)

    def _run(self, name: str, *values: int | str, account: str = "") -> Any:
        now = "" if self._ticks is None else self._ticks()
        if account:
            orders = f"orders:{self._host}"
            keys = [f"{orders}:{account}", f"{orders}:{account}:known", orders, self._keys[0]]
            return self._scripts[name](keys=keys, args=[now, ORDERS_10S, ORDERS_1M, *values])
        about = (self._limit or 0, DEFAULT_LIMIT, KEPT_SECONDS, f"{self._host} {self._egress}")
        return self._scripts[name](keys=self._keys, args=[now, *about, *values])


def known(redis: Redis) -> Iterable[tuple[str, str]]:
    """Return (host, egress) of every budget anybody spent from, sorted; raises redis.RedisError."""
    members: Any = redis.smembers(_ALL)
    pairs = (item.decode().split(" ", 1) for item in members)
    return sorted((host, egress) for host, egress in pairs)


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

    def order(self, account: str, lane: Lane) -> None:
        """Grant it."""

    def note_orders(self, account: str, in_10s: int, in_1m: int) -> None:
        """Forget it."""

    def hold_orders(self, account: str, until: datetime) -> None:
        """Forget it."""

    def learn_orders(self, limit_10s: int, limit_1m: int) -> None:
        """Forget it."""

    def meter(self) -> Meter:
        """Return an empty meter."""
        return Meter("", "", 0, 0, 0, 0, None, {}, {})
