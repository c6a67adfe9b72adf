"""Orders the exchange itself places for an account: liquidation and deleveraging."""

from __future__ import annotations

from decimal import Decimal

from nof1web.sim import children, events, matching, news
from nof1web.sim.accounts import Account, Position
from nof1web.sim.book import Level
from nof1web.sim.ledger import Ledger
from nof1web.sim.market import Market
from nof1web.sim.orders import LIMIT, Order

LIQUIDATION, ADL = "LIQUIDATION", "ADL"
_ADL_ID, _LIQUIDATION_PREFIX = "adl_autoclose", "autoclose-"


def kind(order: Order) -> str | None:
    """LIQUIDATION or ADL for an order the exchange placed, None for the account's own."""
    return order.forced or None


def cancel_resting(ledger: Ledger, account: Account, symbols: set[str], *, now_ms: int, expired_for: str = "") -> None:
    """Take every regular order of these symbols out of the book, also those that conditional orders became."""
    for order in list(account.open_orders.values()):
        if order.symbol in symbols and order.is_open:
            matching.end(ledger, order, "CANCELED", now_ms=now_ms, expired_for=expired_for)


def open_order(
    ledger: Ledger,
    market: Market,
    position: Position,
    account: Account,
    *,
    why: str,
    price: Decimal,
    now_ms: int,
    quantity: Decimal | None = None,
) -> Order:
    """An order that closes a position, or a quantity of it, at a price or better; IOC as forceOrders shows them.

    It isn't filled yet.
    """
    order_id = ledger.next_id("order")
    selling = position.quantity > 0
    instrument = market.instruments[position.symbol]
    order = Order(
        order_id=order_id,
        account_id=account.account_id,
        client_order_id=_ADL_ID if why == ADL else f"{_LIQUIDATION_PREFIX}{now_ms}{order_id % 10**6:06d}",
        symbol=position.symbol,
        side="SELL" if selling else "BUY",
        position_side=position.side,
        type=LIMIT,
        time_in_force="IOC",
        quantity=abs(position.quantity) if quantity is None else quantity,
        price=max(instrument.tick, instrument.round_price(price, up=not selling)),
        reduce_only=True,
        created_ms=now_ms,
        updated_ms=now_ms,
        forced=why,
    )
    news.order_changed(ledger, order, events.NEW, now_ms=now_ms)
    return order


def fill(ledger: Ledger, market: Market, account: Account, order: Order, level: Level, *, now_ms: int) -> None:
    """Fill a forced order, told as CALCULATED."""
    matching.fill(ledger, market, account, order, level, maker=False, now_ms=now_ms, execution=events.CALCULATED)


def finish(ledger: Ledger, account: Account, order: Order, *, now_ms: int) -> None:
    """Store a forced order and end what its fills made senseless."""
    if order.is_open:
        matching.end(ledger, order, "EXPIRED", now_ms=now_ms)
    children.keep(ledger, order, now_ms=now_ms)
    matching.settle_after_fill(ledger, account, order.symbol, now_ms=now_ms)
    ledger.touch(account)
