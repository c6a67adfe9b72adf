"""An installation on the exchange without a socket: real databases, services, jobs and client; Redis is in memory."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from nof1web.adapters.binance.exchange import BinanceExchange
from nof1web.adapters.binance.market import BinanceMarket
from nof1web.adapters.binance.signing import HmacSigner
from nof1web.adapters.paper.simulating import BookSimulator
from nof1web.adapters.store.market import SqliteMarket
from nof1web.adapters.store.registry import SqliteRegistry
from nof1web.adapters.store.tenants import Tenants
from nof1web.core.records import Credential, CredentialState, Tracker
from nof1web.core.trading import Environment
from nof1web.errors import N_, NotFound
from nof1web.services.key_stores import KeyFacts
from nof1web.services.ports import AccountPorts, Lease, TenantStore
from nof1web.services.stores import Installation, User
from tests.chaos.allowance import MemoryBudget
from tests.chaos.feed import ScriptedFeed
from tests.chaos.memory import Memory, MemoryBus, MemoryQueue
from tests.chaos.memory_redis import MemoryRedis
from tests.chaos.plan import Account, Plan
from tests.chaos.wire import URL, Time

HOST, CODE = "exchange", "caos"
USERS = ("u_" + "a" * 16, "u_" + "b" * 16)
BALANCE = Decimal(20000)
SYNC_SECONDS, FEED_SECONDS = 20, 5
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)
FAST = Path("/dev/shm")
"""a disk in memory, where there is one: runs are about order, not about the disk's speed"""


class LivingTenants:
    """services.ports.TenantStores of a process, none for one that is `dead`: it touches nothing any more."""

    def __init__(self, stores: Tenants) -> None:
        self.stores, self.dead = stores, False

    @contextmanager
    def __call__(self, user_id: str) -> Iterator[TenantStore]:
        if self.dead:
            raise NotFound(N_("There is no such user."))
        with self.stores(user_id) as store:
            yield store

    def all_ids(self) -> tuple[str, ...]:
        return USERS


class Site:
    """What jobs take for the wiring of their process."""

    blind = False

    def __init__(self, folder: Path, time: Time) -> None:
        self.folder, self.time, self.skew = folder, time, timedelta(0)
        self.memory = Memory(self.true_time)
        self.redis: Any = MemoryRedis(self.memory)
        self.queue, self.bus, self.budget = MemoryQueue(self.memory), MemoryBus(self.memory), MemoryBudget(self.memory)
        # What monitoring counts is of no use in a run.
        self.tallies = SimpleNamespace(add=lambda of, counts: None, together=nullcontext)
        self.config = SimpleNamespace(sync_seconds=SYNC_SECONDS, feed_seconds=FEED_SECONDS, keep_days=7)
        self.sources = ("nof1",)
        self.registry = SqliteRegistry(folder / "registry.db")
        self.market = SqliteMarket(folder / "market.db")
        self.stores = Tenants(folder, self.registry)
        self.tenants = LivingTenants(self.stores)
        self.scripted = ScriptedFeed(self.true_time)
        self.clients: dict[str, BinanceExchange] = {}
        self.public = BinanceMarket(base_url=URL, budget=self.budget)

    def true_time(self) -> datetime:
        """The time by the run's one clock."""
        return datetime.fromtimestamp(self.time.now_ms / 1000, UTC)

    def clock(self) -> datetime:
        """The time as this machine has it."""
        return self.true_time() + self.skew

    def feed(self, name: str) -> ScriptedFeed:
        """The source's reader."""
        return self.scripted

    def host(self, environment: Environment) -> str:
        """The name of the one exchange."""
        return HOST

    def sync_room(self) -> int:
        """How many accounts may be synced at once."""
        return 500

    def market_data(self, environment: Environment) -> BinanceMarket:
        """The public client."""
        return self.public

    @contextmanager
    def account(self, user_id: str, credential_id: str, lease: Lease) -> Iterator[AccountPorts]:
        """Give a leased job its ports."""
        with self.tenants(user_id) as store:
            exchange, simulator = self.clients[credential_id], BookSimulator()
            yield AccountPorts(
                user_id, credential_id, CODE, store, self.market, exchange, self.bus, self.queue, self.clock, lease,
                HOST, simulator,
            )  # fmt: skip

    def add(self, number: int, account: Account, key: dict[str, str]) -> None:
        """Add an account of the plan, with its trackers, running."""
        at, name = self.clock(), f"c_{number}"
        signer = HmacSigner(key["api_secret"])
        self.clients[name] = BinanceExchange(
            base_url=URL, environment=Environment.TESTNET, api_key=key["api_key"], signer=signer, budget=self.budget
        )
        state, testnet = CredentialState.RUNNING, Environment.TESTNET
        with self.tenants(USERS[account.user]) as store:
            store.credentials.add(Credential(name, name, testnet, key["api_key"], state, True, False, at))
            store.keys.put_facts(KeyFacts(name, at))
            for agent, settings in account.follows:
                tracker = f"t_{number}_{agent}"
                store.trackers.add(Tracker(tracker, name, tracker, "nof1", agent, True, at, at, settings))
        self.queue.follow(USERS[account.user], name, {("nof1", agent) for agent, _ in account.follows})

    def backup(self, user_id: str) -> bytes:
        """Return a tenant's database as it is."""
        with sqlite3.connect(self.folder / user_id / "tenant.db") as file:
            return file.serialize()

    def restore(self, user_id: str, image: bytes) -> None:
        """Put a tenant's database back to what it was."""
        self.stores.close()
        path = self.folder / user_id / "tenant.db"
        for each in path.parent.glob("tenant.db*"):
            each.unlink()
        path.write_bytes(image)

    def close(self) -> None:
        """Close every database."""
        for file in (self.stores, self.registry, self.market):
            file.close()


@contextmanager
def site(plan: Plan, time: Time) -> Iterator[Site]:
    """Set a plan's installation up in a folder of its own, gone in the end."""
    with tempfile.TemporaryDirectory(prefix="chaos-", dir=_place()) as name:
        folder = Path(name) / "tenants"
        shutil.copytree(_template(), folder)
        made = Site(folder, time)
        yield made
        made.close()


def _place() -> str | None:
    return str(FAST) if FAST.is_dir() else None


@cache
def _template() -> Path:
    """An installation with its two tenants and nothing else, made once per process."""
    kept = tempfile.TemporaryDirectory(prefix="chaos-template-", dir=_place())
    _kept.append(kept)
    folder = Path(kept.name) / "tenants"
    folder.mkdir(mode=0o700)
    registry, market = SqliteRegistry(folder / "registry.db"), SqliteMarket(folder / "market.db")
    registry.install(Installation("i_" + "a" * 16, CODE, b"", b""))
    tenants = Tenants(folder, registry)
    for number, user_id in enumerate(USERS):
        registry.add_user(User(user_id, f"{number}@example.org", "", "user", True, "en", MADE_AT))
        with tenants(user_id):
            pass
    for file in (tenants, registry, market):
        file.close()
    return folder


_kept: list[tempfile.TemporaryDirectory[str]] = []
