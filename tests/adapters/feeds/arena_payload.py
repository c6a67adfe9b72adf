"""Small payloads in nof1's shape, with the wall clock's time."""

from __future__ import annotations

import json
import time
from typing import Any

JSON = {"Content-Type": "application/json; charset=utf-8"}


def payload(books: dict[str, dict[str, str]], *, at: float | None = None, hour: int = 5) -> bytes:
    """An account-totals body: every agent's book, each coin entered at 100."""
    now = time.time() if at is None else at
    rows = [record(agent, book, now=now, hour=hour) for agent, book in books.items()]
    return json.dumps({"accountTotals": rows, "lastHourlyMarkerRead": hour, "serverTime": int(now * 1000)}).encode()


def record(agent: str, book: dict[str, str], *, now: float, hour: int) -> dict[str, Any]:
    """One account's record."""
    return {
        "id": f"{agent}_{hour}", "timestamp": now, "model_id": agent, "dollar_equity": 10000.5,
        "since_inception_hourly_marker": hour, "since_inception_minute_marker": hour * 60,
        "total_unrealized_pnl": len(book),
        "positions": {coin: position(coin, quantity) for coin, quantity in book.items()},
    }  # fmt: skip


def position(coin: str, quantity: str) -> dict[str, Any]:
    """One position."""
    return {
        "entry_oid": 1001, "symbol": coin, "entry_price": 100, "leverage": 10, "quantity": json.loads(quantity),
        "current_price": 101.5, "exit_plan": {"stop_loss": 95, "profit_target": 120}, "tp_oid": -1, "sl_oid": -1,
    }  # fmt: skip
