"""One account on the built-in exchange, real stores, the real client; queue, bus and lease are stand-ins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from nof1web.adapters.binance.exchange import BinanceExchange
from nof1web.adapters.binance.signing import HmacSigner
from nof1web.adapters.budget import NoBudget
from nof1web.adapters.paper.simulating import BookSimulator
from nof1web.adapters.store.market import SqliteMarket
from nof1web.adapters.store.registry import SqliteRegistry
from nof1web.adapters.store.tenants import Tenants
from nof1web.core import book
from nof1web.core.records import Credential, CredentialState, Tracker
from nof1web.core.signals import AgentRecord, RecordedPosition
from nof1web.core.trading import Environment
from nof1web.services import copying, syncing
from nof1web.services.ports import AccountPorts
from nof1web.services.stores import User
from tests.exchange_process import ExchangeProcess

PRICES = {"BTCUSDT": "60000", "ETHUSDT": "3000", "SOLUSDT": "150", "BNBUSDT": "600", "XRPUSDT": "2", "DOGEUSDT": "0.2"}
USER = "u_" + "a" * 16


class QuietBus:
    """A bus nobody listens on."""

    def publish(self, user_id: str, event_id: int) -> None: ...

    def publish_marks(self, host: str, marks: Mapping[str, Decimal]) -> None: ...

    def marks(self, host: str) -> Mapping[str, Decimal]:
        return {}


class NotingQueue:
    """Remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def cycle(self, user_id: str, credential_id: str, *, front: bool = False, dry_run: bool = False) -> str:
        self.asked.append("cycle")
        return ""

    def sync(self, user_id: str, credential_id: str) -> str:
        self.asked.append("sync")
        return ""

    def test_key(self, user_id: str, draft_id: str) -> str:
        self.asked.append(f"test {draft_id}")
        return ""

    def retest(self, user_id: str, credential_id: str) -> str:
        return ""

    def reconcile(self, user_id: str, credential_id: str) -> str:
        self.asked.append("reconcile")
        return ""

    def flatten(self, user_id: str, credential_id: str, flatten_id: str) -> str:
        self.asked.append(f"flatten {flatten_id}")
        return ""

    def follow(self, user_id: str, credential_id: str, agents: Iterable[tuple[str, str]]) -> None: ...

    def wake(self, user_id: str, credential_id: str, at: datetime | None) -> None: ...

    def sync_at(self, host: str, user_id: str, credential_id: str, at: datetime) -> None:
        self.asked.append("sync")

    def forget(self, host: str, user_id: str, credential_id: str) -> None: ...


class HeldLease:
    """A lease with all the time in the world."""

    def __init__(self, fence: int) -> None:
        self.fence = fence
        self.ending = False

    def require(self, seconds: Decimal) -> None: ...


def a_client(url: str, key: Mapping[str, Any]) -> BinanceExchange:
    """The real client of an account on the built-in exchange, without a budget."""
    return BinanceExchange(
        base_url=url,
        environment=Environment.TESTNET,
        api_key=key["api_key"],
        signer=HmacSigner(key["api_secret"]),
        budget=NoBudget(),
    )


class Stage:
    """An account, its credential `c_1` and trackers; time is the wall clock plus `skew`."""

    def __init__(self, exchange: ExchangeProcess, folder: Path, *, balance: str = "10000", hedge: bool = False) -> None:
        self.control, self.folder = exchange, folder
        exchange.prices(**PRICES)
        key = exchange.post("/sim/keys", balance=balance, hedge=hedge)
        self.account_id = key["account_id"]
        self.key: dict[str, Any] = key
        self.skew = timedelta(0)
        registry = SqliteRegistry(folder / "registry.db")
        registry.add_user(User(USER, "a@example.org", "", "user", True, "en", self.now()))
        self.stack = ExitStack()
        self.store = self.stack.enter_context(Tenants(folder, registry)(USER))
        self.market = SqliteMarket(folder / "market.db")
        self.store.credentials.add(
            Credential(
                "c_1", "Main", Environment.TESTNET, key["api_key"], CredentialState.RUNNING, True, False, self.now()
            )
        )
        self.client = a_client(exchange.url, key)
        self.queue = NotingQueue()

    def now(self) -> datetime:
        """The time services see."""
        return datetime.now(UTC) + self.skew

    def ports(self) -> AccountPorts:
        """Fresh ports, as after a new claim of the credential."""
        fence = self.store.credentials.claim_fence("c_1")
        return AccountPorts(
            USER,
            "c_1",
            "test",
            self.store,
            self.market,
            self.client,
            QuietBus(),
            self.queue,
            self.now,
            HeldLease(fence),
            "exchange",
            BookSimulator(),
        )

    def follow(self, agent: str = "deepseek", **settings: str) -> Tracker:
        """Add a started tracker in mode trade; the agent's next positions are new to it."""
        chosen = {"mode": "trade", "total_margin": "1000", "interval": "1"} | settings
        at = self.now()
        tracker = Tracker(f"t_{agent}", "c_1", agent, "nof1", agent, True, at, at, chosen)
        self.store.trackers.add(tracker)
        self.agent(agent)
        return tracker

    def agent(self, agent: str, *positions: RecordedPosition, equity: str = "10000") -> None:
        """Let the source show a newer record of an agent."""
        now = self.now()
        record = AgentRecord(agent, now, Decimal(equity), tuple(positions))
        known = self.market.signal("nof1", agent)
        self.market.put_signals([book.advance(known, record, now) if known else book.first("nof1", record, now)])

    def cycle(self) -> dict[str, Any]:
        """Run one cycle."""
        answer: dict[str, Any] = copying.run_cycle(self.ports(), forced=True)
        return answer

    def sync(self) -> dict[str, Any]:
        """Run one sync."""
        answer: dict[str, Any] = syncing.run_sync(self.ports())
        return answer

    def live(self) -> dict[str, Decimal]:
        """The account's positions on the exchange."""
        rows = self.control.account(self.account_id)["positions"]
        return {row["symbol"]: Decimal(row["positionAmt"]) for row in rows if Decimal(row["positionAmt"])}

    def holdings(self) -> dict[str, Decimal]:
        """What we believe to hold."""
        return {epoch.symbol: epoch.quantity for epoch in self.store.trackers.epochs("c_1") if epoch.quantity}

    def resting(self) -> list[dict[str, Any]]:
        """The algo orders that wait on the exchange."""
        return [row for row in self.control.account(self.account_id)["algo_orders"] if row["algoStatus"] == "NEW"]

    def legs(self) -> list[tuple[str, Decimal, Decimal]]:
        """Type, trigger and quantity of what rests."""
        return [(row["orderType"], Decimal(row["triggerPrice"]), Decimal(row["quantity"])) for row in self.resting()]


def a_position(symbol: str = "BTCUSDT", quantity: str = "0.1", entry: str = "60000", **more: Any) -> RecordedPosition:
    """An agent's position; stop and target as strings."""
    prices = {name: Decimal(more[name]) for name in ("stop", "target") if more.get(name)}
    return RecordedPosition(
        symbol,
        Decimal(quantity),
        Decimal(entry),
        int(more.get("leverage", 10)),
        more.get("oid", "1001"),
        prices.get("stop"),
        prices.get("target"),
    )


def opened(stage: Stage, **more: str) -> None:
    """Let the agent open 0.1 BTC and copy it."""
    stage.follow()
    stage.agent("deepseek", a_position(**more))
    stage.cycle()
