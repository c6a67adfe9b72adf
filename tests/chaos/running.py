"""Runs a plan: the exchange, the sources, the clock and the workers take turns, second by second of virtual time."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import structlog

from nof1web import wiring
from nof1web.adapters.binance import clock, exchange, market
from nof1web.adapters.binance.cache import HourCache
from nof1web.core.records import CredentialState
from nof1web.core.trading import Environment
from nof1web.jobs import rebuild
from nof1web.services import kill_points
from nof1web.sim.clock import SimClock
from nof1web.sim.engine import new_exchange
from nof1web.sim.http import create_app
from nof1web.sim.world import FeedState, World
from tests.chaos.drawing import PRICES
from tests.chaos.hands import Hands
from tests.chaos.happening import DOES
from tests.chaos.installation import BALANCE, FEED_SECONDS, HOST, SYNC_SECONDS, USERS, Site, site
from tests.chaos.invariants import violations
from tests.chaos.outcome import Outcome
from tests.chaos.plan import Event, Plan
from tests.chaos.story import story
from tests.chaos.wire import Time, Wire, plugged
from tests.chaos.worker import Arm, Workers

MARKS_MS, SLACK = 5_000, timedelta(seconds=10)
ORDERS = ("/fapi/v1/order", "/fapi/v1/algoOrder")


class NoArena:
    """No arena of the exchange's own: the run's sources are scripted."""

    def step(self, market: object, now_ms: int) -> None: ...

    def payload(self, **asked: object) -> tuple[str, str]:
        return "{}", ""

    def take_changes(self) -> dict[tuple[str, str], object]:
        return {}


class Run:
    """One plan being carried out."""

    def __init__(self, plan: Plan, home: Site) -> None:
        self.plan, self.site, self.time = plan, home, home.time
        self.world = _world(home.time)
        self.wire = Wire(create_app(self.world, sleep=home.time.sleep), home.time, plan.seed)
        self.wire.sent, self.wire.answered = self._sent, self._answered
        plugged(self.wire)
        self.hands = Hands(self.world.exchange)
        self.accounts = []
        for number, account in enumerate(plan.accounts):
            made = self.world.exchange.open_account(BALANCE, hedge=account.hedge, now_ms=self.time.now_ms)
            key = self.world.keys.issue(made.account_id, {}, now_ms=self.time.now_ms)
            home.add(number, account, {"api_key": key.api_key, "api_secret": key.api_secret})
            self.accounts.append((made, key.api_key))
        self.workers = Workers(home, lambda seconds: self.until(self.time.now_ms + seconds * 1000), self._note)
        self.next = 0
        self.backups: dict[tuple[int, str], bytes] = {}
        self.restored: dict[int, int] = {}
        self.waiting: list[Event] = []
        self.stopped_until = self.marked_ms = 0
        self.skewed = timedelta(0)
        self.unjournaled: list[str] = []
        self.notes: list[tuple[int, str]] = []
        self.counts: Counter[str] = Counter()

    def carry_out(self) -> None:
        """Let everything happen, then let things calm down."""
        self.until(self.plan.start_ms + self.plan.lasts * 1000)
        self._calm()
        self.until(self.time.now_ms + self.plan.settles * 1000)

    def until(self, end_ms: int) -> None:
        """Let time pass, a second at a time."""
        while self.time.now_ms < end_ms:
            self.time.now_ms = min(self.time.now_ms - self.time.now_ms % 1000 + 1000, end_ms)
            self.world.exchange.step(self.time.now_ms)
            self._happens()
            if not self.site.memory.away and self.time.now_ms >= self.stopped_until:
                self._tick()
                self.workers.work()

    def _tick(self) -> None:
        """Ask for what is due, as the scheduler's tick does each second (nof1web/jobs/tick.py)."""
        home, now = self.site, self.site.clock()
        queue, index = home.queue, home.queue.index
        if self.skewed - home.skew > SLACK:
            home.memory.put_back((self.skewed - home.skew).total_seconds())
        self.skewed = home.skew
        for source in home.sources:
            index.plan_source(source, now, keep=True)
        for source in index.due_sources(now, FEED_SECONDS):
            queue.read_source(source)
        if self.time.now_ms - self.marked_ms >= MARKS_MS:
            self.marked_ms = self.time.now_ms
            queue.read_marks(Environment.TESTNET)
        wakes = index.due_wakes(now)
        queue.cycles(index.credentials(wakes))
        index.woken(wakes)
        queue.syncs(index.due_syncs(HOST, now, SYNC_SECONDS))
        rebuild.some(home, seconds=math.inf)  # type: ignore[arg-type]

    def _happens(self) -> None:
        events, passed = self.plan.events, (self.time.now_ms - self.plan.start_ms) // 1000
        while self.next < len(events) and events[self.next].at <= passed:
            self.next += 1
            self._do(events[self.next - 1])
        for event in self.waiting if not self.workers.paused else ():
            self._restore(event.what)
        self.waiting = self.waiting if self.workers.paused else []

    def _do(self, event: Event) -> None:
        what = event.what
        if event.kind.startswith("hand_"):
            self.hands.do(event.kind.removeprefix("hand_"), self.accounts[what["account"]][0], what, self.time.now_ms)
        elif event.kind in ("kill", "pause"):
            arm = Arm(event.kind, what["nth"], what.get("seconds", 0))
            self.workers.arms.setdefault(f"c_{what['account']}", []).append(arm)
        elif event.kind == "restore":
            # Whoever restores stops everything first.
            self.waiting.append(event)
        else:
            DOES[event.kind](self, what)

    def backup(self, what: Any) -> None:
        """Keep a tenant's database as it is."""
        self.backups[what["user"], what["name"]] = self.site.backup(USERS[what["user"]])

    def _restore(self, what: Any) -> None:
        image = self.backups.get((what["user"], what["name"]))
        if image is not None:
            self.site.restore(USERS[what["user"]], image)
            self.site.memory.empty()
            self.workers.begin()
            self.stopped_until = self.time.now_ms + what["seconds"] * 1000
            self.restored[what["user"]] = self.time.now_ms
            self.counts["restores"] += 1

    def set_state(self, number: int, state: CredentialState) -> None:
        """A person presses pause or resume."""
        user_id = USERS[self.plan.accounts[number].user]
        with self.site.tenants(user_id) as store:
            store.credentials.set_state(f"c_{number}", state)
        if not self.site.memory.away:
            self.site.queue.cycle(user_id, f"c_{number}", front=True)

    def _calm(self) -> None:
        """Nothing goes wrong any more, and persons let go on what was stopped."""
        self.world.faults.clear()
        self.wire.unreachable_until, self.site.scripted.trouble = 0, None
        self.workers.arms.clear()
        self.site.memory.away_until = None
        self.world.clock.skew_ms = 0
        for number in range(len(self.plan.accounts)):
            self.set_state(number, CredentialState.RUNNING)

    def _sent(self, method: str, path: str, params: dict[str, str]) -> None:
        """What mutates is on its way: what is placed has to be journaled by now."""
        self._note(f"{self.workers.whose} sends {method} {path} {params.get('symbol')} {params.get('quantity')}")
        name = params.get("newClientOrderId") or (params.get("clientAlgoId") if method == "POST" else "")
        if path not in ORDERS or method != "POST" or not name:
            return
        self.workers.sending(name)
        if not self._journaled(name):
            self.unjournaled.append(name)

    def _note(self, text: str) -> None:
        self.notes.append((self.time.now_ms, text))

    def _answered(self, method: str, path: str, params: dict[str, str]) -> None:
        self.workers.reached(f"answer of {method} {path.rpartition('/')[2]}")

    def _journaled(self, name: str) -> bool:
        for user_id in USERS:
            with self.site.stores(user_id) as store:
                rows = store._file.rows(_NAMED, (name, name))
                if rows and not store._file._database().conn.in_transaction:
                    return True
        return False


_NAMED = "SELECT 1 FROM intents WHERE client_order_id = ? UNION SELECT 1 FROM protections WHERE client_algo_id = ?"


def run(plan: Plan, *, lines: list[str] | None = None) -> Outcome:
    """Carry a plan out and say what is wrong in the end; `lines` is given the run's story."""
    with begun(plan) as made:
        try:
            made.carry_out()
            return violations(made)
        finally:
            if lines is not None:
                lines += story(made)


@contextmanager
def begun(plan: Plan) -> Iterator[Run]:
    """Set a plan's world up; in the end everything global is as it was."""
    hooks, built, chance = list(kill_points._hooks), dict(wiring._built), random.getstate()
    random.seed(plan.seed)
    # What an earlier run of this process learnt of the exchange would spare this one its questions, and their time.
    clock._clocks.clear()
    exchange._instruments, market._rules = HourCache(), HourCache()
    time = Time(plan.start_ms)
    with structlog.testing.capture_logs(), site(plan, time) as home:
        made = Run(plan, home)
        kill_points._hooks[:] = [made.workers.reached]
        wiring._built["wiring"] = home
        try:
            yield made
        finally:
            random.setstate(chance)
            kill_points._hooks[:] = hooks
            wiring._built.clear()
            wiring._built.update(built)


def _world(time: Time) -> World:
    made = new_exchange(seed=1, now_ms=time.now_ms)
    made.market.frozen = True
    made.set_prices(PRICES, now_ms=time.now_ms)
    # The exchange's own clock is the run's.
    world = World(exchange=made, feed=NoArena(), feed_state=FeedState(time.now_ms), clock=SimClock(wall=time))
    world.limits.weight = 10**9
    return world
