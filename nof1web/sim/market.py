"""Prices: a seeded random walk per symbol, one step per second of whatever time is passed in."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from nof1web.sim.accounts import TRANSIENT
from nof1web.sim.draws import BLOCK, Draw, block_of
from nof1web.sim.listings import ORDINARY, Listing
from nof1web.sim.rules import FUNDING_INTERVAL_MS, INSTRUMENTS, Instrument, Instruments

STEP_MS = 1000
# After a long sleep only the last stretch is walked, so that a restart doesn't replay a night.
LONGEST_CATCH_UP_MS = 120_000
_PULL = 1e-5
_COMMON, _OWN = 0.6, 0.8
_LARGEST_STEP = 0.02
# The premium of the mark over the index fades with a half-life of some ten minutes.
_PREMIUM_KEPT, _PREMIUM_NOISE = 0.999, 0.000014
_LAST_NOISE = 0.00005
# How much further than the mark the last price goes in the second of a flash move.
_OVERSHOOT = 0.25
_EIGHT = Decimal("0.00000001")


@dataclass(slots=True)
class Quote:
    """One symbol's prices (USDT); `anchor` is what the walk is weakly pulled towards.

    `premium` is how far the mark stands above the index, as a share of it.
    """

    symbol: str
    anchor: Decimal
    index: Decimal
    mark: Decimal
    last: Decimal
    funding_rate: Decimal = Decimal("0.00010000")
    premium: float = 0.0


@dataclass(slots=True)
class Market:
    """All quotes at one moment (`at_ms`) and the rules of what is listed.

    `steps` keys the randomness, so state is small and a seed gives one day. `depth` thins or thickens every book;
    `taken` is what orders took of a symbol's book by price, until its prices next move.
    """

    seed: int
    at_ms: int
    steps: int = 0
    frozen: bool = False
    volatility: Decimal = Decimal(1)
    depth: Decimal = Decimal(1)
    quotes: dict[str, Quote] = field(default_factory=dict)
    listings: dict[str, Listing] = field(default_factory=dict)
    instruments: Instruments = field(default_factory=lambda: INSTRUMENTS, metadata=TRANSIENT)
    taken: dict[str, dict[Decimal, Decimal]] = field(default_factory=dict)
    block: tuple[int, list[Draw]] = field(default=(-1, []), metadata=TRANSIENT, repr=False, compare=False)
    bounds: list[_Bounds] = field(default_factory=list, metadata=TRANSIENT, repr=False, compare=False)

    def mark(self, symbol: str) -> Decimal:
        """The mark price of a listed symbol."""
        return self.quotes[symbol].mark

    def listing(self, symbol: str) -> Listing:
        """A symbol's listing; one nobody changed is open for trading."""
        return self.listings.get(symbol, ORDINARY)

    def next_funding_ms(self) -> int:
        """When funding is next exchanged."""
        return (self.at_ms // FUNDING_INTERVAL_MS + 1) * FUNDING_INTERVAL_MS

    def has_step_due(self, now_ms: int) -> bool:
        """Whether a full second has passed since the last step; skips what a long sleep missed."""
        if now_ms - self.at_ms > LONGEST_CATCH_UP_MS:
            self.at_ms = now_ms - LONGEST_CATCH_UP_MS
        return self.at_ms + STEP_MS <= now_ms

    def step(self) -> bool:
        """Walk one second; True when it crossed a funding time (the new rates are then set)."""
        boundary = self.next_funding_ms()
        self.at_ms += STEP_MS
        self.steps += 1
        self.taken.clear()
        crossed = self.at_ms >= boundary
        if not self.frozen:
            self._walk_all(self._draw())
        return crossed

    def renew_funding_rates(self) -> None:
        """Draw the rates of the next funding interval."""
        rng = Random(f"{self.seed}:funding:{self.next_funding_ms()}")
        for quote in self.quotes.values():
            quote.funding_rate = (Decimal("0.0001") + _decimal(rng.gauss(0, 0.00005))).quantize(_EIGHT)

    def set_price(self, symbol: str, price: Decimal) -> None:
        """Move a symbol's index, mark and last to a price (USDT) at once."""
        quote = self.quotes[symbol]
        quote.anchor = quote.index = quote.mark = quote.last = price
        quote.premium = 0.0
        self.taken.pop(symbol, None)

    def _draw(self) -> Draw:
        number, place = divmod(self.steps, BLOCK)
        if self.block[0] != number:
            self.block = number, block_of(self.seed, number, len(self.quotes))
            self.bounds = [_bounds(self.instruments[name]) for name in self.quotes]
        return self.block[1][place]

    def _walk_all(self, draw: Draw) -> None:
        wildness = float(self.volatility)
        struck, size = draw.flash if draw.flash is not None and wildness else (-1, 0.0)
        common = _COMMON * draw.common
        for place, (quote, luck) in enumerate(zip(self.quotes.values(), draw.own, strict=True)):
            bounds, flash = self.bounds[place], size if place == struck else 0.0
            index = float(quote.index)
            change = bounds.volatility * wildness * (common + _OWN * luck[0])
            change -= _PULL * math.log(index / float(quote.anchor))
            if not -_LARGEST_STEP <= change <= _LARGEST_STEP:
                change = math.copysign(_LARGEST_STEP, change)
            index *= 1 + change + flash
            if not bounds.least <= index <= bounds.most:
                index = max(bounds.least, min(bounds.most, index))
            premium = quote.premium = quote.premium * _PREMIUM_KEPT + luck[1] * _PREMIUM_NOISE
            mark = max(bounds.least, min(bounds.most, index * (1 + premium)))
            ticks = round(mark * (1 + luck[2] * _LAST_NOISE + flash * _OVERSHOOT) / bounds.tick)
            quote.index, quote.mark = Decimal(f"{index:.8f}"), Decimal(f"{mark:.8f}")
            quote.last = bounds.exact_tick * ticks


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What the walk needs of an instrument, as floats; the exact tick besides."""

    volatility: float
    least: float
    most: float
    tick: float
    exact_tick: Decimal


def new_market(*, seed: int, now_ms: int, instruments: Instruments) -> Market:
    """A market of these instruments by symbol, at their starting prices."""
    quotes = {
        name: Quote(name, item.start_price, item.start_price, item.start_price, item.start_price)
        for name, item in instruments.items()
    }
    return Market(seed=seed, at_ms=now_ms // STEP_MS * STEP_MS, quotes=quotes, instruments=instruments)


def nearest_tick(price: Decimal, instrument: Instrument) -> Decimal:
    """A price rounded to the nearest tick."""
    return (price / instrument.tick).to_integral_value(ROUND_HALF_UP) * instrument.tick


def _bounds(item: Instrument) -> _Bounds:
    least, most = float(item.min_price) * 2, float(item.max_price) / 2
    return _Bounds(float(item.volatility), least, most, float(item.tick), item.tick)


def _decimal(number: float) -> Decimal:
    return Decimal(f"{number:.10f}")
