"""How an account's orders fared lately, as apiTradingStatus counts it (binance.md §4.2)."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from nof1web.sim.accounts import Account
from nof1web.sim.orders import Order
from nof1web.sim.render import Json
from nof1web.sim.rules import Instruments

WINDOW_MS = 600_000
_TRIGGERS = {"UFR": 0.995, "IFER": 0.99, "GCR": 0.99, "DR": 0.99}


def trading_indicators(
    account: Account, instruments: Instruments, *, symbol: str | None, now_ms: int
) -> dict[str, list[Json]]:
    """By symbol the shares of unfilled, expired IOC and FOK, cancelled GTC, and tiny orders of the last ten minutes.

    They are told, not enforced: this exchange locks nobody out for them.
    """
    recent: dict[str, list[Order]] = defaultdict(list)
    for order in reversed(account.orders.values()):
        if order.created_ms < now_ms - WINDOW_MS:
            break
        if symbol in (None, order.symbol):
            recent[order.symbol].append(order)
    return {name: _rows(orders, instruments[name].min_notional, now_ms) for name, orders in recent.items()}


def _rows(orders: list[Order], minimum: Decimal, now_ms: int) -> list[Json]:
    at_once = [o for o in orders if o.time_in_force in ("IOC", "FOK")]
    resting = [o for o in orders if o.time_in_force == "GTC"]
    values = {
        "UFR": _share([not o.executed for o in orders]),
        "IFER": _share([not o.executed for o in at_once]),
        "GCR": _share([o.status == "CANCELED" for o in resting]),
        "DR": _share([o.quantity * (o.price or o.quote / (o.executed or 1)) < minimum for o in orders]),
    }
    return [_row(name, value, now_ms) for name, value in values.items()]


def _row(name: str, value: float, now_ms: int) -> dict[str, Any]:
    return {
        "isLocked": False,
        "plannedRecoverTime": now_ms,
        "indicator": name,
        "value": value,
        "triggerValue": _TRIGGERS[name],
    }


def _share(hits: list[bool]) -> float:
    return round(sum(hits) / len(hits), 4) if hits else 0.0
