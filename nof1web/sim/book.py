"""A small synthetic book around the last price: slippage, finite depth, and levels that stay taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from nof1web.sim.market import Market, Quote
from nof1web.sim.refusal import Refusal
from nof1web.sim.rules import Instrument
from nof1web.sim.terms import NONE, OPPONENT_DEPTHS, QUEUE_DEPTHS

LEVELS = 20
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
    return instrument.round_price(quote.last * (1 + spread), up=buying)


def levels(quote: Quote, instrument: Instrument, *, buying: bool, depth: Decimal = Decimal(1)) -> Iterator[Level]:
    """The levels of a full book, best first; each deeper one holds more. `depth` is a factor on all quantities."""
    first = best(quote, instrument, buying=buying)
    gap = max(instrument.tick, instrument.round_price(quote.last * _GAP, up=True))
    for number in range(LEVELS):
        price = first + gap * number if buying else first - gap * number
        if price <= 0:
            return
        yield Level(price, instrument.floor_quantity(instrument.depth * depth * (number + 1) / price))


def offers(market: Market, symbol: str, *, buying: bool) -> Iterator[Level]:
    """The levels a taker meets, best first, less what orders took since the symbol's prices last moved."""
    taken = market.taken.get(symbol, {})
    for level in levels(market.quotes[symbol], market.instruments[symbol], buying=buying, depth=market.depth):
        left = level.quantity - taken.get(level.price, Decimal(0))
        if left > 0:
            yield Level(level.price, left)


def take(market: Market, symbol: str, level: Level) -> None:
    """Note that an order took a level, or a part of it."""
    taken = market.taken.setdefault(symbol, {})
    taken[level.price] = taken.get(level.price, Decimal(0)) + level.quantity


def matched_price(market: Market, symbol: str, price_match: str, *, buying: bool) -> Decimal:
    """The price a priceMatch other than NONE means at this moment; raises -5041 where the book isn't that deep."""
    if price_match == NONE:
        raise ValueError("NONE matches no price")
    other_side = price_match in OPPONENT_DEPTHS
    depth = OPPONENT_DEPTHS[price_match] if other_side else QUEUE_DEPTHS[price_match]
    side = offers(market, symbol, buying=buying if other_side else not buying)
    level = next(islice(side, depth - 1, None), None)
    if level is None:
        raise Refusal(-5041)
    return level.price


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
