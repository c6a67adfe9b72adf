"""Workers as processes of their own that stop (SIGSTOP) at a kill point, on an installation with real leases."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from nof1web import config, wiring
from nof1web.adapters.embedded_redis import connect
from nof1web.core import book
from nof1web.core.records import Tracker
from nof1web.core.signals import AgentRecord
from nof1web.jobs.child import Child
from nof1web.jobs.leases import Timing
from nof1web.jobs.worker import claim_fence
from nof1web.services import credentials, halting, kill_points
from nof1web.services.ids import new_id
from nof1web.services.kill_points import KillPoint
from nof1web.services.stores import User
from tests.e2e.forked import context
from tests.exchange_process import ExchangeProcess
from tests.services.stage import a_position


@dataclass(frozen=True, slots=True)
class StopAt:
    """Stops its process, once, when it reaches a point for the nth time (from 1)."""

    point: KillPoint
    nth: int = 1
    seen: list[KillPoint] = field(default_factory=list)

    def __call__(self, reached: KillPoint) -> None:
        self.seen.append(reached)
        if reached is self.point and self.seen.count(reached) == self.nth:
            os.kill(os.getpid(), signal.SIGSTOP)


class Worker:
    """A worker process; `stops` is where, None: it works on."""

    def __init__(self, env: Mapping[str, str], timing: Timing, stops: StopAt | None) -> None:
        self.process: BaseProcess = context.Process(target=_work, args=(dict(env), timing, stops), daemon=True)
        self.process.start()

    @property
    def stopped(self) -> bool:
        """Whether the kernel says that the process is stopped."""
        state = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state == "T"

    def goes_on(self) -> None:
        """Wake the process up."""
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGCONT)


def _work(env: dict[str, str], timing: Timing, stops: StopAt | None) -> None:
    made = config.load(env)
    wiring.ports(made)
    if stops is not None:
        kill_points.listen(stops)
    Child(connect(made), claim_fence, timing=timing).run()


class Installation:
    """A user whose credentials follow one agent each on the built-in exchange; workers come and go."""

    def __init__(self, w: wiring.Wiring, env: Mapping[str, str], exchange: ExchangeProcess) -> None:
        self.w, self.env, self.exchange = w, env, exchange
        self.user = User(new_id("u"), "anna@example.org", "x", "user", True, "en", w.clock())
        w.registry.add_user(self.user)

    def follows(self, name: str) -> tuple[str, str]:
        """Add a credential that follows an agent which just opened 0.1 BTC; return its id and the account's."""
        key: dict[str, Any] = self.exchange.post("/sim/keys", balance="10000")
        typed = {"api_key": key["api_key"], "api_secret": key["api_secret"]}
        made, _ = credentials.add(self.w, self.user.id, name=name, environment="testnet", **typed)
        halting.change(self.w, self.user.id, made.id, "start")
        at, chosen = self.w.clock(), {"mode": "trade", "total_margin": "1000", "interval": "1"}
        with self.w.tenants(self.user.id) as store:
            store.trackers.add(Tracker(new_id("t"), made.id, name, "nof1", name, True, at, at, chosen))
        flat = book.first("nof1", AgentRecord(name, at, Decimal(10000), ()), at)
        opened = AgentRecord(name, self.w.clock(), Decimal(10000), (a_position(stop="57000"),))
        self.w.market.put_signals([book.advance(flat, opened, opened.recorded_at)])
        return made.id, str(key["account_id"])

    def asks(self, credential_id: str) -> None:
        """Ask for a cycle, as the tick does again and again."""
        self.w.queue.cycle(self.user.id, credential_id)

    def fills(self, account_id: str) -> list[Decimal]:
        """The quantities the account bought or sold, order by order."""
        rows = self.exchange.account(account_id)["orders"]
        return [Decimal(each["executedQty"]) for each in rows if Decimal(each["executedQty"])]

    def stops(self, account_id: str) -> list[Decimal]:
        """The quantities of the stops that rest."""
        rows = self.exchange.account(account_id)["algo_orders"]
        return [Decimal(each["quantity"]) for each in rows if each["algoStatus"] == "NEW"]

    def held(self, credential_id: str) -> list[Decimal]:
        """What the credential believes to hold."""
        with self.w.tenants(self.user.id) as store:
            return [each.quantity for each in store.trackers.epochs(credential_id) if each.quantity]


@contextmanager
def installation(folder: Path, redis_url: str, exchange: ExchangeProcess) -> Iterator[Installation]:
    """Wire an installation that trades on this exchange; forgotten at the end."""
    env = {
        "NOF1_MODE": "demo",
        "NOF1_TENANTS_DIR": str(folder),
        "REDIS_URL": redis_url,
        "PORT": "9",
        "BINANCE_TESTNET_URL": exchange.url,
    }
    w = wiring.ports(config.load(env))
    try:
        w.install()
        yield Installation(w, env, exchange)
    finally:
        w.tenants.close()
        wiring._built.clear()


def wait_for(true: Callable[[], object], what: str, seconds: float = 30) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        time.sleep(0.05)
