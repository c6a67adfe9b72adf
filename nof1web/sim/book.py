"""A small synthetic book around the mark: slippage and finite depth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from nof1web.sim.market import Quote
from nof1web.sim.rules import Instrument

LEVELS = 12
_HALF_SPREAD = Decimal("0.00002")
_GAP = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Level:
    """One price and the quantity on offer there (base units, positive)."""

    price: Decimal
    quantity: Decimal


def best(quote: Quote, instrument: Instrument, *, buying: bool) -> Decimal:
    """The best price for somebody who buys (the ask) or sells (the bid)."""
    spread = _HALF_SPREAD if buying else -_HALF_SPREAD
    return instrument.round_price(quote.mark * (1 + spread), up=buying)


def levels(quote: Quote, instrument: Instrument, *, buying: bool) -> Iterator[Level]:
    """The levels a taker meets, best first; each deeper one holds more."""
    first = best(quote, instrument, buying=buying)
    gap = max(instrument.tick, instrument.round_price(quote.mark * _GAP, up=True))
    for depth in range(LEVELS):
        price = first + gap * depth if buying else first - gap * depth
        if price <= 0:
            return
        yield Level(price, instrument.floor_quantity(instrument.depth * (depth + 1) / price))


def sweep(asked: Decimal, limit: Decimal, offers: Iterator[Level], *, buying: bool) -> list[Level]:
    """What an order for `asked` (positive) takes from the offers without passing `limit`."""
    taken: list[Level] = []
    for level in offers:
        if asked <= 0 or (level.price > limit if buying else level.price < limit):
            break
        quantity = min(asked, level.quantity)
        if quantity > 0:
            taken.append(Level(level.price, quantity))
            asked -= quantity
    return taken
