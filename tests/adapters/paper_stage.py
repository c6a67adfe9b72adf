"""A paper account over a host whose marks the test sets, with a clock that stands still until told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nof1web.adapters.paper.exchange import PaperExchange
from nof1web.core.trading import AlgoRequest, Instrument, Leg, OrderReport, OrderRequest, PositionSide, Side
from nof1web.errors import ExchangeError, Rejected

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
BOTH = PositionSide.BOTH


@contextmanager
def refused(code: int, kind: type[ExchangeError] = Rejected) -> Iterator[None]:
    with pytest.raises(kind) as caught:
        yield
    assert caught.value.exchange_code == code


def an_instrument(symbol: str, *, least: str = "100", **more: Any) -> Instrument:
    step = Decimal("0.001")
    return Instrument(symbol, Decimal("0.1"), step, step, Decimal(120), Decimal(least), **more)


class LiveHost:
    """The MarketData of a host: BTC with a coarser step than the engine's own, and a symbol the engine doesn't list."""

    def __init__(self) -> None:
        self.rules = {each.symbol: each for each in (an_instrument("BTCUSDT"), an_instrument("ADAUSDT", least="5"))}
        self.prices = {"BTCUSDT": Decimal(60000), "ADAUSDT": Decimal(2)}
        self.reads = 0

    def instruments(self) -> dict[str, Instrument]:
        return self.rules

    def marks(self) -> dict[str, Decimal]:
        self.reads += 1
        return dict(self.prices)


class PaperStage:
    """The host, the stored text and the account; `restart` gives a new PaperExchange over the same text."""

    def __init__(self) -> None:
        self.host = LiveHost()
        self.now = NOW
        self.text: str | None = None
        self.saves = 0
        self.ids = 0
        self.exchange = self.restart()

    def restart(self, **more: Any) -> PaperExchange:
        self.exchange = PaperExchange(
            market=self.host, load=lambda: self.text, save=self.save, clock=lambda: self.now, **more
        )
        return self.exchange

    def save(self, text: str) -> None:
        self.text, self.saves = text, self.saves + 1

    def mark(self, price: str, symbol: str = "BTCUSDT") -> None:
        """Move a mark and let enough time pass for it to be read."""
        self.host.prices[symbol] = Decimal(price)
        self.now += timedelta(seconds=3)

    def trade(self, delta: str, symbol: str = "BTCUSDT", *, reduce: bool = False, **more: Any) -> OrderReport:
        """Place an order for a signed quantity."""
        self.ids += 1
        quantity, sent_ms = Decimal(delta), self.exchange.server_ms()
        side = Side.of(quantity)
        order = OrderRequest(f"n{self.ids}", symbol, side, BOTH, abs(quantity), reduce, sent_ms, **more)
        return self.exchange.place(order)

    def protect(self, trigger: str, *, leg: Leg = Leg.STOP, quantity: str = "0.1", name: str = "p1") -> None:
        """Rest a stop or target for a long."""
        self.exchange.place_protection(
            AlgoRequest(name, "BTCUSDT", leg, Side.SELL, BOTH, Decimal(quantity), Decimal(trigger))
        )

    def held(self) -> dict[str, Decimal]:
        return {position.symbol: position.quantity for position in self.exchange.positions()}
