"""ccxt reads the market."""

from __future__ import annotations

import time

from tests.clients.ccxt_trader import BTC, Trader
from tests.clients.scenario import PRICES, Steps

step = Steps()


@step
def the_time_is_read(trader: Trader) -> None:
    assert abs(trader.client.fetch_time() - time.time() * 1000) < 5000


@step
def the_markets_are_loaded(trader: Trader) -> None:
    markets = trader.client.load_markets()
    market = markets[BTC]
    assert {each["id"] for each in markets.values()} >= set(PRICES)
    assert (market["type"], market["linear"], market["settle"], market["active"]) == ("swap", True, "USDT", True)
    assert (market["precision"]["price"], market["precision"]["amount"]) == (0.1, 0.0001)
    assert market["limits"]["cost"]["min"] == 50 and market["limits"]["market"]["max"] == 120


@step
def the_server_answers_a_ping(trader: Trader) -> None:
    assert trader.client.fapiPublicGetPing() == {}


@step
def a_ticker_is_read(trader: Trader) -> None:
    ticker = trader.client.fetch_ticker(BTC)
    assert ticker["symbol"] == BTC and ticker["low"] <= ticker["last"] <= ticker["high"]
    assert ticker["timestamp"] and ticker["quoteVolume"] >= 0 and ticker["open"] and ticker["vwap"]


@step
def all_tickers_are_read(trader: Trader) -> None:
    assert set(trader.client.fetch_tickers()) >= {"BTC/USDT:USDT", "DOGE/USDT:USDT"}


@step
def best_bid_and_ask_are_read(trader: Trader) -> None:
    rows = trader.client.fetch_bids_asks([BTC])
    assert 59_900 < rows[BTC]["bid"] < rows[BTC]["ask"] < 60_100 and rows[BTC]["bidVolume"] > 0


@step
def last_prices_are_read(trader: Trader) -> None:
    assert abs(trader.client.fetch_last_prices([BTC])[BTC]["price"] - 60_000) < 100


@step
def mark_prices_are_read(trader: Trader) -> None:
    one = trader.client.fetch_mark_price(BTC)
    assert one["markPrice"] == 60_000 and one["indexPrice"]
    assert trader.client.fetch_mark_prices()[BTC]["markPrice"] == 60_000


@step
def the_book_is_read(trader: Trader) -> None:
    book = trader.client.fetch_order_book(BTC, 5)
    bids, asks = [row[0] for row in book["bids"]], [row[0] for row in book["asks"]]
    assert len(bids) == len(asks) == 5 and bids == sorted(bids, reverse=True) and asks == sorted(asks)
    assert bids[0] < asks[0] and book["nonce"] and book["timestamp"]


@step
def candles_are_read(trader: Trader) -> None:
    candles = trader.client.fetch_ohlcv(BTC, "1m", limit=3)
    assert 1 <= len(candles) <= 3 and candles == sorted(candles)
    assert all(low <= min(start, end) <= max(start, end) <= high for _, start, high, low, end, _ in candles)


@step
def the_funding_rate_is_read(trader: Trader) -> None:
    rate = trader.client.fetch_funding_rate(BTC)
    assert rate["markPrice"] == 60_000 and abs(rate["fundingRate"]) < 0.03
    assert rate["fundingTimestamp"] > time.time() * 1000 - 5000 and rate["interestRate"]


@step
def all_funding_rates_are_read(trader: Trader) -> None:
    assert BTC in trader.client.fetch_funding_rates()


@step
def the_funding_history_is_read(trader: Trader) -> None:
    for row in trader.client.fetch_funding_rate_history(BTC, limit=5):
        assert row["symbol"] == BTC and row["fundingRate"] is not None and row["timestamp"]
