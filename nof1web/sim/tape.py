"""What the market prints as it goes: candles by the minute and the hour, and the funding rates that were paid."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from nof1web.sim.accounts import ZERO, Trade
from nof1web.sim.candles import (
    HOUR,
    HOUR_MS,
    MINUTE,
    MINUTE_MS,
    Candle,
    aggregated,
    is_short,
    merged,
    opened,
)
from nof1web.sim.market import Market, Quote
from nof1web.sim.rules import Instrument

KEPT = 1500
FUNDINGS_KEPT = 1000
# Trades of the others, as a share of the book's best level, within a minute.
_QUIET, _BUSY = 0.3, 3.0
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class FundingPaid:
    """One funding of a symbol: the rate, and the mark (USDT) it was paid at."""

    symbol: str
    at_ms: int
    rate: Decimal
    mark: Decimal


@dataclass(slots=True)
class Running:
    """The minutes that aren't over, by symbol."""

    minutes: dict[str, Candle] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Pace:
    """How others trade in one minute: base units and trades a second, and the share in which takers buy."""

    open_ms: int
    quantity: Decimal
    trades: int
    taker_buys: Decimal


@dataclass(slots=True)
class Tape:
    """The newest 1,500 closed minutes and hours and 1,000 fundings of each symbol; closed ones wait in `changed`."""

    running: Running = field(default_factory=Running)
    closed: dict[Key, deque[Candle]] = field(default_factory=dict)
    hours: dict[str, Candle] = field(default_factory=dict)
    fundings: dict[str, deque[FundingPaid]] = field(default_factory=dict)
    changed: dict[tuple[str, str], object] = field(default_factory=dict)
    paces: dict[str, _Pace] = field(default_factory=dict)

    def begin(self, market: Market) -> None:
        """Open the first candles where there are none."""
        for symbol, quote in market.quotes.items():
            if symbol not in self.running.minutes:
                self._open(quote, market.at_ms // MINUTE_MS * MINUTE_MS)

    def note(self, market: Market) -> None:
        """Print one second: the last prices and what others traded (a frozen market is quiet)."""
        open_ms = market.at_ms // MINUTE_MS * MINUTE_MS
        for symbol, quote in market.quotes.items():
            candle = self.running.minutes.get(symbol)
            if candle is None or candle.open_ms != open_ms:
                candle = self._open(quote, open_ms)
            candle.reach(quote.last)
            if not market.frozen:
                self._trade_of_others(candle, market)

    def note_fills(self, fills: Iterable[Trade]) -> None:
        """Print real fills; candles have begun."""
        for fill in fills:
            candle = self.running.minutes[fill.symbol]
            candle.touch(fill.price)
            bought = (fill.side == "BUY") != fill.maker
            share = Decimal(1) if bought else ZERO
            candle.trade(fill.quantity, fill.quantity * fill.price, 1, taker_buys=share)

    def reach(self, market: Market, symbols: Iterable[str]) -> None:
        """Print last prices that were moved by hand, without letting time pass."""
        for symbol in symbols:
            if symbol in self.running.minutes:
                self.running.minutes[symbol].reach(market.quotes[symbol].last)

    def note_funding(self, market: Market) -> None:
        """Print the rates that are paid at this moment."""
        for quote in market.quotes.values():
            self.keep_funding(FundingPaid(quote.symbol, market.at_ms, quote.funding_rate, quote.mark))

    def keep_funding(self, paid: FundingPaid) -> None:
        """Append a funding to its symbol's history and let the oldest go."""
        kept = self.fundings.setdefault(paid.symbol, deque())
        kept.append(paid)
        self.changed["funding", f"{paid.at_ms}|{paid.symbol}"] = paid
        if len(kept) > FUNDINGS_KEPT:
            old = kept.popleft()
            self.changed["funding", f"{old.at_ms}|{old.symbol}"] = None

    def keep_candle(self, candle: Candle) -> None:
        """Append a closed candle to its symbol's history and let the oldest go."""
        kept = self.closed.setdefault((candle.symbol, candle.interval), deque())
        kept.append(candle)
        self.changed["candle", _name(candle)] = candle
        if len(kept) > KEPT:
            self.changed["candle", _name(kept.popleft())] = None

    def resume(self) -> None:
        """Make the running hours from the minutes kept of them; called once all were read back."""
        for symbol, minute in self.running.minutes.items():
            since = minute.open_ms // HOUR_MS * HOUR_MS
            past = [each for each in self.closed.get((symbol, MINUTE), ()) if each.open_ms >= since]
            for hour in aggregated(past, HOUR):
                self.hours[symbol] = hour
        self.changed.clear()

    def klines(self, symbol: str, interval: str) -> list[Candle]:
        """A symbol's candles of an interval, oldest first, the running one last."""
        minute = self.running.minutes.get(symbol)
        short = is_short(interval)
        candles = list(self.closed.get((symbol, MINUTE if short else HOUR), ()))
        if not short and symbol in self.hours:
            candles.append(self.hours[symbol])
        if minute is not None:
            candles.append(minute)
        return aggregated(candles, interval)

    def take_changes(self) -> dict[tuple[str, str], object]:
        """What was printed since the last call, by kind and name; None stands for let go."""
        changed, self.changed = self.changed, {}
        return changed

    def _open(self, quote: Quote, open_ms: int) -> Candle:
        before = self.running.minutes.get(quote.symbol)
        first_id = 1
        if before is not None:
            self._close(before, open_ms)
            first_id = before.first_id + before.count
        candle = opened(quote.symbol, MINUTE, open_ms, quote.last, first_id=first_id)
        self.running.minutes[quote.symbol] = candle
        return candle

    def _close(self, minute: Candle, next_ms: int) -> None:
        self.keep_candle(minute)
        (own,) = aggregated((minute,), HOUR)
        hour = self.hours.get(minute.symbol)
        if hour is not None and hour.open_ms == own.open_ms:
            own = merged(hour, own)
        self.hours[minute.symbol] = own
        if next_ms // HOUR_MS * HOUR_MS != own.open_ms:
            self.keep_candle(self.hours.pop(minute.symbol))

    def _trade_of_others(self, candle: Candle, market: Market) -> None:
        pace = self.paces.get(candle.symbol)
        if pace is None or pace.open_ms != candle.open_ms:
            pace = self.paces[candle.symbol] = _pace(market.seed, candle, market.instruments[candle.symbol])
        candle.trade(pace.quantity, pace.quantity * candle.close, pace.trades, taker_buys=pace.taker_buys)


def _pace(seed: int, candle: Candle, instrument: Instrument) -> _Pace:
    """The minute's pace follows from the seed, the symbol and the time alone, so that a restart doesn't change it."""
    rng = Random(f"{seed}:pace:{candle.symbol}:{candle.open_ms}")
    notional = instrument.depth * Decimal(f"{rng.uniform(_QUIET, _BUSY):.4f}") / 60
    quantity = max(instrument.step, instrument.floor_quantity(notional / candle.open))
    return _Pace(candle.open_ms, quantity, rng.randint(1, 20), Decimal(f"{rng.uniform(0.35, 0.65):.2f}"))


def _name(candle: Candle) -> str:
    return f"{candle.open_ms}|{candle.symbol}|{candle.interval}"
