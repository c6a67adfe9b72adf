"""What the clock does to accounts: funding and liquidation."""

from __future__ import annotations

from decimal import Decimal

from nof1web.sim import events, matching, news
from nof1web.sim.accounts import USDT, ZERO, Account, Income, Position
from nof1web.sim.book import Level
from nof1web.sim.fees import EIGHT
from nof1web.sim.ledger import Ledger
from nof1web.sim.margin import maintenance_margin, margins
from nof1web.sim.market import Market
from nof1web.sim.orders import MARKET, Order
from nof1web.sim.rules import LIQUIDATION_FEE


def pay_funding(ledger: Ledger, market: Market, account: Account, *, now_ms: int) -> None:
    """Exchange funding on every position: a long pays a positive rate on its notional at the mark."""
    for position in account.live_positions():
        quote = market.quotes[position.symbol]
        amount = (-position.quantity * quote.mark * quote.funding_rate).quantize(EIGHT)
        account.wallet += amount
        if account.is_isolated(position.symbol):
            position.isolated_wallet += amount
        _note(ledger, account, position.symbol, kind="FUNDING_FEE", amount=amount, now_ms=now_ms)
        told = (position,) if account.is_isolated(position.symbol) else ()
        news.account_changed(
            ledger, market, account, "FUNDING_FEE", now_ms=now_ms, changes={USDT: amount}, positions=told
        )
    ledger.touch(account)


def liquidate_if_due(ledger: Ledger, market: Market, account: Account, *, now_ms: int) -> bool:
    """Close what its margin no longer carries: an isolated position alone, all crossed ones together."""
    doomed: list[Position] = []
    for position in account.live_positions():
        if account.is_isolated(position.symbol):
            left = position.isolated_wallet + position.unrealised(market.mark(position.symbol))
            if left <= maintenance_margin(position, market):
                doomed.append(position)
    sums = margins(account, market)
    if sums.cross_maintenance and sums.cross_wallet + sums.cross_unrealised <= sums.cross_maintenance:
        doomed += [p for p in account.live_positions() if not account.is_isolated(p.symbol)]
    for position in doomed:
        _liquidate(ledger, market, account, position, now_ms=now_ms)
    _cover_shortfall(ledger, market, account, now_ms=now_ms)
    return bool(doomed)


def _cover_shortfall(ledger: Ledger, market: Market, account: Account, *, now_ms: int) -> None:
    """Let the insurance fund pay what crossed positions lost beyond the crossed wallet, once none is left."""
    if any(not account.is_isolated(position.symbol) for position in account.live_positions()):
        return
    shortfall = -margins(account, market).cross_wallet.quantize(EIGHT)
    if shortfall > 0:
        account.wallet += shortfall
        _note(ledger, account, "", kind="INSURANCE_CLEAR", amount=shortfall, now_ms=now_ms)
        news.account_changed(ledger, market, account, "INSURANCE_CLEAR", now_ms=now_ms, changes={USDT: shortfall})
        ledger.touch(account)


def _liquidate(ledger: Ledger, market: Market, account: Account, position: Position, *, now_ms: int) -> None:
    symbol, size = position.symbol, abs(position.quantity)
    for order in list(account.open_orders.values()):
        if order.symbol == symbol:
            matching.end(ledger, order, "CANCELED", now_ms=now_ms)
    order_id = ledger.next_id("order")
    mark = market.mark(symbol)
    order = Order(
        order_id=order_id,
        account_id=account.account_id,
        client_order_id=f"autoclose-{order_id}",
        symbol=symbol,
        side="SELL" if position.quantity > 0 else "BUY",
        position_side=position.side,
        type=MARKET,
        time_in_force="IOC",
        quantity=size,
        price=ZERO,
        reduce_only=True,
        created_ms=now_ms,
        updated_ms=now_ms,
    )
    at_stake, before = position.isolated_wallet, account.wallet
    news.order_changed(ledger, order, events.NEW, now_ms=now_ms)
    own = Level(mark, size)
    matching.fill(ledger, market, account, order, own, maker=False, now_ms=now_ms, execution=events.CALCULATED)
    ledger.keep_order(order)
    clearing = -(size * mark * LIQUIDATION_FEE).quantize(EIGHT)
    if account.is_isolated(symbol):
        # An isolated position never costs more than the margin set aside for it.
        lost = before - account.wallet - clearing
        clearing += max(ZERO, lost - at_stake).quantize(EIGHT)
    account.wallet += clearing
    _note(ledger, account, symbol, kind="INSURANCE_CLEAR", amount=clearing, now_ms=now_ms)
    news.account_changed(ledger, market, account, "INSURANCE_CLEAR", now_ms=now_ms, changes={USDT: clearing})
    matching.settle_after_fill(ledger, account, symbol, now_ms=now_ms)
    ledger.touch(account)


def _note(ledger: Ledger, account: Account, symbol: str, *, kind: str, amount: Decimal, now_ms: int) -> None:
    ledger.keep_income(Income(ledger.next_id("tran"), account.account_id, symbol, kind, amount, now_ms))
