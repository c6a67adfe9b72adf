"""The end of a symbol: its orders expire and its positions are settled at the mark (binance.md §4.1, §4.2 income)."""

from __future__ import annotations

from dataclasses import replace

from nof1web.sim import events, liquidation, matching, news, settlement
from nof1web.sim.accounts import BOTH, LONG, SHORT, USDT, ZERO, Account, Income, Position, Trade, apply_fill
from nof1web.sim.fees import EIGHT
from nof1web.sim.ledger import Ledger
from nof1web.sim.listings import CLOSE
from nof1web.sim.market import Market
from nof1web.sim.orders import MARKET, Order

INCOME = "DELIVERED_SETTELMENT"


def delist(ledger: Ledger, market: Market, symbol: str, *, now_ms: int) -> None:
    """End a symbol for all accounts: orders expire, positions settle at the mark free of charge, trading is over.

    What that leaves without margin is liquidated; what an account can't pay, the insurance fund pays.
    """
    settled: list[Account] = []
    for account in ledger.accounts.values():
        for order in [o for o in account.open_orders.values() if o.symbol == symbol]:
            matching.end(ledger, order, "EXPIRED", now_ms=now_ms, expired_for="7")
        for algo in [a for a in account.open_algos.values() if a.symbol == symbol and a.is_open]:
            algo.status, algo.updated_ms = "EXPIRED", now_ms
            ledger.keep_algo(algo)
            news.algo_changed(ledger, algo, now_ms=now_ms)
        for side in (BOTH, LONG, SHORT):
            if account.quantity(symbol, side):
                _settle(ledger, market, account, account.position(symbol, side), now_ms=now_ms)
                settled.append(account)
        account.countdowns.pop(symbol, None)
    market.listings[symbol] = replace(market.listing(symbol), status=CLOSE)
    for account in settled:
        liquidation.look_after(ledger, market, account, now_ms=now_ms)
        liquidation.cover_shortfall(ledger, market, account, now_ms=now_ms)


def _settle(ledger: Ledger, market: Market, account: Account, position: Position, *, now_ms: int) -> None:
    order = _settlement_order(ledger, market, account, position, now_ms=now_ms)
    mark = market.mark(order.symbol)
    had = account.wallet, position.isolated_wallet
    delta = order.quantity * order.sign
    realised = apply_fill(position, account.config(order.symbol), delta, mark).quantize(EIGHT)
    account.credit(USDT, realised)
    account.updated_ms = position.updated_ms = now_ms
    trade = Trade(
        trade_id=ledger.next_id("trade"),
        account_id=account.account_id,
        order_id=order.order_id,
        symbol=order.symbol,
        side=order.side,
        position_side=order.position_side,
        price=mark,
        quantity=order.quantity,
        realised=realised,
        commission=ZERO,
        maker=False,
        at_ms=now_ms,
    )
    ledger.keep_order(order)
    ledger.keep_trade(trade)
    tran_id = ledger.next_id("tran")
    ledger.keep_income(Income(tran_id, account.account_id, order.symbol, INCOME, realised, now_ms, trade.trade_id))
    ledger.touch(account)
    news.order_changed(ledger, order, events.TRADE, now_ms=now_ms, trade=trade)
    moved = {USDT: ZERO}
    news.account_changed(ledger, market, account, "ADJUSTMENT", now_ms=now_ms, changes=moved, positions=(position,))
    settlement.cover_isolated(ledger, market, account, position, had=had, now_ms=now_ms)


def _settlement_order(ledger: Ledger, market: Market, account: Account, position: Position, *, now_ms: int) -> Order:
    order_id, size = ledger.next_id("order"), abs(position.quantity)
    return Order(
        order_id=order_id,
        account_id=account.account_id,
        client_order_id=f"settlement_autoclose-{order_id}",
        symbol=position.symbol,
        side="SELL" if position.quantity > 0 else "BUY",
        position_side=position.side,
        type=MARKET,
        time_in_force="IOC",
        quantity=size,
        price=ZERO,
        reduce_only=True,
        created_ms=now_ms,
        updated_ms=now_ms,
        status="FILLED",
        executed=size,
        quote=size * market.mark(position.symbol),
    )
