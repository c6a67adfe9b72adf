"""A trader in front of the built-in exchange: signed calls over WSGI, with a clock of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import Client, TestResponse

from nof1web.sim.http import create_app
from nof1web.sim.signing import sign
from nof1web.sim.state import StateStore
from nof1web.sim.world import World, make_world

START_MS = 1_795_373_087_000


@dataclass
class Clock:
    """A time (ms) that moves only when told."""

    now_ms: int = START_MS

    def __call__(self) -> int:
        return self.now_ms


class Local(Client):
    """A client on this machine."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """A request from loopback."""
        return super().open(*args, **{"environ_base": {"REMOTE_ADDR": "127.0.0.1"}, **kwargs})


@dataclass
class Trader:
    """One account's key on one exchange, whose market stands still at round prices unless a test moves it."""

    client: Client
    world: World
    clock: Clock
    slept: list[float]
    key: dict[str, str] = field(default_factory=dict)

    def signed(self, method: str, path: str, **params: Any) -> TestResponse:
        """A signed call with all parameters in the query."""
        query = urlencode({"timestamp": self.clock.now_ms, **params})
        query += "&signature=" + sign(self.key["api_secret"], query)
        return self.client.open(f"{path}?{query}", method=method, headers={"X-MBX-APIKEY": self.key["api_key"]})

    def call(self, method: str, path: str, **params: Any) -> Any:
        """A signed call's JSON."""
        return self.signed(method, path, **params).json

    def code(self, method: str, path: str, **params: Any) -> int:
        """The refusal's code of a signed call, 0 when it was accepted."""
        answer = self.call(method, path, **params)
        return int(answer["code"]) if isinstance(answer, dict) and int(answer.get("code", 0)) < 0 else 0

    def market(self, side: str, quantity: str, **params: Any) -> Any:
        """A BTC market order's RESULT."""
        wish = {"symbol": "BTCUSDT", "side": side, "type": "MARKET", "quantity": quantity}
        return self.call("POST", "/fapi/v1/order", newOrderRespType="RESULT", **{**wish, **params})

    def algo(self, kind: str, side: str, trigger: str, **params: Any) -> Any:
        """A conditional BTC order on the mark; what is "" is left out."""
        wish = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": side, "type": kind, "triggerPrice": trigger}
        sent = {"workingType": "MARK_PRICE", **wish, **params}
        return self.call("POST", "/fapi/v1/algoOrder", **{name: value for name, value in sent.items() if value != ""})

    def control(self, path: str, wish: dict[str, Any]) -> Any:
        """A control call's JSON."""
        return self.client.post(f"/sim/{path}", json=wish).json

    def price(self, price: str, symbol: str = "BTCUSDT") -> None:
        """Move a price at once."""
        assert "error" not in self.control("prices", {symbol: price})

    def positions(self) -> dict[str, str]:
        """Live quantities by symbol and side."""
        rows = self.call("GET", "/fapi/v3/positionRisk")
        return {f"{row['symbol']} {row['positionSide']}": row["positionAmt"] for row in rows}

    def raw(self) -> Any:
        """Everything the account is."""
        return self.client.get(f"/sim/accounts/{self.key['account_id']}").json

    def pass_time(self, seconds: int) -> None:
        """Let time pass, second by second."""
        for _ in range(seconds):
            self.clock.now_ms += 1000
            self.world.step(self.clock.now_ms)


def trader(*, hedge: bool = False, balance: str = "1000", store: StateStore | None = None) -> Trader:
    """A trader with a new account; BTC stands at 60000."""
    clock, slept = Clock(), []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.now_ms += int(seconds * 1000)

    world = make_world(seed=1, now_ms=clock(), store=store)
    world.exchange.market.frozen = True
    world.exchange.set_prices({"BTCUSDT": Decimal(60000)}, now_ms=clock())
    world.save(market=True)
    face = Trader(Local(create_app(world, clock=clock, sleep=sleep)), world, clock, slept)
    face.key = face.control("keys", {"balance": balance, "hedge": hedge})
    return face
