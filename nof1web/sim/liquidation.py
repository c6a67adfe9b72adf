"""Liquidation: what its margin no longer carries is closed; the insurance fund, or other holders, pay the rest."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_UP, Decimal

from nof1web.sim import adl, calm, collateral, forced, settlement
from nof1web.sim.accounts import USDT, ZERO, Account, Position
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
        promised = ZERO
        for position, bankrupt in _bankruptcy_prices(account, market, positions, sums):
            spare = max(ZERO, ledger.fund.balance(USDT) - promised)
            promised += _close(ledger, market, account, position, bankrupt=bankrupt, spare=spare, now_ms=now_ms)
    if positions or account.wallet < 0:
        cover_shortfall(ledger, market, account, now_ms=now_ms)
    return bool(positions)


def _isolated_out(position: Position, market: Market) -> bool:
    left = position.isolated_wallet + position.unrealised(market.mark(position.symbol))
    return left <= maintenance_margin(position, market)


def _bankruptcy_prices(
    account: Account, market: Market, positions: list[Position], sums: Margins
) -> list[tuple[Position, Decimal]]:
    """Per position the price that leaves its margin at exactly nothing.

    Crossed ones share what is left by notional. What is missing falls on those that lose, by their losses and no
    further than to their entry: a leg in profit has no part in it.
    """
    crossed = [p for p in positions if not account.is_isolated(p.symbol)]
    notional = sum((abs(p.quantity) * market.mark(p.symbol) for p in crossed), ZERO)
    lost = sum((_loss(p, market) for p in crossed), ZERO)
    found: list[tuple[Position, Decimal]] = []
    for position in positions:
        mark = market.mark(position.symbol)
        if account.is_isolated(position.symbol):
            price = position.entry_price - position.isolated_wallet / position.quantity
        elif sums.cross_equity >= 0:
            price = mark * (1 - (sums.cross_equity / notional).copy_sign(position.quantity))
        else:
            missing = min(lost, -sums.cross_equity)
            price = mark + (_loss(position, market) / lost * missing / position.quantity if lost else ZERO)
        found.append((position, max(ZERO, price)))
    return found


def _loss(position: Position, market: Market) -> Decimal:
    return max(ZERO, -position.unrealised(market.mark(position.symbol)))


def _close(
    ledger: Ledger,
    market: Market,
    account: Account,
    position: Position,
    *,
    bankrupt: Decimal,
    spare: Decimal,
    now_ms: int,
) -> Decimal:
    """Close a position, with other holders when the fund hasn't `spare` enough; what the fund will owe for it (USDT).

    An isolated one is settled with the fund at once, so nothing is owed for it later.
    """
    symbol, size, mark = position.symbol, abs(position.quantity), market.mark(position.symbol)
    isolated, had = account.is_isolated(symbol), (account.wallet, position.isolated_wallet)
    selling = position.quantity > 0
    limit = min(mark, bankrupt) if selling else max(mark, bankrupt)
    order = forced.open_order(ledger, market, position, account, why=forced.LIQUIDATION, price=limit, now_ms=now_ms)
    missing = max(ZERO, bankrupt - mark if selling else mark - bankrupt)
    price = bankrupt.quantize(EIGHT)
    if size * missing > spare and price > 0:
        matched = adl.deleverage(ledger, market, account, position, price=price, now_ms=now_ms)
        if matched:
            forced.fill(ledger, market, account, order, Level(price, matched), now_ms=now_ms)
    owed = ZERO if isolated else order.remaining * missing
    if order.remaining:
        forced.fill(ledger, market, account, order, Level(mark, order.remaining), now_ms=now_ms)
    left = had[1] - (had[0] - account.wallet) if isolated else margins(account, market).cross_equity
    fee = min(size * mark * LIQUIDATION_FEE, max(ZERO, left)).quantize(EIGHT, ROUND_DOWN)
    settlement.settle_with_fund(ledger, market, account, symbol, amount=-fee, now_ms=now_ms)
    settlement.cover_isolated(ledger, market, account, position, had=had, now_ms=now_ms)
    forced.finish(ledger, account, order, now_ms=now_ms)
    return owed


def cover_shortfall(ledger: Ledger, market: Market, account: Account, *, now_ms: int) -> None:
    """Pay what crossed positions lost beyond the crossed wallet, once none is left: other assets, then the fund."""
    if any(not account.is_isolated(position.symbol) for position in account.live_positions()):
        return
    if account.multi_assets:
        collateral.pay_debt(ledger, market, account, now_ms=now_ms)
    isolated = sum((position.isolated_wallet for position in account.live_positions()), ZERO)
    shortfall = (isolated - account.wallet).quantize(EIGHT, ROUND_UP)
    if shortfall > 0:
        settlement.settle_with_fund(ledger, market, account, "", amount=shortfall, now_ms=now_ms)
