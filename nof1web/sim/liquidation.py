"""Liquidation: what its margin no longer carries is closed; the insurance fund, or other holders, pay the rest."""

from __future__ import annotations

from decimal import Decimal

from nof1web.sim import adl, calm, collateral, forced, news, settlement
from nof1web.sim.accounts import USDT, ZERO, Account, Income, Position
from nof1web.sim.book import Level
from nof1web.sim.fees import EIGHT
from nof1web.sim.ledger import Ledger
from nof1web.sim.margin import Margins, maintenance_margin, margins
from nof1web.sim.market import Market
from nof1web.sim.refusal import Refusal
from nof1web.sim.rules import LIQUIDATION_FEE


def look_after(ledger: Ledger, market: Market, account: Account, *, now_ms: int) -> None:
    """Liquidate what is due, warn of what is near, and note between which prices nobody has to look again."""
    if account.multi_assets and account.wallet < collateral.AUTO_EXCHANGE[USDT]:
        collateral.pay_debt(ledger, market, account, now_ms=now_ms)
    sums = margins(account, market)
    if not liquidate_if_due(ledger, market, account, sums, now_ms=now_ms):
        settlement.call_margin(ledger, market, account, sums, now_ms=now_ms)
        calm.note(account, market, sums)


def doomed(account: Account, market: Market, sums: Margins) -> list[Position]:
    """The positions whose margin is used up: an isolated one alone, all crossed ones together."""
    live = account.live_positions()
    crossed_out = bool(sums.cross_maintenance) and sums.cross_equity <= sums.cross_maintenance
    return [p for p in live if (_isolated_out(p, market) if account.is_isolated(p.symbol) else crossed_out)]


def refuse_in_liquidation(account: Account, market: Market) -> None:
    """Raise -2023 for an account that the next moment liquidates."""
    if account.live_positions() and doomed(account, market, margins(account, market)):
        raise Refusal(-2023)


def liquidate_if_due(ledger: Ledger, market: Market, account: Account, sums: Margins, *, now_ms: int) -> bool:
    """Close what its margin no longer carries; whether anything was closed.

    Regular orders of the affected symbols go first (for crossed positions those of all crossed symbols). Conditional
    orders stay: they bind no margin and are refused, or expire, when there is nothing left to close.
    """
    positions = doomed(account, market, sums)
    if positions:
        affected = {position.symbol for position in positions}
        if any(not account.is_isolated(symbol) for symbol in affected):
            affected |= {o.symbol for o in account.open_orders.values() if not account.is_isolated(o.symbol)}
        forced.cancel_resting(ledger, account, affected, now_ms=now_ms, expired_for="5")
        for position, bankrupt in _bankruptcy_prices(account, market, positions, sums):
            _close(ledger, market, account, position, bankrupt=bankrupt, now_ms=now_ms)
    if positions or account.wallet < 0 or sums.cross_wallet < 0:
        _cover_shortfall(ledger, market, account, now_ms=now_ms)
    return bool(positions)


def _isolated_out(position: Position, market: Market) -> bool:
    left = position.isolated_wallet + position.unrealised(market.mark(position.symbol))
    return left <= maintenance_margin(position, market)


def _bankruptcy_prices(
    account: Account, market: Market, positions: list[Position], sums: Margins
) -> list[tuple[Position, Decimal]]:
    """Per position the price that leaves its margin at exactly nothing; crossed ones share theirs by notional."""
    crossed = [p for p in positions if not account.is_isolated(p.symbol)]
    notional = sum((abs(p.quantity) * market.mark(p.symbol) for p in crossed), ZERO)
    found: list[tuple[Position, Decimal]] = []
    for position in positions:
        if account.is_isolated(position.symbol):
            price = position.entry_price - position.isolated_wallet / position.quantity
        else:
            share = (sums.cross_equity / notional).copy_sign(sums.cross_equity * position.quantity)
            price = market.mark(position.symbol) * (1 - share)
        found.append((position, max(ZERO, price)))
    return found


def _close(
    ledger: Ledger, market: Market, account: Account, position: Position, *, bankrupt: Decimal, now_ms: int
) -> None:
    symbol, size, mark = position.symbol, abs(position.quantity), market.mark(position.symbol)
    isolated, at_stake, before = account.is_isolated(symbol), position.isolated_wallet, account.wallet
    selling = position.quantity > 0
    limit = min(mark, bankrupt) if selling else max(mark, bankrupt)
    order = forced.open_order(ledger, market, position, account, why=forced.LIQUIDATION, price=limit, now_ms=now_ms)
    missing = size * (bankrupt - mark if selling else mark - bankrupt)
    price = bankrupt.quantize(EIGHT)
    if missing > max(ZERO, ledger.fund.balance(USDT)) and price > 0:
        matched = adl.deleverage(ledger, market, account, position, price=price, now_ms=now_ms)
        if matched:
            forced.fill(ledger, market, account, order, Level(price, matched), now_ms=now_ms)
    if order.remaining:
        forced.fill(ledger, market, account, order, Level(mark, order.remaining), now_ms=now_ms)
    left = at_stake - (before - account.wallet) if isolated else margins(account, market).cross_equity
    fee = min(size * mark * LIQUIDATION_FEE, max(ZERO, left))
    # An isolated position never costs more than the margin set aside for it.
    covered = max(ZERO, -left) if isolated else ZERO
    _settle_with_fund(ledger, market, account, symbol, amount=(covered - fee).quantize(EIGHT), now_ms=now_ms)
    forced.finish(ledger, account, order, now_ms=now_ms)


def _cover_shortfall(ledger: Ledger, market: Market, account: Account, *, now_ms: int) -> None:
    """Pay what crossed positions lost beyond the crossed wallet, once none is left: other assets, then the fund."""
    if any(not account.is_isolated(position.symbol) for position in account.live_positions()):
        return
    if account.multi_assets:
        collateral.pay_debt(ledger, market, account, now_ms=now_ms)
    isolated = sum((position.isolated_wallet for position in account.live_positions()), ZERO)
    shortfall = -(account.wallet - isolated).quantize(EIGHT)
    if shortfall > 0:
        _settle_with_fund(ledger, market, account, "", amount=shortfall, now_ms=now_ms)


def _settle_with_fund(
    ledger: Ledger, market: Market, account: Account, symbol: str, *, amount: Decimal, now_ms: int
) -> None:
    if not amount:
        return
    account.wallet += amount
    account.updated_ms = now_ms
    ledger.use_fund(USDT, -amount)
    ledger.keep_income(Income(ledger.next_id("tran"), account.account_id, symbol, "INSURANCE_CLEAR", amount, now_ms))
    news.account_changed(ledger, market, account, "INSURANCE_CLEAR", now_ms=now_ms, changes={USDT: amount})
    ledger.touch(account)
