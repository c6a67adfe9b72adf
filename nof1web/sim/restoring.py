"""The exchange's books, read back from its state file row by row, so that a restart needs no more memory than a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from nof1web.sim import codec
from nof1web.sim.accounts import Account, Income, MarginChange, Trade
from nof1web.sim.algo_orders import AlgoOrder
from nof1web.sim.engine import Exchange
from nof1web.sim.insurance import Fund
from nof1web.sim.ledger import Counters, Ledger
from nof1web.sim.market import Market
from nof1web.sim.orders import Amendment, Order
from nof1web.sim.state import StateStore

_Row = TypeVar("_Row")


def restore_exchange(exchange: Exchange, store: StateStore) -> None:
    """Put the stored prices, accounts and histories into a new exchange; nothing of it counts as changed or filled."""
    ledger = exchange.ledger
    fills, ledger.fills = ledger.fills, None
    for _, text in store.read("market"):
        exchange.market = replace(codec.decode(Market, text), instruments=exchange.market.instruments)
    for name, text in store.read("account"):
        account = ledger.accounts[name] = codec.decode(Account, text)
        ledger.touch(account)
        ledger.changed.clear()
    _keep_rows(ledger, store, "order", Order, ledger.keep_order)
    _keep_rows(ledger, store, "algo", AlgoOrder, ledger.keep_algo)
    _keep_rows(ledger, store, "amendment", Amendment, ledger.keep_amendment)
    _keep_rows(ledger, store, "trade", Trade, ledger.keep_trade)
    _keep_rows(ledger, store, "income", Income, ledger.keep_income)
    _keep_rows(ledger, store, "margin_change", MarginChange, ledger.keep_margin_change)
    for _, text in store.read("fund"):
        ledger.fund = codec.decode(Fund, text)
    for _, text in store.read("counters"):
        ledger.counters = codec.decode(Counters, text)
    ledger.fills = fills


def _keep_rows(ledger: Ledger, store: StateStore, name: str, kind: type[_Row], keep: Callable[[_Row], None]) -> None:
    for _, text in store.read(name):
        keep(codec.decode(kind, text))
        ledger.changed.clear()
