"""What happened to an account's money, over HTTP: income, isolated margin, forced orders (binance.md §4.2, §4.4)."""

from __future__ import annotations

from typing import Any

from nof1web.sim import forced, render
from nof1web.sim.accounts import MarginChange
from nof1web.sim.orders import whole
from nof1web.sim.refusal import Refusal
from nof1web.sim.render import Json
from nof1web.sim.retention import DAY_MS, orders_kept, rows_kept
from nof1web.sim.routing import READ, Call, Route, Routes, by_symbol
from nof1web.sim.windows import WEEK_MS, limited, span

# What the exchange may call a change of a wallet; asking for any other kind is refused.
INCOME_TYPES = frozenset(
    {
        "TRANSFER", "WELCOME_BONUS", "REALIZED_PNL", "FUNDING_FEE", "COMMISSION", "INSURANCE_CLEAR",
        "REFERRAL_KICKBACK", "COMMISSION_REBATE", "API_REBATE", "CONTEST_REWARD", "CROSS_COLLATERAL_TRANSFER",
        "OPTIONS_PREMIUM_FEE", "OPTIONS_SETTLE_PROFIT", "INTERNAL_TRANSFER", "AUTO_EXCHANGE", "DELIVERED_SETTELMENT",
        "COIN_SWAP_DEPOSIT", "COIN_SWAP_WITHDRAW", "POSITION_LIMIT_INCREASE_FEE", "STRATEGY_UMFUTURES_TRANSFER",
        "FEE_RETURN", "BFUSD_REWARD", "SPECIAL_FUNDING_FEE",
    }
)  # fmt: skip
# What an order of the user's own has and forceOrders doesn't show.
_NOT_OF_FORCED = frozenset({"priceProtect", "priceMatch", "selfTradePreventionMode", "goodTillDate"})
_MONTH_MS = 30 * DAY_MS


def income(call: Call) -> list[Json]:
    """GET income, oldest first: by default of the last 7 days, never of more than three months ago.

    There are no pages: `page` is not read, the next rows are those from the last one's time on.
    """
    symbol = call.listed_symbol() if call.symbol else None
    kind = call.params.get("incomeType") or None
    if kind is not None and kind not in INCOME_TYPES:
        raise Refusal(-1130, "incomeType")
    start, end = span(call, default_ms=WEEK_MS)
    rows = [
        row
        for row in rows_kept(call.owner.income, call.now_ms)
        if start <= row.at_ms <= end and symbol in (None, row.symbol) and kind in (None, row.kind)
    ]
    newest = not call.params.get("startTime")
    return [render.income(row) for row in limited(call, rows, default=100, most=1000, newest=newest)]


def margin_history(call: Call) -> list[Json]:
    """GET positionMargin/history of a symbol, oldest first: of the last 30 days, in windows of at most 30 days."""
    symbol = call.listed_symbol()
    kind = whole(call.params, "type", 0)
    if call.params.get("type") and kind not in (1, 2):
        raise Refusal(-1130, "type")
    start, end = span(call, default_ms=_MONTH_MS, widest_ms=_MONTH_MS)
    start = max(start, call.now_ms - _MONTH_MS)
    rows = [
        row
        for row in call.owner.margin_changes
        if row.symbol == symbol and kind in (0, row.kind) and start <= row.at_ms <= end
    ]
    newest = not call.params.get("startTime")
    return [_margin_change(row) for row in limited(call, rows, default=500, most=500, newest=newest)]


def forced_orders(call: Call) -> list[Json]:
    """GET forceOrders: liquidations and deleveragings, oldest first, in windows of at most 7 days."""
    symbol = call.listed_symbol() if call.symbol else None
    wanted = call.params.get("autoCloseType") or None
    if wanted not in (None, forced.LIQUIDATION, forced.ADL):
        raise Refusal(-1130, "autoCloseType")
    start, end = span(call, default_ms=WEEK_MS, widest_ms=WEEK_MS)
    placed = [order for order in orders_kept(call.owner, call.now_ms) if _is_wanted(forced.kind(order), wanted)]
    rows = [order for order in placed if symbol in (None, order.symbol) and start <= order.created_ms <= end]
    newest = not call.params.get("startTime")
    shown = limited(call, rows, default=50, most=100, newest=newest)
    return [_as_forced(render.order_listed(order, call.instruments)) for order in shown]


def _as_forced(order: Json) -> Json:
    return {name: value for name, value in order.items() if name not in _NOT_OF_FORCED}


def _is_wanted(kind: str | None, wanted: str | None) -> bool:
    return kind is not None and wanted in (None, kind)


def _margin_change(row: MarginChange) -> dict[str, Any]:
    return {
        "symbol": row.symbol,
        "type": row.kind,
        "deltaType": "USER_ADJUST",
        "amount": render.places(row.amount, 8),
        "asset": "USDT",
        "time": row.at_ms,
        "positionSide": row.position_side,
    }


ROUTES: Routes = {
    ("GET", "/fapi/v1/income"): Route(income, 30, READ),
    ("GET", "/fapi/v1/positionMargin/history"): Route(margin_history, 1, READ),
    ("GET", "/fapi/v1/forceOrders"): Route(forced_orders, by_symbol(20, 50), READ),
}
