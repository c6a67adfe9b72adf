"""Many accounts in one installation of real processes: made in bulk, then watched at the exchange's own log."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from nof1web import config
from nof1web.core.leverages import Leverages
from nof1web.core.records import Credential, CredentialState, Tracker
from nof1web.core.trading import Account, Environment
from nof1web.services.ids import new_id
from nof1web.services.keys import put_secrets
from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.e2e.deployment import Deployment, running

AGENT = "claude-sonnet-4-5"
PER_USER = 20
LEVERAGE = 20
CHOSEN = {"mode": "trade", "total_margin": "5000", "interval": "1", "price_tolerance": "20"}
SNAPSHOT_AGE = timedelta(seconds=1)
WALLET = Decimal(10_000)


@dataclass
class Crowd:
    """Credentials that follow AGENT: `keys` is the exchange's API key -> (user id, credential id)."""

    deployment: Deployment
    w: Wiring
    state: Path
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    held: dict[str, Any] = field(default_factory=dict)
    opened_ms: int = 0

    def add(self, count: int, *, follow: bool = True) -> None:
        """Add credentials, twenty to a user, that poll and were synced just now."""
        with ThreadPoolExecutor(4) as pool:
            handed = list(pool.map(lambda _: self.deployment.new_key(), range(count)))
        for start in range(0, count, PER_USER):
            self._user(handed[start : start + PER_USER], follow=follow)

    def _user(self, handed: list[dict[str, Any]], *, follow: bool) -> None:
        at = self.w.clock()
        user = User(new_id("u"), f"{new_id('m')}@example.org", "x", "user", True, "en", at)
        self.w.registry.add_user(user)
        with self.w.tenants(user.id) as store, store.transaction():
            for key in handed:
                made = Credential(
                    new_id("c"), new_id("n"), Environment.TESTNET, key["api_key"], CredentialState.RUNNING,
                    enabled=True, armed=False, created_at=at, tested_at=at,
                )  # fmt: skip
                store.credentials.add(made)
                put_secrets(self.w, store, made.id, (key["api_secret"], ""))
                store.credentials.put_snapshot(made.id, _account(at - SNAPSHOT_AGE), ())
                if follow:
                    # Before the reading: what is read later than the start needs no look for lost orders.
                    since = at - 2 * SNAPSHOT_AGE
                    tracker = Tracker(new_id("t"), made.id, new_id("n"), "nof1", AGENT, True, since, since, CHOSEN)
                    store.trackers.add(tracker)
                self.keys[key["api_key"]] = (user.id, made.id)
        if follow:
            for key in handed:
                self.w.queue.follow(*self.keys[key["api_key"]], frozenset({("nof1", AGENT)}))

    def slow(self, milliseconds: int) -> None:
        """Let every answer of the exchange take this long."""
        self.deployment.exchange.post("/sim/faults", clear=True)
        self.deployment.exchange.post(
            "/sim/faults", path="/fapi/*", kind="slow", count=10**9, seconds=str(Decimal(milliseconds) / 1000)
        )

    def requests(self) -> list[dict[str, Any]]:
        """Return the exchange's log, oldest first."""
        found = []
        for name in ("requests.log.1", "requests.log"):
            path = self.state / name
            if path.exists():
                found += [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
        return found

    def accepted(self, method: str, path: str, since_ms: int) -> dict[str, int]:
        """Return when (ms) each key's first such request was accepted since then, by the key's first six letters."""
        first: dict[str, int] = {}
        for row in self.requests():
            if (row["method"], row["path"], row["status"]) == (method, path, 200) and row["ts"] >= since_ms:
                first.setdefault(row["key"], row["ts"])
        return first

    def opens(self, *, seconds: float, **coins: dict[str, Any]) -> int:
        """Let AGENT hold this; return when (ms) the poll that saw it began."""
        before = self.w.market.source_state("nof1")
        self.deployment.agent(AGENT, **coins)
        self.held = coins
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            state = self.w.market.source_state("nof1")
            if state and state.changed_at and (before is None or state.changed_at != before.changed_at):
                return int(state.changed_at.timestamp() * 1000)
            time.sleep(0.05)
        raise RuntimeError("the source was not read")


@contextmanager
def crowd(folder: Path, *, weight_limit: int, **more: str) -> Iterator[Crowd]:
    """Start an installation whose market stands still and whose exchange allows so much weight."""
    with running(folder, NOF1_EGRESS_LIMIT=str(weight_limit), **more) as deployment:
        deployment.exchange.post("/sim/market", frozen=True, weight_limit=weight_limit)
        deployment.prices(BTCUSDT="60000", ETHUSDT="3000")
        w = Wiring(config.load(deployment.env))
        try:
            made = Crowd(deployment, w, Path(deployment.env["NOF1_TENANTS_DIR"]) / "server" / "exchange")
            deployment.agent(AGENT)
            time.sleep(2)
            yield made
        finally:
            w.tenants.close()


def _account(read_at: Any) -> Account:
    zero = Decimal(0)
    modes = {"isolated": frozenset[str](), "leverages": Leverages(LEVERAGE, {}), "modes_at": read_at}
    return Account(WALLET, WALLET, WALLET, zero, zero, False, False, read_at, **modes)
