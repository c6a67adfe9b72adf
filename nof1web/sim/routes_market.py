"""Public market data (binance.md §4.1)."""

from __future__ import annotations

from typing import Any

from nof1web.sim import book
from nof1web.sim.exchange_info import exchange_info
from nof1web.sim.market import Quote
from nof1web.sim.refusal import Refusal
from nof1web.sim.render import Json, places, price, quantity
from nof1web.sim.routing import Call, Route, Routes, by_symbol


def ping(call: Call) -> Json:
    """GET ping."""
    return {}


def server_time(call: Call) -> Json:
    """GET time."""
    return {"serverTime": call.now_ms}


def info(call: Call) -> Json:
    """GET exchangeInfo."""
    return exchange_info(call.instruments, now_ms=call.now_ms, weight_limit=call.world.limits.weight)


def premium_index(call: Call) -> Any:
    """GET premiumIndex, one symbol or all."""
    market = call.world.exchange.market
    next_funding = market.next_funding_ms()

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

    return _one_or_all(call, row)


def ticker_price(call: Call) -> Any:
    """GET ticker/price, one symbol or all."""

    def row(quote: Quote) -> Json:
        last = price(quote.last, call.instruments[quote.symbol])
        return {"symbol": quote.symbol, "price": last, "time": call.now_ms}

    return _one_or_all(call, row)


def book_ticker(call: Call) -> Any:
    """GET ticker/bookTicker, one symbol or all."""

    def row(quote: Quote) -> Json:
        instrument = call.instruments[quote.symbol]
        bid = next(book.levels(quote, instrument, buying=False))
        ask = next(book.levels(quote, instrument, buying=True))
        return {
            "symbol": quote.symbol,
            "bidPrice": price(bid.price, instrument),
            "bidQty": quantity(bid.quantity, instrument),
            "askPrice": price(ask.price, instrument),
            "askQty": quantity(ask.quantity, instrument),
            "time": call.now_ms,
        }

    return _one_or_all(call, row)


def _one_or_all(call: Call, row: Any) -> Any:
    quotes = call.world.exchange.market.quotes
    if call.symbol is None:
        return [row(quote) for quote in quotes.values()]
    if call.symbol not in quotes:
        raise Refusal(-1121)
    return row(quotes[call.symbol])


ROUTES: Routes = {
    ("GET", "/fapi/v1/ping"): Route(ping),
    ("GET", "/fapi/v1/time"): Route(server_time),
    ("GET", "/fapi/v1/exchangeInfo"): Route(info),
    ("GET", "/fapi/v1/premiumIndex"): Route(premium_index, by_symbol(1, 10)),
    ("GET", "/fapi/v1/ticker/price"): Route(ticker_price, by_symbol(1, 2)),
    ("GET", "/fapi/v2/ticker/price"): Route(ticker_price, by_symbol(1, 2)),
    ("GET", "/fapi/v1/ticker/bookTicker"): Route(book_ticker, by_symbol(2, 5)),
}
