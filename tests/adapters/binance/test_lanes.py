"""What each call takes from the budget: its weight and how urgent it is (DESIGN §5, binance.md §4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from nof1web.adapters.binance.exchange import BinanceExchange
from nof1web.adapters.binance.http import Lane
from nof1web.adapters.binance.signing import HmacSigner
from nof1web.adapters.budget import NoBudget
from nof1web.core.trading import AlgoRequest, Environment, Leg, MarginMode, OrderRequest, PositionSide, Side
from nof1web.errors import Transient
from tests.adapters.binance.host import SERVER_MS

BOTH, SHORT = PositionSide.BOTH, PositionSide.SHORT


class Till(NoBudget):
    """Notes what is taken and refuses everything but the clock, so that nothing is sent."""

    def __init__(self) -> None:
        self.taken: list[tuple[int, Lane]] = []

    def take(self, weight: int, lane: Lane, *, wait_ms: int | None = None) -> None:
        self.taken.append((weight, lane))
        raise Transient("refused")

    def order(self, account: str, lane: Lane) -> None:
        self.taken.append((0, lane))
        raise Transient("refused")


def order(side: Side, position_side: PositionSide, *, reduce_only: bool) -> OrderRequest:
    return OrderRequest("n1", "BTCUSDT", side, position_side, Decimal(1), reduce_only, SERVER_MS)


STOP = AlgoRequest("p1", "BTCUSDT", Leg.STOP, Side.SELL, BOTH, Decimal(1), Decimal(5))
CALLS: dict[str, tuple[Callable[[BinanceExchange], Any], int, Lane]] = {
    "entry": (lambda e: e.place(order(Side.BUY, BOTH, reduce_only=False)), 0, "entry"),
    "exit": (lambda e: e.place(order(Side.BUY, BOTH, reduce_only=True)), 0, "exit"),
    "entry in hedge mode": (lambda e: e.place(order(Side.SELL, SHORT, reduce_only=False)), 0, "entry"),
    "exit in hedge mode": (lambda e: e.place(order(Side.BUY, SHORT, reduce_only=False)), 0, "exit"),
    "order query": (lambda e: e.order("BTCUSDT", "n1"), 1, "exit"),
    "account": (lambda e: e.account(), 5, "sync"),
    "positions": (lambda e: e.positions(), 5, "sync"),
    "positions of a symbol": (lambda e: e.positions("BTCUSDT"), 5, "entry"),
    "orders": (lambda e: e.orders("BTCUSDT", "1"), 5, "sync"),
    "trades": (lambda e: e.trades("BTCUSDT", datetime.fromtimestamp(SERVER_MS // 1000, UTC)), 5, "sync"),
    "rules": (lambda e: e.instruments(), 1, "exit"),
    "position mode": (lambda e: e.hedged(), 5, "entry"),
    "symbol config": (lambda e: e.symbol_config("BTCUSDT"), 5, "entry"),
    "leverage": (lambda e: e.set_leverage("BTCUSDT", 5), 1, "entry"),
    "margin mode": (lambda e: e.set_margin_mode("BTCUSDT", MarginMode.CROSSED), 1, "entry"),
    "protection": (lambda e: e.place_protection(STOP), 0, "protection"),
    "cancel": (lambda e: e.cancel_protection("p1"), 1, "protection"),
    "protection query": (lambda e: e.protection("p1"), 1, "protection"),
    "protections": (lambda e: e.protections(), 40, "sync"),
    "protections of a symbol": (lambda e: e.protections("BTCUSDT"), 1, "protection"),
    "both lists of open orders": (lambda e: e.open_orders(), 80, "read"),
    "marks": (lambda e: e.marks(), 10, "entry"),
    "overview": (lambda e: e.overview(), 5, "sync"),
    "overview before an entry": (lambda e: e.overview(urgent=True), 5, "entry"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_takes_its_weight_in_its_lane(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    call, weight, lane = CALLS[name]
    till = Till()
    exchange = BinanceExchange(
        base_url="http://127.0.0.1:9", environment=Environment.TESTNET, api_key="k", signer=HmacSigner("s"), budget=till
    )
    monkeypatch.setattr(exchange._host._clock, "now_ms", lambda ask: SERVER_MS)
    with pytest.raises(Transient):
        call(exchange)
    assert till.taken == [(weight, lane)]
