"""What an order meets at once: levels of the book, and orders of its own account (STP, binance.md §4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from nof1web.sim import book
from nof1web.sim.accounts import ZERO, Account
from nof1web.sim.market import Market
from nof1web.sim.orders import MARKET, Order, OrderRequest
from nof1web.sim.rules import TAKE_BOUND
from nof1web.sim.terms import EXPIRE_BOTH, EXPIRE_MAKER, EXPIRE_TAKER, NONE


@dataclass(frozen=True, slots=True)
class Crossing:
    """The levels an order takes, best first, the own orders that expire for it, and whether it expires itself."""

    levels: tuple[book.Level, ...]
    expiring: tuple[Order, ...] = ()
    cut: bool = False

    @property
    def quantity(self) -> Decimal:
        """What all levels come to (base units)."""
        return sum((level.quantity for level in self.levels), ZERO)

    @property
    def is_empty(self) -> bool:
        """Whether the order meets nothing at all."""
        return not (self.levels or self.expiring or self.cut)


def meet(market: Market, account: Account, order: OrderRequest | Order, quantity: Decimal) -> Crossing:
    """What a quantity of an order meets within its price, or within marketTakeBound of the mark for MARKET.

    With NONE an order passes those of its own account by: nobody's order here ever trades with another's.
    """
    limit = market.mark(order.symbol) * (1 + TAKE_BOUND * order.sign) if order.type == MARKET else order.price
    buying = order.sign > 0
    levels = book.sweep(quantity, limit, book.offers(market, order.symbol, buying=buying), buying=buying)
    own = [] if order.self_trade_prevention == NONE else _in_the_way(account, order, limit)
    met = [other for other in own if quantity > _before(levels, other.price, buying=buying)]
    if not met:
        return Crossing(tuple(levels))
    if order.self_trade_prevention == EXPIRE_MAKER:
        return Crossing(tuple(levels), tuple(met))
    first = met[0]
    kept = tuple(level for level in levels if _better(level.price, first.price, buying=buying))
    expiring = (first,) if order.self_trade_prevention == EXPIRE_BOTH else ()
    return Crossing(kept, expiring, cut=order.self_trade_prevention in (EXPIRE_TAKER, EXPIRE_BOTH))


def _in_the_way(account: Account, order: OrderRequest | Order, limit: Decimal) -> list[Order]:
    buying = order.sign > 0
    opposite = [
        other
        for other in account.open_orders.values()
        if other.symbol == order.symbol and other.sign != order.sign and not _better(limit, other.price, buying=buying)
    ]
    return sorted(opposite, key=lambda other: (other.price * order.sign, other.place_in_queue))


def _before(levels: list[book.Level], price: Decimal, *, buying: bool) -> Decimal:
    return sum((level.quantity for level in levels if _better(level.price, price, buying=buying)), ZERO)


def _better(price: Decimal, other: Decimal, *, buying: bool) -> bool:
    return price < other if buying else price > other
