"""What an account may choose: leverage, margin type, position mode, asset mode (binance.md §4.3)."""

from __future__ import annotations

from nof1web.sim import news
from nof1web.sim.accounts import CROSSED, ISOLATED, ZERO, Account, SymbolConfig
from nof1web.sim.ledger import Ledger
from nof1web.sim.margin import initial_margin, margins
from nof1web.sim.market import Market
from nof1web.sim.refusal import Refusal


def set_leverage(ledger: Ledger, market: Market, account: Account, symbol: str, leverage: int, *, now_ms: int) -> None:
    """Choose a symbol's leverage; asking for the present one is fine."""
    instrument = market.instruments[symbol]
    if not 1 <= leverage <= instrument.max_leverage:
        raise Refusal(-4028, leverage)
    before = account.config(symbol)
    if leverage == before.leverage:
        return
    held = [p for p in account.live_positions() if p.symbol == symbol]
    mark = market.mark(symbol)
    if any(abs(p.quantity) * mark > instrument.notional_cap(leverage) for p in held):
        raise Refusal(-2027)
    if leverage < before.leverage and held:
        if before.margin_type == ISOLATED:
            raise Refusal(-4161)
        now_bound = sum((initial_margin(account, p, mark) for p in held), ZERO)
        if now_bound * before.leverage / leverage - now_bound > margins(account, market).available:
            raise Refusal(-2028)
    account.symbols[symbol] = SymbolConfig(leverage, before.margin_type)
    ledger.touch(account)
    news.leverage_chosen(ledger, account, symbol, leverage, now_ms=now_ms)


def set_margin_type(ledger: Ledger, account: Account, symbol: str, margin_type: str) -> None:
    """Choose CROSSED or ISOLATED for a symbol without orders and position."""
    if margin_type not in (CROSSED, ISOLATED):
        raise Refusal(-1130, "marginType")
    before = account.config(symbol)
    if before.margin_type == margin_type:
        raise Refusal(-4046)
    if margin_type == ISOLATED and account.multi_assets:
        raise Refusal(-4168)
    if _has_orders(account, symbol):
        raise Refusal(-4047)
    if any(p.symbol == symbol for p in account.live_positions()):
        raise Refusal(-4048)
    account.symbols[symbol] = SymbolConfig(before.leverage, margin_type)
    ledger.touch(account)


def set_hedge(ledger: Ledger, account: Account, *, hedge: bool) -> None:
    """Choose hedge or one-way mode for an account without orders and positions."""
    if account.hedge == hedge:
        raise Refusal(-4059)
    if _has_orders(account, None):
        raise Refusal(-4067)
    if account.live_positions():
        raise Refusal(-4068)
    account.hedge = hedge
    account.positions.clear()
    ledger.touch(account)


def set_multi_assets(ledger: Ledger, account: Account, *, on: bool, now_ms: int) -> None:
    """Choose multi-assets or single-asset mode; isolated symbols and open orders forbid it."""
    if account.multi_assets == on:
        raise Refusal(-4171)
    if on and any(config.margin_type == ISOLATED for config in account.symbols.values()):
        raise Refusal(-4167)
    if _has_orders(account, None):
        raise Refusal(-4170)
    account.multi_assets = on
    ledger.touch(account)
    news.asset_mode_chosen(ledger, account, now_ms=now_ms)


def _has_orders(account: Account, symbol: str | None) -> bool:
    resting = [o.symbol for o in account.open_orders.values()] + [a.symbol for a in account.open_algos.values()]
    return bool(resting) if symbol is None else symbol in resting
