"""What ends by itself when its time has come: GTD orders and the countdown that cancels (binance.md §4.4)."""

from __future__ import annotations

from nof1web.sim import matching, news
from nof1web.sim.accounts import Account
from nof1web.sim.ledger import Ledger

LONGEST_COUNTDOWN_MS = 10**15


def set_countdown(ledger: Ledger, account: Account, symbol: str, after_ms: int, *, now_ms: int) -> None:
    """Cancel a symbol's regular orders `after_ms` from now unless set anew; 0 stops the countdown."""
    account.countdowns.pop(symbol, None)
    if after_ms > 0:
        account.countdowns[symbol] = now_ms + after_ms
    ledger.touch(account)


def run_out(ledger: Ledger, account: Account, *, now_ms: int) -> None:
    """End everything of an account whose time has come; conditional orders outlive a countdown (stricter: unknown)."""
    for symbol in [name for name, at_ms in account.countdowns.items() if at_ms <= now_ms]:
        del account.countdowns[symbol]
        ledger.touch(account)
        for order in [o for o in account.open_orders.values() if o.symbol == symbol]:
            matching.end(ledger, order, "CANCELED", now_ms=now_ms)
    for order in [o for o in account.open_orders.values() if 0 < o.good_till_ms <= now_ms]:
        matching.end(ledger, order, "EXPIRED", now_ms=now_ms)
    for algo in [a for a in account.open_algos.values() if a.is_open and 0 < a.good_till_ms <= now_ms]:
        algo.status, algo.updated_ms = "EXPIRED", now_ms
        ledger.keep_algo(algo)
        news.algo_changed(ledger, algo, now_ms=now_ms)
