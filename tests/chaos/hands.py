"""What persons do on the exchange by themselves: positions, parts of them, orders, stops taken away."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from decimal import ROUND_DOWN, Decimal
from typing import Any

from nof1web.sim.accounts import BOTH, LONG, SHORT, Account
from nof1web.sim.algo_orders import AlgoRequest
from nof1web.sim.engine import Exchange
from nof1web.sim.orders import BUY, LIMIT, SELL, OrderRequest
from nof1web.sim.refusal import Refusal
from tests.chaos.drawing import TICKS
from tests.chaos.installation import CODE

OURS = re.compile(rf"n{CODE}[a-z2-7]{{31}}")
FAR = Decimal("0.4")
"""how far a person's resting orders are from the price: nothing in a run reaches them"""


class Hands:
    """Persons at the exchange; `orders` and `stops` are what they left resting, by account."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.done = 0
        self.orders: list[tuple[str, int]] = []
        self.stops: list[tuple[str, int]] = []

    def do(self, kind: str, account: Account, what: Mapping[str, Any], now_ms: int) -> None:
        """Do one thing; what the exchange refuses isn't done."""
        with suppress(Refusal):
            getattr(self, f"_{kind}")(account, what, now_ms)
            self.done += 1

    def _position(self, account: Account, what: Mapping[str, Any], now_ms: int) -> None:
        """Open or add to a position of their own; never against what is there."""
        symbol, buys = what["symbol"], what["buys"]
        held = account.quantity(symbol, BOTH)
        if not account.hedge and held:
            buys = held > 0
        self._market(account, symbol, (what["quantity"] if buys else -what["quantity"]), opens=True, now_ms=now_ms)

    def _part(self, account: Account, what: Mapping[str, Any], now_ms: int) -> None:
        """Close a share of what is there, whoever opened it."""
        for side in account.sides():
            self._market(account, what["symbol"], -account.quantity(what["symbol"], side) * what["share"], side, now_ms)

    def _close(self, account: Account, what: Mapping[str, Any], now_ms: int) -> None:
        for side in account.sides():
            self._market(account, what["symbol"], -account.quantity(what["symbol"], side), side, now_ms)

    def _limit(self, account: Account, what: Mapping[str, Any], now_ms: int) -> None:
        """Leave an order resting far from the price."""
        symbol, buys = what["symbol"], what["buys"]
        way = 1 - FAR if buys else 1 + FAR
        price = (self.exchange.market.quotes[symbol].mark * way).quantize(TICKS[symbol])
        side = (LONG if buys else SHORT) if account.hedge else BOTH
        wish = OrderRequest(symbol, BUY if buys else SELL, LIMIT, self._floor(symbol, what["quantity"]), side, price)
        order = self.exchange.place_order(account.account_id, wish, now_ms=now_ms)
        self.orders.append((account.account_id, order.order_id))

    def _stop(self, account: Account, what: Mapping[str, Any], now_ms: int) -> None:
        """Leave a stop of their own far below (or above) the price."""
        symbol, buys = what["symbol"], what["buys"]
        trigger = (self.exchange.market.quotes[symbol].mark * (1 + FAR if buys else 1 - FAR)).quantize(TICKS[symbol])
        side = (SHORT if buys else LONG) if account.hedge else BOTH
        quantity = self._floor(symbol, what["quantity"])
        wish = AlgoRequest(symbol, BUY if buys else SELL, "STOP_MARKET", quantity, trigger, side)
        algo = self.exchange.place_algo(account.account_id, wish, now_ms=now_ms)
        self.stops.append((account.account_id, algo.algo_id))

    def _cancel_stops(self, account: Account, what: Mapping[str, Any], now_ms: int) -> None:
        """Take away what rests of this app in a symbol."""
        for algo in list(account.open_algos.values()):
            if algo.symbol == what["symbol"] and OURS.fullmatch(algo.client_algo_id):
                self.exchange.cancel_algo(algo, now_ms=now_ms)

    def _leverage(self, account: Account, what: Mapping[str, Any], now_ms: int) -> None:
        self.exchange.set_leverage(account.account_id, what["symbol"], 7, now_ms=now_ms)

    def _market(
        self, account: Account, symbol: str, delta: Decimal, side: str = BOTH, now_ms: int = 0, *, opens: bool = False
    ) -> None:
        quantity = self._floor(symbol, abs(delta))
        if not quantity:
            return
        if opens and account.hedge:
            side = LONG if delta > 0 else SHORT
        wish = OrderRequest(
            symbol, BUY if delta > 0 else SELL, "MARKET", quantity, side, reduce_only=not opens and not account.hedge
        )
        self.exchange.place_order(account.account_id, wish, now_ms=now_ms)


    def _floor(self, symbol: str, quantity: Decimal) -> Decimal:
        step = self.exchange.market.instruments[symbol].step
        return (quantity / step).to_integral_value(ROUND_DOWN) * step
