"""Tells the watchers of an account what changed; nothing is made or kept for an account nobody watches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from nof1web.sim.accounts import USDT, ZERO, Account, Position, Trade
from nof1web.sim.algo_orders import AlgoOrder
from nof1web.sim.events import AccountEvent, AlgoEvent, BalanceNews, ConfigEvent, OrderEvent, PositionNews
from nof1web.sim.ledger import Ledger
from nof1web.sim.market import Market
from nof1web.sim.orders import Order


def order_changed(
    ledger: Ledger,
    order: Order,
    execution: str,
    *,
    now_ms: int,
    trade: Trade | None = None,
    modify_id: str = "",
    expired_for: str = "",
) -> None:
    """Tell of an order: `execution` is NEW, TRADE, CANCELED, EXPIRED, CALCULATED or AMENDMENT.

    `expired_for` is the stream's expiry reason, needed only where the order's type and time in force don't tell it.
    """

    def event() -> OrderEvent:
        bids, asks = _resting(ledger.accounts[order.account_id], order)
        return OrderEvent(
            account_id=order.account_id,
            order=replace(order),
            execution=execution,
            at_ms=now_ms,
            trade=trade,
            bids=bids,
            asks=asks,
            modify_id=modify_id,
            expired_for=expired_for,
        )

    ledger.tell(order.account_id, event)


def algo_changed(ledger: Ledger, algo: AlgoOrder, *, now_ms: int) -> None:
    """Tell of a conditional order."""
    ledger.tell(algo.account_id, lambda: AlgoEvent(algo.account_id, replace(algo), now_ms))


def account_changed(
    ledger: Ledger,
    market: Market,
    account: Account,
    reason: str,
    *,
    now_ms: int,
    changes: dict[str, Decimal] | None = None,
    positions: Iterable[Position] = (),
    symbol: str = "",
) -> None:
    """Tell of wallets (`changes` by asset; 0 for one that only a fill moved) and of positions.

    `symbol` is the one funding was exchanged for.
    """

    def event() -> AccountEvent:
        balances = tuple(_balance(account, asset, change) for asset, change in (changes or {}).items())
        moved = tuple(position_news(account, market, position) for position in positions)
        return AccountEvent(account.account_id, reason, now_ms, balances, moved, symbol)

    ledger.tell(account.account_id, event)


def leverage_chosen(ledger: Ledger, account: Account, symbol: str, leverage: int, *, now_ms: int) -> None:
    """Tell of a symbol's new leverage."""
    name = account.account_id
    ledger.tell(name, lambda: ConfigEvent(name, now_ms, symbol=symbol, leverage=leverage))


def asset_mode_chosen(ledger: Ledger, account: Account, *, now_ms: int) -> None:
    """Tell of a new asset mode."""
    name, on = account.account_id, account.multi_assets
    ledger.tell(name, lambda: ConfigEvent(name, now_ms, multi_assets=on))


def position_news(account: Account, market: Market, position: Position) -> PositionNews:
    """A position as the stream shows it at the present mark."""
    mark = market.mark(position.symbol)
    profit = position.unrealised(mark) if position.quantity else ZERO
    return PositionNews(replace(position), account.is_isolated(position.symbol), profit, mark)


def _balance(account: Account, asset: str, change: Decimal) -> BalanceNews:
    wallet = account.balance(asset)
    isolated = sum((p.isolated_wallet for p in account.live_positions()), ZERO) if asset == USDT else ZERO
    return BalanceNews(asset, wallet, wallet - isolated, change)


def _resting(account: Account, changed: Order) -> tuple[Decimal, Decimal]:
    """What the buying and the selling orders at rest in a symbol come to (USDT), the changed one as it is now."""
    orders = {**account.open_orders, changed.order_id: changed}
    resting = [order for order in orders.values() if order.symbol == changed.symbol and order.is_open]
    sides = ([order for order in resting if order.sign == sign] for sign in (1, -1))
    bids, asks = (sum((order.remaining * order.price for order in side), ZERO) for side in sides)
    return bids, asks
