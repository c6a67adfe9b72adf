"""What an account costs of the shared weight, and how two thousand share one address: real scripts, moved clock."""

from __future__ import annotations

import heapq
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from redis import Redis

from nof1web.adapters.budget import Budget, Lane, room
from nof1web.errors import OverBudget
from tests.adapters.redis_server import redis_server
from tests.exchange_process import running_exchange
from tests.services.stage import Stage
from tests.services.test_weight import counted, holding_three
from tests.tools.table import Row

LIMIT, ACCOUNTS, MINUTES, SYNC_SECONDS = 2_400, 2_000, 45, 60
SYNC: tuple[tuple[int, Lane], ...] = ((5, "sync"), (1, "protection"), (1, "protection"))
WHOLE_EVERY_MS, LONGEST_MS, WHOLE = 30 * 60_000, 6 * 3_600_000, 15
ALONE = 31
BASE_MS = 1_795_000_020_000


def rows() -> Iterator[Row]:
    """Measure one account on the built-in exchange, then many in the budget alone."""
    yield from _one()
    with tempfile.TemporaryDirectory() as folder, redis_server(Path(folder)) as url, Redis.from_url(url) as redis:
        yield from _many(redis)


def _one() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder, running_exchange(Path(folder) / "exchange") as exchange:
        exchange.post("/sim/market", weight_limit=1_000_000)
        stage = Stage(exchange, Path(folder))
        holding_three(stage)
        with counted(stage) as till:
            for _ in range(ALONE):
                stage.skew += timedelta(minutes=1)
                stage.sync()
                stage.cycle()
        each = sum(till.spent.values()) / ALONE
        stage.stack.close()
    yield "weight of an account with 3 held symbols", f"{each:.1f}/min", f"one sync a minute, {ALONE} min"


class Crowd:
    """Accounts that are due every minute, entries and exits beside them, as the tick and the workers ask."""

    def __init__(self, redis: Redis) -> None:
        self.ms = BASE_MS
        self.budget = Budget(
            redis, host="fapi", egress="bench", limit_per_minute=LIMIT, clock=lambda: datetime.now(UTC),
            pause=self.wait, ticks=lambda: self.ms,
        )  # fmt: skip
        self.used: dict[int, Counter[str]] = {}
        self.due = [(self.ms + number * SYNC_SECONDS * 1000 // ACCOUNTS, number) for number in range(ACCOUNTS)]
        self.whole = {number: self.ms - number * WHOLE_EVERY_MS // ACCOUNTS for number in range(ACCOUNTS)}
        self.gaps: list[int] = []
        self.last: dict[int, int] = {}
        self.waited_ms = 0

    def wait(self, seconds: float) -> None:
        """Let the time pass."""
        self.ms += max(1, round(seconds * 1_000))

    def spend(self, weight: int, lane: Lane, *, patient: bool = True) -> None:
        """Take and count, as the host would and its answer tells."""
        before = self.ms
        self.budget.take(weight, lane, wait_ms=None if patient else 0)
        if lane in ("exit", "entry"):
            self.waited_ms = max(self.waited_ms, self.ms - before)
        spent = self.used.setdefault(self.ms // 60_000, Counter())
        spent[lane] += weight
        self.budget.note(sum(spent.values()))

    def second(self, number: int) -> None:
        """One tick: marks every 5 s, an entry and an exit each second, as many syncs as there is room for."""
        self.ms = max(self.ms, BASE_MS + number * 1_000)
        if number % 5 == 0:
            self.spend(10, "entry")
        self.spend(2, "entry")
        self.spend(1, "exit")
        for _ in range(room(self.budget.meter(), "sync") // 8):
            if self.due[0][0] > self.ms:
                break
            with suppress(OverBudget):
                self.sync(self.due[0][1])

    def sync(self, account: int) -> None:
        """Sync one, now and then with all there is to read."""
        weights, gap = list(SYNC), self.ms - self.last.get(account, self.ms)
        if self.ms - self.whole[account] >= min(WHOLE_EVERY_MS * max(1, gap // 60_000), LONGEST_MS):
            weights[0], self.whole[account] = (5 + WHOLE, "sync"), self.ms
        for weight, lane in weights:
            self.spend(weight, lane)
        if account in self.last:
            self.gaps.append(self.ms - self.last[account])
        self.last[account] = self.ms
        heapq.heapreplace(self.due, (max(self.ms, self.due[0][0]) + SYNC_SECONDS * 1000, account))


def _many(redis: Redis) -> Iterator[Row]:
    crowd = Crowd(redis)
    for number in range(MINUTES * 60):
        crowd.second(number)
    how = f"{ACCOUNTS} accounts with holdings, one address, limit {LIMIT}"
    minutes = [crowd.used[each] for each in sorted(crowd.used)][:-1]
    most = max(sum(each.values()) for each in minutes)
    yield "weight in the heaviest minute", f"{most} = {most * 100 // LIMIT} %", f"{how}, {MINUTES} min"
    for lane in ("exit", "protection", "entry", "sync"):
        spent = [each[lane] for each in minutes]
        yield f"  of it in lane {lane}", f"{min(spent)}–{max(spent)}/min", how
    gaps = sorted(crowd.gaps)
    yield "time between an account's syncs, median", f"{gaps[len(gaps) // 2] / 1000:.0f} s", "60 s asked for"
    yield "longest wait of an entry or exit for weight", f"{crowd.waited_ms} ms", "one of each per second"
