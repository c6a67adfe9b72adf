"""An account's past trades, page by page (binance.md §4.4)."""

from __future__ import annotations

from datetime import datetime

from nof1web.adapters.binance import calls
from nof1web.adapters.binance.parsing import ms_of, parse_fills, parsed
from nof1web.adapters.binance.signed import SignedHost
from nof1web.core.trading import Fill

WEEK_MS = 7 * 86_400_000
KEPT_MS = 89 * 86_400_000
PAGE = 1_000


def trades(host: SignedHost, symbol: str, since: datetime) -> tuple[Fill, ...]:
    """Return the account's trades of a symbol since then, oldest first (weight 5 per week asked for)."""
    now = host.now_ms()
    start = max(ms_of(since), now - KEPT_MS)
    rows: tuple[Fill, ...] = ()
    page: tuple[Fill, ...] = ()
    while start <= now and len(page) < PAGE:
        page = _page(host, symbol, startTime=start, endTime=start + WEEK_MS - 1)
        rows, start = rows + page, start + WEEK_MS
    while len(page) == PAGE:
        page = _page(host, symbol, fromId=int(rows[-1].trade_id) + 1)
        rows += page
    return rows


def _page(host: SignedHost, symbol: str, **bounds: int) -> tuple[Fill, ...]:
    params = {"symbol": symbol, "limit": str(PAGE)} | {name: str(bound) for name, bound in bounds.items()}
    return parsed(parse_fills, host.read(calls.TRADES, params))
