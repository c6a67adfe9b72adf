"""ccxt pointed at the built-in exchange, and the account it trades on."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import ccxt

from tests.clients.scenario import PRICES, Controls

BTC = "BTC/USDT:USDT"
ETH = "ETH/USDT:USDT"
SOL = "SOL/USDT:USDT"
DOGE = "DOGE/USDT:USDT"
BALANCE = 100_000


class Trader:
    """An account with a key, the client that trades on it, and the exchange's controls."""

    def __init__(self, url: str, mode: str) -> None:
        self.url = url
        self.hedge = mode == "hedge"
        self.controls = Controls(url)
        self.controls.prices(**PRICES)
        made = self.controls.post("/sim/keys", balance=str(BALANCE))
        self.key, self.secret = made["api_key"], made["api_secret"]
        self.client = client(url, self.key, self.secret)
        # ccxt turns reduceOnly into the position side when it is told that the account is hedged.
        self.opening: dict[str, Any] = {"hedged": True} if self.hedge else {}
        self.closing: dict[str, Any] = {**self.opening, "reduceOnly": True}

    def order(self, kind: str, side: str, amount: float, price: float | None = None, **more: Any) -> Any:
        """Place an order in BTC that opens, or closes with closing=True."""
        params = self.closing if more.pop("closing", False) else self.opening
        return self.client.create_order(BTC, kind, side, amount, price, {**params, **more})

    def another(self, balance: int = BALANCE, **wish: Any) -> ccxt.binanceusdm:
        """A client on an account of its own, in the same position mode."""
        made = self.controls.post("/sim/keys", balance=str(balance), hedge=self.hedge, **wish)
        return client(self.url, made["api_key"], made["api_secret"])

    def held(self, symbol: str = BTC) -> float:
        """The signed size of the position in a symbol."""
        rows = self.client.fetch_positions([symbol])
        return sum(row["contracts"] * (1 if row["side"] == "long" else -1) for row in rows)


def client(url: str, key: str, secret: str) -> ccxt.binanceusdm:
    """A binanceusdm whose every address is the built-in exchange's."""
    made = ccxt.binanceusdm({"apiKey": key, "secret": secret, "enableRateLimit": False, "timeout": 10_000})
    point_at(made, url)
    made.options["fetchOpenOrders"]["warnWithoutSymbol"] = False
    # ccxt picks the futures' own error classes by the official host name, which a loopback address isn't.
    made.exceptions["exact"] = {**made.exceptions["exact"], **made.exceptions["linear"]["exact"]}
    return made


def point_at(client: Any, url: str) -> None:
    """Make every address of a client, also of its websockets, the built-in exchange's."""
    client.options["fetchCurrencies"] = False
    client.urls["api"] = moved(client.urls["api"], url)


def moved(addresses: Any, url: str) -> Any:
    """The same paths on another host, as deep as the addresses are nested."""
    if isinstance(addresses, dict):
        return {name: moved(each, url) for name, each in addresses.items()}
    host = url.replace("http", "ws") if addresses.startswith("ws") else url
    return host + urlsplit(addresses).path
