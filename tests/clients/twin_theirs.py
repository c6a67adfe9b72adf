"""The same calls by clients of other people: python -m tests.clients.twin_theirs URL KEY SECRET MODE SINCE_MS PAGES.

The official SDK makes all but those of the wallet's host, which are ccxt's. One JSON line per call.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import requests
from binance_common.configuration import ConfigurationRestAPI
from binance_sdk_derivatives_trading_usds_futures import DerivativesTradingUsdsFutures

from tests.clients import ccxt_trader

BTC = "BTCUSDT"
WEEK_MS = 7 * 86_400_000
SIZE = "0.01"
WINDOW = {"recv_window": 5000}


class Theirs:
    """Both clients on an account; `pages` are the ids from which further trades are asked for."""

    def __init__(self, url: str, *, key: str, secret: str, mode: str, since_ms: int, pages: list[int]) -> None:
        self._since_ms, self._pages = since_ms, pages
        config = ConfigurationRestAPI(api_key=key, api_secret=secret, base_path=url, timeout=10_000, retries=0)
        self._sdk: Any = DerivativesTradingUsdsFutures(config_rest_api=config).rest_api
        self._wallet = ccxt_trader.client(url, key, secret)
        self._wallet.options["recvWindow"] = 5000
        hedge = mode == "hedge"
        self._opening = {"position_side": "LONG"} if hedge else {}
        self._closing = {"position_side": "LONG"} if hedge else {"reduce_only": "true"}

    def calls(self) -> dict[str, Callable[[], object]]:
        """The calls by what they do."""
        sdk = self._sdk
        return {
            "time": sdk.check_server_time,
            "rules": lambda: (sdk.notional_and_leverage_brackets(**WINDOW), sdk.exchange_information()),
            "marks": sdk.mark_price,
            "key test": self._key_test,
            "account": self._account,
            "position mode": lambda: sdk.futures_account_configuration(**WINDOW),
            "symbol": lambda: sdk.symbol_configuration(symbol=BTC, **WINDOW),
            "margin mode": lambda: sdk.change_margin_type(BTC, "ISOLATED", **WINDOW),
            "leverage": lambda: sdk.change_initial_leverage(BTC, 7, **WINDOW),
            "entry": lambda: self._order("n-entry", "BUY", "MARKET", **self._opening),
            "limited entry": lambda: self._order(
                "n-limit", "BUY", "LIMIT", time_in_force="IOC", price="61200", **self._opening
            ),
            "order": lambda: sdk.query_order(BTC, orig_client_order_id="n-entry", **WINDOW),
            "orders": lambda: sdk.all_orders(symbol=BTC, order_id=7, limit=1, **WINDOW),
            "trades": self._trades,
            "positions": lambda: sdk.position_information_v3(**WINDOW),
            "position": lambda: sdk.position_information_v3(BTC, **WINDOW),
            "stop": lambda: self._protect("p-stop", "STOP_MARKET", "55000"),
            "target": lambda: self._protect("p-target", "TAKE_PROFIT_MARKET", "66000.1"),
            "protection": lambda: sdk.query_algo_order(client_algo_id="p-stop", **WINDOW),
            "protections": lambda: sdk.current_all_algo_open_orders(**WINDOW),
            "protections of a symbol": lambda: sdk.current_all_algo_open_orders(symbol=BTC, **WINDOW),
            "open orders": lambda: (
                sdk.current_all_open_orders(**WINDOW), sdk.current_all_algo_open_orders(**WINDOW)
            ),
            "cancel": lambda: sdk.cancel_algo_order(client_algo_id="p-stop", **WINDOW),
            "exit": lambda: self._order("n-exit", "SELL", "MARKET", **self._closing),
        }

    def _key_test(self) -> None:
        self._wallet.sapiGetAccountApiRestrictions()
        self._wallet.sapiGetAccountInfo()
        self._sdk.futures_account_configuration(**WINDOW)
        self._sdk.account_information_v3(**WINDOW)
        self._sdk.futures_account_balance_v3(**WINDOW)

    def _account(self) -> None:
        self._sdk.account_information_v3(**WINDOW)
        self._sdk.futures_account_configuration(**WINDOW)
        self._sdk.symbol_configuration(**WINDOW)

    def _order(self, name: str, side: str, kind: str, **more: str) -> None:
        wish = {"quantity": SIZE, "new_client_order_id": name, "new_order_resp_type": "RESULT", **more, **WINDOW}
        self._sdk.new_order(BTC, side, kind, **wish)

    def _trades(self) -> None:
        end = self._since_ms + WEEK_MS - 1
        self._sdk.account_trade_list(BTC, start_time=self._since_ms, end_time=end, limit=1, **WINDOW)
        for from_id in self._pages:
            self._sdk.account_trade_list(BTC, from_id=from_id, limit=1, **WINDOW)

    def _protect(self, name: str, kind: str, trigger: str) -> None:
        wish = {"quantity": SIZE, "trigger_price": trigger, "working_type": "MARK_PRICE", "price_protect": "false"}
        self._sdk.new_algo_order(
            "CONDITIONAL", BTC, "SELL", kind, client_algo_id=name, **wish, **self._closing, **WINDOW
        )


def main(url: str, key: str, secret: str, mode: str, *more: str) -> None:
    """Make every call in a section of its own and print how it ended."""
    theirs = Theirs(url, key=key, secret=secret, mode=mode, since_ms=int(more[0]), pages=json.loads(more[1]))
    for name, call in theirs.calls().items():
        requests.get(f"{url}/section/{quote(name)}", timeout=10)
        outcome = "ok"
        try:
            call()
        except Exception as error:
            outcome = f"{type(error).__name__}: {error}"[:500]
        print(json.dumps({"step": name, "outcome": outcome}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
