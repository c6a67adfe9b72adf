"""A virtual world for tests: its market moves, its time stands still unless a test moves it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from nof1web.sim.http import create_app
from nof1web.sim.orders import OrderRequest
from nof1web.sim.state import StateStore
from nof1web.sim.world import World, make_world
from tests.sim.face import START_MS, Local


@dataclass
class Virtual:
    """A virtual world behind its HTTP face."""

    world: World
    client: Local

    def clock(self, **wish: Any) -> Any:
        """POST /sim/clock."""
        return self.client.post("/sim/clock", json=wish).json

    def get(self, path: str) -> Any:
        """A public answer's JSON."""
        return self.client.get(path).json

    def account(self, balance: str = "100000") -> str:
        """A new account's id, made without a key."""
        return self.world.exchange.open_account(Decimal(balance), now_ms=self.world.clock()).account_id

    def market(self, account_id: str, side: str, quantity: str, symbol: str = "BTCUSDT") -> None:
        """A market order."""
        wish = OrderRequest(symbol=symbol, side=side, type="MARKET", quantity=Decimal(quantity))
        self.world.exchange.place_order(account_id, wish, now_ms=self.world.clock())


def virtual(*, seed: int = 1, store: StateStore | None = None, start_ms: int = START_MS) -> Virtual:
    """A virtual world that stands at its start, or goes on where its state file left it."""
    world = make_world(seed=seed, now_ms=start_ms, store=store, virtual=True)
    return Virtual(world, Local(create_app(world)))
