"""Candles: what a stretch of time did to a symbol's last price, and how short ones make longer ones (klines)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from nof1web.sim.accounts import ZERO

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
MINUTE, HOUR = "1m", "1h"
# Thursday, 1 January 1970, was the fourth day of its week.
_MONDAY_MS = 4 * DAY_MS
_WEEK_MS = 7 * DAY_MS
_FIXED_MS = {
    "1m": MINUTE_MS, "3m": 3 * MINUTE_MS, "5m": 5 * MINUTE_MS, "15m": 15 * MINUTE_MS, "30m": 30 * MINUTE_MS,
    "1h": HOUR_MS, "2h": 2 * HOUR_MS, "4h": 4 * HOUR_MS, "6h": 6 * HOUR_MS, "8h": 8 * HOUR_MS, "12h": 12 * HOUR_MS,
    "1d": DAY_MS, "3d": 3 * DAY_MS,
}  # fmt: skip
INTERVALS = frozenset({*_FIXED_MS, "1w", "1M"})


@dataclass(slots=True)
class Candle:
    """One symbol's trading from `open_ms` on; prices and `quote_volume` in USDT, volumes in base units.

    `interval` is 1m or 1h for those kept; `first_id` numbers the symbol's trades, of which there were `count`.
    """

    symbol: str
    interval: str
    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    first_id: int
    volume: Decimal = ZERO
    quote_volume: Decimal = ZERO
    taker_volume: Decimal = ZERO
    taker_quote_volume: Decimal = ZERO
    count: int = 0

    def reach(self, price: Decimal) -> None:
        """Let the last price be there (USDT)."""
        self.close = price
        self.touch(price)

    def touch(self, price: Decimal) -> None:
        """Let a trade have been made at a price (USDT)."""
        self.high = max(self.high, price)
        self.low = min(self.low, price)

    def trade(self, quantity: Decimal, quote: Decimal, count: int, *, taker_buys: Decimal) -> None:
        """Add trades: base units, USDT, their number, and the share of them in which a taker bought."""
        self.volume += quantity
        self.quote_volume += quote
        self.taker_volume += quantity * taker_buys
        self.taker_quote_volume += quote * taker_buys
        self.count += count


def opened(symbol: str, interval: str, open_ms: int, price: Decimal, *, first_id: int) -> Candle:
    """A candle at its first price (USDT)."""
    return Candle(symbol, interval, open_ms, price, price, price, price, first_id)


def merged(first: Candle, later: Candle) -> Candle:
    """One candle over both; it begins where the first does."""
    return replace(
        first,
        high=max(first.high, later.high),
        low=min(first.low, later.low),
        close=later.close,
        volume=first.volume + later.volume,
        quote_volume=first.quote_volume + later.quote_volume,
        taker_volume=first.taker_volume + later.taker_volume,
        taker_quote_volume=first.taker_quote_volume + later.taker_quote_volume,
        count=first.count + later.count,
    )


def aggregated(candles: Iterable[Candle], interval: str) -> list[Candle]:
    """Candles in order of time as longer ones of an interval of INTERVALS, in order of time."""
    begin = opening(interval)
    longer: list[Candle] = []
    for candle in candles:
        open_ms = begin(candle.open_ms)
        if longer and longer[-1].open_ms == open_ms:
            longer[-1] = merged(longer[-1], candle)
        else:
            longer.append(replace(candle, interval=interval, open_ms=open_ms))
    return longer


def opening(interval: str) -> Callable[[int], int]:
    """What tells when the candle of an interval opened into which a time (ms) falls; weeks begin on Monday, UTC."""
    if interval == "1M":
        return _month
    if interval == "1w":
        return lambda at_ms: (at_ms - _MONDAY_MS) // _WEEK_MS * _WEEK_MS + _MONDAY_MS
    length = _FIXED_MS[interval]
    return lambda at_ms: at_ms // length * length


def closing_ms(open_ms: int, interval: str) -> int:
    """The last millisecond of the candle that opened then."""
    if interval == "1M":
        return _month(_month(open_ms) + 32 * DAY_MS) - 1
    return open_ms + (_WEEK_MS if interval == "1w" else _FIXED_MS[interval]) - 1


def is_short(interval: str) -> bool:
    """Whether an interval is made of minutes rather than of hours."""
    return _FIXED_MS.get(interval, _WEEK_MS) < HOUR_MS


def _month(at_ms: int) -> int:
    day = datetime.fromtimestamp(at_ms / 1000, UTC)
    return int(datetime(day.year, day.month, 1, tzinfo=UTC).timestamp()) * 1000
