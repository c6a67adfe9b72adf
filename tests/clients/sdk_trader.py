"""The official SDK pointed at the built-in exchange, and the account it trades on."""

from __future__ import annotations

import logging
from typing import Any

import requests
from binance_common.configuration import ConfigurationRestAPI
from binance_sdk_derivatives_trading_usds_futures import DerivativesTradingUsdsFutures

from tests.clients import sdk_models
from tests.clients.scenario import PRICES, Controls

BTC = "BTCUSDT"
BALANCE = 100_000


class Complaints(logging.Handler):
    """Gathers what the SDK logs when an answer doesn't fit its model: it would go on with weaker types, or none."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())

    def take(self) -> list[str]:
        """The complaints since the last call."""
        texts, self.texts = self.texts, []
        return texts


class Trader:
    """An account with a key, the client that trades on it, and the exchange's controls."""

    def __init__(self, url: str, mode: str) -> None:
        self.url = url
        self.hedge = mode == "hedge"
        self.complaints = Complaints()
        logging.getLogger().addHandler(self.complaints)
        self.controls = Controls(url)
        self.controls.prices(**PRICES)
        made = self.controls.post("/sim/keys", balance=str(BALANCE))
        self.key, self.secret = made["api_key"], made["api_secret"]
        self.account_id = made["account_id"]
        self._raw = requests.Response()
        self.client = self._watched(made)
        self.long: dict[str, Any] = {"position_side": "LONG"} if self.hedge else {}
        self.closing: dict[str, Any] = dict(self.long) if self.hedge else {"reduce_only": "true"}

    def ask(self, method: str, *args: Any, by: Any = None, **named: Any) -> Any:
        """The data of a call (by another client), held to the SDK's own model of it, strictly and completely."""
        response = getattr(by or self.client, method)(*args, **named)
        data = response.data()
        found = {
            "of a wrong type": self.complaints.take(),
            "absent": sorted(sdk_models.absent(data)),
            "undeclared": sorted(sdk_models.undeclared(data, self._raw.json())),
        }
        assert not any(found.values()), found
        return getattr(data, "actual_instance", data)

    def _watched(self, made: dict[str, str]) -> Any:
        watched = client(self.url, made["api_key"], api_secret=made["api_secret"])
        watched._session.hooks["response"].append(self._remember)
        return watched

    def _remember(self, response: requests.Response, *args: Any, **named: Any) -> None:
        self._raw = response

    def order(self, side: str, kind: str, quantity: str, **more: Any) -> Any:
        """Place an order in BTC that opens, or closes with closing=True."""
        sides = self.closing if more.pop("closing", False) else self.long
        return self.ask("new_order", BTC, side, kind, quantity=quantity, new_order_resp_type="RESULT", **sides, **more)

    def another(self, balance: int = BALANCE, **wish: Any) -> Any:
        """A client on an account of its own, in the same position mode."""
        return self._watched(self.controls.post("/sim/keys", balance=str(balance), hedge=self.hedge, **wish))

    def held(self, symbol: str = BTC) -> str:
        """The signed size of the only position in a symbol; "0" without one."""
        rows = self.ask("position_information_v3", symbol)
        return rows[0].position_amt if rows else "0"


def client(url: str, key: str, **secret: str) -> Any:
    """The SDK's REST client on the built-in exchange, without its own retries."""
    config = ConfigurationRestAPI(api_key=key, base_path=url, timeout=10_000, retries=0, backoff=0, **secret)
    return DerivativesTradingUsdsFutures(config_rest_api=config).rest_api
