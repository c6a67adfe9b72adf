"""Candles, the 24 hours' ticker and funding over HTTP (binance.md §4.1)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from nof1web.sim.accounts import ZERO
from nof1web.sim.candles import DAY_MS, INTERVALS, MINUTE, MINUTE_MS, Candle, closing_ms, merged
from nof1web.sim.limits import FUNDING
from nof1web.sim.market import Quote
from nof1web.sim.orders import required, whole
from nof1web.sim.refusal import Refusal
from nof1web.sim.render import Json, places, price, quantity
from nof1web.sim.routes_market import one_or_all
from nof1web.sim.routing import Call, Route, Routes, by_symbol, whole_of
from nof1web.sim.rules import FUNDING_INTERVAL_MS, Instrument
from nof1web.sim.tape import FundingPaid, Tape

MOST_CANDLES = 1500
DEFAULT_CANDLES = 500
MOST_FUNDINGS = 1000
DEFAULT_FUNDINGS = 100
# What is shown when neither time is given, whatever the limit allows beyond it.
NEWEST_FUNDINGS = 200
_FOREVER_MS = 2**62
_HUNDRED = Decimal(100)


def klines(call: Call) -> list[list[Any]]:
    """GET klines, oldest first: -1102 -1120 -1121, -1130 for a limit beyond 1500; the newest unless startTime is given.

    What happened before the exchange was started, or longer ago than 1,500 minutes or hours, isn't there.
    """
    symbol, interval = call.listed_symbol(), required(call.params, "interval")
    if interval not in INTERVALS:
        raise Refusal(-1120)
    limit = _limit(call, DEFAULT_CANDLES, MOST_CANDLES)
    start, end = _times(call)
    inside = [each for each in _tape(call).klines(symbol, interval) if start <= each.open_ms <= end]
    shown = inside[:limit] if "startTime" in call.params else inside[-limit:]
    return [_kline(candle, call.instruments[symbol]) for candle in shown]


def ticker_24hr(call: Call) -> Any:
    """GET ticker/24hr, one symbol or all; the last 24 hours by whole minutes."""

    def row(quote: Quote) -> Json:
        day = _last_day(call, quote)
        change = quote.last - day.open
        instrument = call.instruments[quote.symbol]
        return {
            "symbol": quote.symbol,
            "priceChange": price(change, instrument),
            "priceChangePercent": places(change / day.open * _HUNDRED, 3),
            "weightedAvgPrice": price(day.quote_volume / day.volume if day.volume else quote.last, instrument),
            "lastPrice": price(quote.last, instrument),
            "lastQty": quantity(_last_quantity(call, quote.symbol), instrument),
            "openPrice": price(day.open, instrument),
            "highPrice": price(day.high, instrument),
            "lowPrice": price(day.low, instrument),
            "volume": quantity(day.volume, instrument),
            "quoteVolume": places(day.quote_volume, 2),
            "openTime": day.open_ms,
            "closeTime": call.now_ms,
            "firstId": day.first_id,
            "lastId": day.first_id + day.count - 1,
            "count": day.count,
        }

    return one_or_all(call, row)


def funding_rate(call: Call) -> list[Json]:
    """GET fundingRate, oldest first; without times the newest 200 at most, from startTime on otherwise."""
    if call.symbol is not None and call.symbol not in call.instruments:
        raise Refusal(-1121)
    limit = _limit(call, DEFAULT_FUNDINGS, MOST_FUNDINGS)
    start, end = _times(call)
    rows = [row for row in _fundings(_tape(call), call.symbol) if start <= row.at_ms <= end]
    if "startTime" in call.params:
        return [_funding(row) for row in rows[:limit]]
    return [_funding(row) for row in rows[-(limit if "endTime" in call.params else min(limit, NEWEST_FUNDINGS)) :]]


def funding_info(call: Call) -> list[Json]:
    """GET fundingInfo: the real one lists symbols whose interval or bounds were changed; here every symbol."""
    return [
        {
            "symbol": name,
            "adjustedFundingRateCap": "0.02000000",
            "adjustedFundingRateFloor": "-0.02000000",
            "fundingIntervalHours": FUNDING_INTERVAL_MS // 3_600_000,
            "disclaimer": False,
        }
        for name in call.instruments
    ]


def _tape(call: Call) -> Tape:
    tape = call.world.exchange.tape
    if tape is None:
        raise RuntimeError("a served exchange prints a tape")
    return tape


def _kline(candle: Candle, instrument: Instrument) -> list[Any]:
    return [
        candle.open_ms,
        price(candle.open, instrument),
        price(candle.high, instrument),
        price(candle.low, instrument),
        price(candle.close, instrument),
        quantity(candle.volume, instrument),
        closing_ms(candle.open_ms, candle.interval),
        places(candle.quote_volume, 5),
        candle.count,
        quantity(candle.taker_volume, instrument),
        places(candle.taker_quote_volume, 5),
        "0",
    ]


def _last_day(call: Call, quote: Quote) -> Candle:
    since = call.now_ms // MINUTE_MS * MINUTE_MS - DAY_MS
    day: Candle | None = None
    for candle in _tape(call).klines(quote.symbol, MINUTE):
        if candle.open_ms > since:
            day = candle if day is None else merged(day, candle)
    last = quote.last
    return day or Candle(quote.symbol, MINUTE, since + MINUTE_MS, last, last, last, last, 1)


def _last_quantity(call: Call, symbol: str) -> Decimal:
    running = _tape(call).running.minutes.get(symbol)
    if running is None or not running.count:
        return ZERO
    return call.instruments[symbol].floor_quantity(running.volume / running.count)


def _fundings(tape: Tape, symbol: str | None) -> list[FundingPaid]:
    if symbol is not None:
        return list(tape.fundings.get(symbol, ()))
    everything: Iterable[FundingPaid] = (row for kept in tape.fundings.values() for row in kept)
    return sorted(everything, key=lambda row: (row.at_ms, row.symbol))


def _funding(row: FundingPaid) -> Json:
    return {
        "symbol": row.symbol,
        "fundingRate": places(row.rate, 8),
        "fundingTime": row.at_ms,
        "markPrice": places(row.mark, 8),
        "rateType": "Regular",
    }


def _limit(call: Call, default: int, most: int) -> int:
    limit = whole(call.params, "limit", default)
    if not 1 <= limit <= most:
        raise Refusal(-1130, "limit")
    return limit


def _times(call: Call) -> tuple[int, int]:
    start, end = whole(call.params, "startTime", 0), whole(call.params, "endTime", _FOREVER_MS)
    if start > end:
        raise Refusal(-1130, "startTime")
    return start, end


def _kline_weight(call: Call) -> int:
    limit = whole_of(call.params.get("limit", ""))
    limit = DEFAULT_CANDLES if limit is None else limit
    return next((weight for most, weight in ((99, 1), (499, 2), (1000, 5)) if limit <= most), 10)


ROUTES: Routes = {
    ("GET", "/fapi/v1/klines"): Route(klines, _kline_weight),
    ("GET", "/fapi/v1/ticker/24hr"): Route(ticker_24hr, by_symbol(1, 40)),
    ("GET", "/fapi/v1/fundingRate"): Route(funding_rate, 1, pool=FUNDING),
    ("GET", "/fapi/v1/fundingInfo"): Route(funding_info, 1, pool=FUNDING),
}
