"""The SDK reads the market."""

from __future__ import annotations

import time

from tests.clients.scenario import PRICES, Steps
from tests.clients.sdk_trader import BTC, Trader

step = Steps()
FILTERS = {
    "PRICE_FILTER": ("min_price", "max_price", "tick_size"),
    "LOT_SIZE": ("min_qty", "max_qty", "step_size"),
    "MARKET_LOT_SIZE": ("min_qty", "max_qty", "step_size"),
    "MAX_NUM_ORDERS": ("limit",),
    "MIN_NOTIONAL": ("notional",),
    "PERCENT_PRICE": ("multiplier_up", "multiplier_down", "multiplier_decimal"),
    "POSITION_RISK_CONTROL": (),
}


@step
def the_server_answers_a_ping(trader: Trader) -> None:
    assert trader.client.test_connectivity().data() == {}


@step
def the_time_is_read(trader: Trader) -> None:
    assert abs(trader.ask("check_server_time").server_time - time.time() * 1000) < 5000


@step
def the_rules_are_read(trader: Trader) -> None:
    info = trader.ask("exchange_information")
    symbols = {each.symbol: each for each in info.symbols}
    assert set(symbols) >= set(PRICES) and symbols[BTC].status == "TRADING"
    assert {each.filter_type for each in symbols[BTC].filters} == set(FILTERS)
    for each in symbols[BTC].filters:
        assert all(getattr(each, name) is not None for name in FILTERS[each.filter_type]), each
    assert {limit.rate_limit_type for limit in info.rate_limits} == {"REQUEST_WEIGHT", "ORDERS"}


@step
def the_weight_used_is_in_the_headers(trader: Trader) -> None:
    first, second = (trader.client.check_server_time().rate_limits[0] for _ in range(2))
    assert (first.rateLimitType, first.interval, first.intervalNum) == ("REQUEST_WEIGHT", "MINUTE", 1)
    assert second.count in (first.count + 1, 1)


@step
def mark_prices_are_read(trader: Trader) -> None:
    assert trader.ask("mark_price", BTC).mark_price == "60000.00000000"
    assert {each.symbol for each in trader.ask("mark_price")} >= set(PRICES)


@step
def last_prices_are_read(trader: Trader) -> None:
    for read in ("symbol_price_ticker", "symbol_price_ticker_v2"):
        assert abs(float(trader.ask(read, symbol=BTC).price) - 60_000) < 100
        assert {each.symbol for each in trader.ask(read)} >= set(PRICES)


@step
def best_bid_and_ask_are_read(trader: Trader) -> None:
    best = trader.ask("symbol_order_book_ticker", symbol=BTC)
    assert float(best.bid_price) < float(best.ask_price)
    assert {each.symbol for each in trader.ask("symbol_order_book_ticker")} >= set(PRICES)


@step
def the_last_day_is_read(trader: Trader) -> None:
    day = trader.ask("ticker24hr_price_change_statistics", symbol=BTC)
    assert float(day.low_price) <= float(day.last_price) <= float(day.high_price)
    assert {each.symbol for each in trader.ask("ticker24hr_price_change_statistics")} >= set(PRICES)


@step
def the_book_is_read(trader: Trader) -> None:
    book = trader.ask("order_book", BTC, limit=5)
    assert len(book.bids) == len(book.asks) == 5 and float(book.bids[0][0]) < float(book.asks[0][0])


@step
def candles_are_read(trader: Trader) -> None:
    rows = trader.client.kline_candlestick_data(BTC, "1m", limit=2).data()
    assert 1 <= len(rows) <= 2
    kinds = [int, str, str, str, str, str, int, str, int, str, str, str]
    assert all([type(cell) for cell in row] == kinds for row in rows), rows


@step
def funding_is_read(trader: Trader) -> None:
    for row in trader.ask("get_funding_rate_history", symbol=BTC, limit=5):
        assert row.symbol == BTC and abs(float(row.funding_rate)) < 0.03
