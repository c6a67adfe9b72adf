"""Prices, the random walk, and what exchangeInfo promises (binance.md §4.1)."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from nof1web.sim.engine import new_exchange
from nof1web.sim.rules import INSTRUMENTS
from tests.sim.face import START_MS, Trader


def walked(seed: int, seconds: int, start_ms: int = START_MS) -> dict[str, Decimal]:
    exchange = new_exchange(seed=seed, now_ms=start_ms)
    for second in range(seconds):
        exchange.step(start_ms + second * 1000 + 1000)
    return {symbol: quote.mark for symbol, quote in exchange.market.quotes.items()}


def test_a_seed_gives_one_day_whenever_it_starts():
    assert walked(7, 60) == walked(7, 60, START_MS + 86_400_000) != walked(8, 60)


def test_prices_move_without_going_wild():
    marks = walked(7, 600)
    moved = {symbol: abs(mark / INSTRUMENTS[symbol].start_price - 1) for symbol, mark in marks.items()}
    assert all(0 < change < Decimal("0.05") for change in moved.values())


def test_a_long_sleep_walks_only_its_last_stretch():
    exchange = new_exchange(seed=1, now_ms=START_MS)
    exchange.step(START_MS + 7 * 86_400_000)
    assert (exchange.market.at_ms, exchange.market.steps) == (START_MS + 7 * 86_400_000, 120)


def test_a_frozen_market_stands_still(btc: Trader):
    btc.pass_time(5)
    assert btc.client.get("/fapi/v1/premiumIndex?symbol=BTCUSDT").json["markPrice"] == "60000.00000000"


def test_the_book_stands_around_the_mark(btc: Trader):
    ticker = btc.client.get("/fapi/v1/ticker/bookTicker?symbol=BTCUSDT").json
    assert (ticker["bidPrice"], ticker["askPrice"]) == ("59998.80", "60001.20")
    assert len(btc.client.get("/fapi/v2/ticker/price").json) == len(INSTRUMENTS)


def test_exchange_info_names_every_filter_that_is_kept(btc: Trader):
    info = btc.client.get("/fapi/v1/exchangeInfo").json
    bitcoin = next(row for row in info["symbols"] if row["symbol"] == "BTCUSDT")
    filters = {row["filterType"]: row for row in bitcoin["filters"]}
    assert filters["MIN_NOTIONAL"]["notional"] == "50"
    assert (filters["LOT_SIZE"]["stepSize"], filters["MARKET_LOT_SIZE"]["maxQty"]) == ("0.0001", "120")
    assert (filters["PRICE_FILTER"]["tickSize"], filters["PERCENT_PRICE"]["multiplierUp"]) == ("0.10", "1.0500")
    assert info["rateLimits"][0] == {
        "rateLimitType": "REQUEST_WEIGHT",
        "interval": "MINUTE",
        "intervalNum": 1,
        "limit": 6000,
    }


def test_brackets_lead_seamlessly_into_one_another():
    for instrument in INSTRUMENTS.values():
        rungs = instrument.brackets
        for lower, upper in pairwise(rungs):
            border = lower.cap
            below = border * lower.maintenance_ratio - lower.cum
            assert (upper.floor, border * upper.maintenance_ratio - upper.cum) == (border, below)
