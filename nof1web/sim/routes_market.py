"""Public market data: what is listed, prices, premium and the book (binance.md §4.1)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

from nof1web.sim import book
from nof1web.sim.exchange_info import exchange_info
from nof1web.sim.market import Quote
from nof1web.sim.refusal import Refusal
from nof1web.sim.render import Json, places, price, quantity
from nof1web.sim.routing import Call, Route, Routes, by_symbol, whole_of

DEPTHS = {5: 2, 10: 2, 20: 2, 50: 2, 100: 5, 500: 10, 1000: 20}
DEFAULT_DEPTH = 500
SHOWN = 20
_SCHEDULED = ("EQUITY", "COMMODITY", "KR_EQUITY", "HK_EQUITY", "CN_EQUITY", "FX")


def ping(call: Call) -> Json:
    """GET ping."""
    return {}


def server_time(call: Call) -> Json:
    """GET time: the time that timestamps are compared with."""
    return {"serverTime": call.told_ms}


def info(call: Call) -> Json:
    """GET exchangeInfo."""
    return exchange_info(call.world.exchange.market, now_ms=call.told_ms, weight_limit=call.world.limits.weight)


def premium_index(call: Call) -> Any:
    """GET premiumIndex, one symbol or all."""
    next_funding = call.world.exchange.market.next_funding_ms()

    def row(quote: Quote) -> Json:
        return {
            "symbol": quote.symbol,
            "markPrice": places(quote.mark, 8),
            "indexPrice": places(quote.index, 8),
            "estimatedSettlePrice": places(quote.index, 8),
            "lastFundingRate": places(quote.funding_rate, 8),
            "interestRate": "0.00010000",
            "nextFundingTime": next_funding,
            "time": call.now_ms,
        }

    return one_or_all(call, row)


def ticker_price(call: Call) -> Any:
    """GET ticker/price (v1 and v2), one symbol or all."""

    def row(quote: Quote) -> Json:
        last = price(quote.last, call.instruments[quote.symbol])
        return {"symbol": quote.symbol, "price": last, "time": call.now_ms}

    return one_or_all(call, row)


def book_ticker(call: Call) -> Any:
    """GET ticker/bookTicker, one symbol or all; a side that is empty stands at 0."""

    def row(quote: Quote) -> Json:
        bids, asks = (_levels(call, quote.symbol, buying=buying, limit=1) for buying in (False, True))
        nothing = [price(quote.last * 0, call.instruments[quote.symbol]), "0"]
        (bid, bid_quantity), (ask, ask_quantity) = (bids or [nothing])[0], (asks or [nothing])[0]
        return {
            "symbol": quote.symbol,
            "bidPrice": bid,
            "bidQty": bid_quantity,
            "askPrice": ask,
            "askQty": ask_quantity,
            "time": call.now_ms,
            "lastUpdateId": _update_id(call),
        }

    return one_or_all(call, row)


def depth(call: Call) -> Json:
    """GET depth: exactly the levels an order can hit, which are fewer than most limits; raises -4021."""
    symbol, limit = call.listed_symbol(), _depth_limit(call)
    return {
        "lastUpdateId": _update_id(call),
        "E": call.now_ms,
        "T": call.now_ms,
        "bids": _levels(call, symbol, buying=False, limit=limit),
        "asks": _levels(call, symbol, buying=True, limit=limit),
    }


def trading_schedule(call: Call) -> Json:
    """GET tradingSchedule: nothing here follows a stock exchange's hours, so that no market has sessions."""
    return {"updateTime": call.now_ms, "marketSchedules": {name: {"sessions": []} for name in _SCHEDULED}}


def one_or_all(call: Call, row: Callable[[Quote], Json]) -> Json | list[Json]:
    """A row for the symbol that was named, or for each in a list; raises -1121."""
    quotes = call.world.exchange.market.quotes
    if call.symbol is None:
        return [row(quote) for quote in quotes.values()]
    if call.symbol not in quotes:
        raise Refusal(-1121)
    return row(quotes[call.symbol])


def _levels(call: Call, symbol: str, *, buying: bool, limit: int) -> list[list[str]]:
    instrument = call.instruments[symbol]
    offers = islice(book.offers(call.world.exchange.market, symbol, buying=buying), limit)
    return [[price(level.price, instrument), quantity(level.quantity, instrument)] for level in offers]


def _depth_limit(call: Call) -> int:
    text = call.params.get("limit") or str(DEFAULT_DEPTH)
    limit = whole_of(text)
    if limit not in DEPTHS:
        raise Refusal(-4021, text[:SHOWN])
    return limit


def _depth_weight(call: Call) -> int:
    try:
        return DEPTHS[_depth_limit(call)]
    except Refusal:
        return DEPTHS[5]


def _update_id(call: Call) -> int:
    """It grows with every step of the market and every fill, which is all that changes a book."""
    exchange = call.world.exchange
    return exchange.market.steps + exchange.ledger.counters.trade


ROUTES: Routes = {
    ("GET", "/fapi/v1/ping"): Route(ping),
    ("GET", "/fapi/v1/time"): Route(server_time),
    ("GET", "/fapi/v1/exchangeInfo"): Route(info),
    ("GET", "/fapi/v1/premiumIndex"): Route(premium_index, by_symbol(1, 10)),
    ("GET", "/fapi/v1/ticker/price"): Route(ticker_price, by_symbol(1, 2)),
    ("GET", "/fapi/v2/ticker/price"): Route(ticker_price, by_symbol(1, 2)),
    ("GET", "/fapi/v1/ticker/bookTicker"): Route(book_ticker, by_symbol(2, 5)),
    ("GET", "/fapi/v1/depth"): Route(depth, _depth_weight),
    ("GET", "/fapi/v1/tradingSchedule"): Route(trading_schedule, 5),
}
