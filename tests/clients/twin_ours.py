"""Every call of the Binance client, in an order in which each succeeds on a new account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from nof1web.adapters.binance.exchange import BinanceExchange
from nof1web.adapters.binance.signing import HmacSigner
from nof1web.adapters.budget import NoBudget
from nof1web.core.trading import AlgoRequest, Environment, Leg, MarginMode, OrderRequest, PositionSide, Side

BTC = "BTCUSDT"
SIZE = Decimal("0.0100")


class Ours:
    """The client on an account, in one position mode."""

    def __init__(self, url: str, key: dict[str, str], *, hedge: bool, since_at: datetime) -> None:
        self._since_at = since_at
        self._side = PositionSide.LONG if hedge else PositionSide.BOTH
        self._one_way = not hedge
        self.client = BinanceExchange(
            base_url=url,
            environment=Environment.LIVE,
            api_key=key["api_key"],
            signer=HmacSigner(key["api_secret"]),
            budget=NoBudget(),
            sapi_url=url,
        )

    def calls(self) -> dict[str, Callable[[], object]]:
        """The calls by what they do, the same names as in the other client's script."""
        client = self.client
        return {
            "time": client.server_ms,
            "rules": client.instruments,
            "marks": client.marks,
            "key test": client.check,
            "account": client.account,
            "position mode": client.hedged,
            "symbol": lambda: client.symbol_config(BTC),
            "margin mode": lambda: client.set_margin_mode(BTC, MarginMode.ISOLATED),
            "leverage": lambda: client.set_leverage(BTC, 7),
            "entry": lambda: client.place(self._order("n-entry", Side.BUY, SIZE)),
            "limited entry": lambda: client.place(self._order("n-limit", Side.BUY, SIZE, limit=Decimal("6.12E+4"))),
            "order": lambda: client.order(BTC, "n-entry"),
            "orders": lambda: client.orders(BTC, "7"),
            "trades": lambda: client.trades(BTC, self._since_at),
            "positions": client.positions,
            "position": lambda: client.positions(BTC),
            "stop": lambda: client.place_protection(self._protection("p-stop", Leg.STOP, Decimal("5.5E+4"))),
            "target": lambda: client.place_protection(self._protection("p-target", Leg.TARGET, Decimal("66000.10"))),
            "protection": lambda: client.protection("p-stop"),
            "protections": client.protections,
            "protections of a symbol": lambda: client.protections(BTC),
            "open orders": client.open_orders,
            "cancel": lambda: client.cancel_protection("p-stop"),
            "exit": lambda: client.place(self._order("n-exit", Side.SELL, Decimal("1E-2"), reduces=True)),
        }

    def _order(
        self, name: str, side: Side, quantity: Decimal, *, limit: Decimal | None = None, reduces: bool = False
    ) -> OrderRequest:
        reduce_only = reduces and self._one_way
        return OrderRequest(name, BTC, side, self._side, quantity, reduce_only, self.client.server_ms(), limit)

    def _protection(self, name: str, leg: Leg, trigger: Decimal) -> AlgoRequest:
        return AlgoRequest(name, BTC, leg, Side.SELL, self._side, SIZE, trigger)
