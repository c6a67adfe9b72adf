"""What an account may choose: leverage, margin type, position mode, asset mode (binance.md §4.3)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.sim import collateral, news
from nof1web.sim.accounts import CROSSED, ISOLATED, ZERO, Account, Position, SymbolConfig
from nof1web.sim.ledger import Ledger
from nof1web.sim.margin import margins, symbol_margin
from nof1web.sim.market import Market
from nof1web.sim.refusal import Refusal


def set_leverage(ledger: Ledger, market: Market, account: Account, symbol: str, leverage: int, *, now_ms: int) -> None:
    """Choose a symbol's leverage; asking for the present one is fine.

    Positions and resting orders have to fit: -2027 beyond the bracket's cap, -2028 beyond the available margin. A
    higher leverage under an isolated position gives none of its margin back (it is taken out by positionMargin).
    """
    instrument = market.instruments[symbol]
    if not 1 <= leverage <= instrument.max_leverage:
        raise Refusal(-4028, leverage)
    before = account.config(symbol)
    if leverage == before.leverage:
        return
    mark = market.mark(symbol)
    bound = symbol_margin(account, symbol, mark)
    if any(notional > instrument.notional_cap(leverage) for notional in _notionals(account, symbol, mark)):
        raise Refusal(-2027)
    if leverage < before.leverage and bound:
        if before.margin_type == ISOLATED and any(p.symbol == symbol for p in account.live_positions()):
            raise Refusal(-4161)
        if bound * before.leverage / leverage - bound > margins(account, market).available:
            raise Refusal(-2028)
    account.symbols[symbol] = SymbolConfig(leverage, before.margin_type)
    ledger.touch(account)
    news.leverage_chosen(ledger, account, symbol, leverage, now_ms=now_ms)


def set_margin_type(
    ledger: Ledger, market: Market, account: Account, symbol: str, margin_type: str, *, now_ms: int
) -> None:
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
    flat = [account.positions.get(f"{symbol}|{side}") or Position(symbol, side) for side in account.sides()]
    news.account_changed(ledger, market, account, "MARGIN_TYPE_CHANGE", now_ms=now_ms, positions=flat)


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


def set_multi_assets(ledger: Ledger, market: Market, account: Account, *, on: bool, now_ms: int) -> None:
    """Choose multi-assets or single-asset mode.

    Refused: -4171 nothing changes, -4167 a symbol is isolated, -4170 open orders, -4172 a negative wallet, -4169 the
    wallets that would count don't carry the positions.
    """
    if account.multi_assets == on:
        raise Refusal(-4171)
    if on and any(config.margin_type == ISOLATED for config in account.symbols.values()):
        raise Refusal(-4167)
    if _has_orders(account, None):
        raise Refusal(-4170)
    if any(account.balance(asset) < 0 for asset in collateral.held(account)):
        raise Refusal(-4172)
    account.multi_assets = on
    sums = margins(account, market)
    if sums.position_initial and sums.cross_equity < sums.position_initial:
        account.multi_assets = not on
        raise Refusal(-4169)
    ledger.touch(account)
    news.asset_mode_chosen(ledger, account, now_ms=now_ms)


def set_fee_burn(ledger: Ledger, account: Account, *, on: bool) -> None:
    """Choose whether fees are paid in BNB while there is some."""
    account.fee_burn = on
    ledger.touch(account)


def _notionals(account: Account, symbol: str, mark: Decimal) -> list[Decimal]:
    """What each side of a symbol is worth, and could be once its resting orders were filled (USDT)."""
    found: list[Decimal] = []
    for side in account.sides():
        resting = [o for o in account.open_orders.values() if (o.symbol, o.position_side) == (symbol, side)]
        opening = [o for o in resting if not o.only_closes]
        held = account.quantity(symbol, side) * mark
        bids = sum((o.remaining * o.price for o in opening if o.sign > 0), ZERO)
        asks = sum((o.remaining * o.price for o in opening if o.sign < 0), ZERO)
        found += [abs(held), abs(held + bids) if bids else ZERO, abs(held - asks) if asks else ZERO]
    return found


def _has_orders(account: Account, symbol: str | None) -> bool:
    resting = [o.symbol for o in account.open_orders.values()] + [a.symbol for a in account.open_algos.values()]
    return bool(resting) if symbol is None else symbol in resting
