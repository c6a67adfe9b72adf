"""Prices: a seeded random walk per symbol, one step per second of whatever time is passed in."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from nof1web.sim.accounts import TRANSIENT
from nof1web.sim.rules import FUNDING_INTERVAL_MS, INSTRUMENTS, Instrument, Instruments

STEP_MS = 1000
# After a long sleep only the last stretch is walked, so that a restart doesn't replay a night.
LONGEST_CATCH_UP_MS = 120_000
_PULL = 1e-5
_COMMON, _OWN = 0.6, 0.8
_LARGEST_STEP = 0.02
_EIGHT = Decimal("0.00000001")


@dataclass(slots=True)
class Quote:
    """One symbol's prices (USDT); `anchor` is what the walk is weakly pulled towards."""

    symbol: str
    anchor: Decimal
    index: Decimal
    mark: Decimal
    last: Decimal
    funding_rate: Decimal = Decimal("0.00010000")


@dataclass(slots=True)
class Market:
    """All quotes at one moment (`at_ms`) and the rules of what is listed.

    `steps` keys the randomness, so state is small and a seed gives one day.
    """

    seed: int
    at_ms: int
    steps: int = 0
    frozen: bool = False
    volatility: Decimal = Decimal(1)
    quotes: dict[str, Quote] = field(default_factory=dict)
    instruments: Instruments = field(default_factory=lambda: INSTRUMENTS, metadata=TRANSIENT)

    def mark(self, symbol: str) -> Decimal:
        """The mark price of a listed symbol."""
        return self.quotes[symbol].mark

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
        crossed = self.at_ms >= boundary
        if not self.frozen:
            rng = Random(f"{self.seed}:market:{self.steps}")
            common = rng.gauss(0, 1)
            for quote in self.quotes.values():
                self._walk(quote, rng, common)
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

    def _walk(self, quote: Quote, rng: Random, common: float) -> None:
        instrument = self.instruments[quote.symbol]
        shock = _COMMON * common + _OWN * rng.gauss(0, 1)
        pull = _PULL * math.log(quote.index / quote.anchor)
        change = float(instrument.volatility * self.volatility) * shock - pull
        change = max(-_LARGEST_STEP, min(_LARGEST_STEP, change))
        quote.index = _within(quote.index * (1 + _decimal(change)), instrument)
        quote.mark = _within(quote.index * (1 + _decimal(rng.gauss(0, 0.00004))), instrument)
        quote.last = nearest_tick(quote.mark * (1 + _decimal(rng.gauss(0, 0.00003))), instrument)


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


def _within(price: Decimal, instrument: Instrument) -> Decimal:
    bounded = max(instrument.min_price * 2, min(instrument.max_price / 2, price))
    return bounded.quantize(_EIGHT)


def _decimal(number: float) -> Decimal:
    return Decimal(f"{number:.10f}")
