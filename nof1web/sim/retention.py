"""How long the exchange remembers: what is past its time is forgotten, in memory and in the state file (§3, §4.4)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import TypeVar

from nof1web.sim.accounts import Account, Income, MarginChange, Trade
from nof1web.sim.algo_orders import AlgoOrder
from nof1web.sim.ledger import Ledger
from nof1web.sim.orders import Amendment, Order

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
UNFILLED_MS = 3 * DAY_MS
ORDER_MS = 90 * DAY_MS
# "Three months": the shortest three that there are, so that nobody counts on a day more.
HISTORY_MS = 89 * DAY_MS
_UNFILLED = frozenset({"CANCELED", "EXPIRED", "EXPIRED_IN_MATCH"})

_Row = TypeVar("_Row", Trade, Income, MarginChange, Amendment)


def order_is_gone(order: Order, now_ms: int) -> bool:
    """Whether queries no longer find it: ended without a fill and 3 days old, or 90 days old; never an open one."""
    if order.is_open:
        return False
    unfilled = order.status in _UNFILLED and not order.executed
    return now_ms - order.created_ms > (UNFILLED_MS if unfilled else ORDER_MS)


def algo_is_gone(algo: AlgoOrder, now_ms: int) -> bool:
    """The same for a conditional order; one whose regular order still rests is open."""
    if not algo.is_done:
        return False
    unfilled = algo.status in _UNFILLED and not algo.actual_quantity
    return now_ms - algo.created_ms > (UNFILLED_MS if unfilled else ORDER_MS)


def orders_kept(account: Account, now_ms: int) -> list[Order]:
    """An account's orders that queries and lists still find."""
    return [order for order in account.orders.values() if not order_is_gone(order, now_ms)]


def algos_kept(account: Account, now_ms: int) -> list[AlgoOrder]:
    """An account's conditional orders that queries and lists still find."""
    return [algo for algo in account.algos.values() if not algo_is_gone(algo, now_ms)]


def rows_kept(rows: list[_Row], now_ms: int) -> list[_Row]:
    """The fills or other rows, in the order of their times, that lists still show."""
    return rows[bisect_left(rows, now_ms - HISTORY_MS, key=lambda row: row.at_ms) :]


def forget_due(ledger: Ledger, *, now_ms: int) -> None:
    """Forget what is past its time: orders by the rules above, trades, income and the like after three months."""
    for account in ledger.accounts.values():
        for order in [o for o in account.orders.values() if order_is_gone(o, now_ms)]:
            _forget_order(ledger, account, order)
        for algo in [a for a in account.algos.values() if algo_is_gone(a, now_ms)]:
            del account.algos[algo.algo_id]
            ledger.changed["algo", str(algo.algo_id)] = None
        oldest = now_ms - HISTORY_MS
        _cut(ledger, "trade", account.trades, oldest, lambda row: row.trade_id)
        _cut(ledger, "income", account.income, oldest, lambda row: row.tran_id)
        _cut(ledger, "margin_change", account.margin_changes, oldest, lambda row: row.change_id)
        _cut(ledger, "amendment", account.amendments, oldest, lambda row: row.amendment_id)


def _forget_order(ledger: Ledger, account: Account, order: Order) -> None:
    del account.orders[order.order_id]
    name = f"{order.symbol}|{order.client_order_id}"
    if account.newest_by_client_id.get(name) == order.order_id:
        del account.newest_by_client_id[name]
    ledger.changed["order", str(order.order_id)] = None


def _cut(ledger: Ledger, kind: str, rows: list[_Row], oldest: int, number: Callable[[_Row], int]) -> None:
    """Drop the rows before a time; they are kept in the order of their times."""
    first = bisect_left(rows, oldest, key=lambda row: row.at_ms)
    for row in rows[:first]:
        ledger.changed[kind, str(number(row))] = None
    del rows[:first]
