"""Prices, the random walk, and what exchangeInfo promises (binance.md §4.1)."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from nof1web.sim import book
from nof1web.sim.draws import BLOCK, Draw, block_of
from nof1web.sim.engine import new_exchange
from nof1web.sim.rules import INSTRUMENTS
from nof1web.sim.tape import FundingPaid
from tests.sim.face import START_MS, Trader

DEPTH = "/fapi/v1/depth?symbol=BTCUSDT"
EIGHT = Decimal("0.00000001")


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


@pytest.mark.parametrize(("limit", "weight"), [("5", 2), ("50", 2), ("100", 5), ("500", 10), ("", 10), ("1000", 20)])
def test_depth_costs_by_its_limit(btc: Trader, limit: str, weight: int):
    answer = btc.client.get(f"/fapi/v1/depth?symbol=BTCUSDT&limit={limit}" if limit else f"{DEPTH}")
    assert (answer.status_code, answer.headers["X-MBX-USED-WEIGHT-1M"]) == (200, str(weight))


@pytest.mark.parametrize("limit", ["1", "6", "1001", "-5", "many"])
def test_a_depth_limit_of_its_own_is_refused(btc: Trader, limit: str):
    answer = btc.client.get(f"{DEPTH}&limit={limit}").json
    assert answer == {"code": -4021, "msg": f"{limit} is not valid depth limit."}


def test_depth_shows_what_an_order_can_hit_and_no_more(btc: Trader):
    asks = btc.client.get(DEPTH).json["asks"]
    assert asks == btc.client.get(f"{DEPTH}&limit=1000").json["asks"]
    assert [Decimal(price) for price, _ in asks] == sorted(Decimal(price) for price, _ in asks)
    levels = book.levels(btc.world.exchange.market.quotes["BTCUSDT"], INSTRUMENTS["BTCUSDT"], buying=True)
    assert sum(Decimal(quantity) for _, quantity in asks) == sum(level.quantity for level in levels)
    assert btc.client.get(f"{DEPTH}&limit=5").json["asks"] == asks[:5]


def test_the_book_changes_its_id_with_every_fill_and_every_second(btc: Trader):
    before = btc.client.get(DEPTH).json["lastUpdateId"]
    btc.market("BUY", "0.001")
    between = btc.client.get(DEPTH).json["lastUpdateId"]
    btc.pass_time(1)
    assert before < between < btc.client.get(DEPTH).json["lastUpdateId"]


def test_funding_history_has_a_pool_of_its_own_and_no_weight_header(btc: Trader):
    answers = [btc.client.get("/fapi/v1/fundingRate") for _ in range(501)]
    assert [answers[499].status_code, answers[500].status_code] == [200, 429]
    assert "X-MBX-USED-WEIGHT-1M" not in answers[0].headers
    assert btc.client.get("/fapi/v1/fundingInfo").status_code == 429
    assert btc.client.get("/fapi/v1/ping").headers["X-MBX-USED-WEIGHT-1M"] == "1"


def test_funding_history_is_read_by_time_and_limit(btc: Trader):
    for number in range(250):
        for symbol in ("BTCUSDT", "ETHUSDT"):
            btc.world.exchange.tape.keep_funding(FundingPaid(symbol, number, Decimal("0.0001"), Decimal(60000)))
    times = lambda query: [row["fundingTime"] for row in btc.client.get(f"/fapi/v1/fundingRate?{query}").json]  # noqa: E731
    assert times("symbol=BTCUSDT") == list(range(150, 250))
    assert times("symbol=BTCUSDT&limit=1000") == list(range(50, 250))
    assert times("symbol=BTCUSDT&startTime=10&limit=3") == [10, 11, 12]
    assert times("symbol=BTCUSDT&endTime=10&limit=3") == [8, 9, 10]
    assert times("startTime=3&endTime=4") == [3, 3, 4, 4]
    assert btc.client.get("/fapi/v1/fundingRate?symbol=NOPE").json["code"] == -1121
    assert btc.client.get("/fapi/v1/fundingRate?limit=1001").json["code"] == -1130


def test_there_are_no_stock_exchanges_hours(btc: Trader):
    answer = btc.client.get("/fapi/v1/tradingSchedule")
    assert answer.headers["X-MBX-USED-WEIGHT-1M"] == "5"
    assert answer.json["marketSchedules"]["EQUITY"] == {"sessions": []}


def test_index_mark_and_last_go_their_own_ways_a_little():
    exchange = new_exchange(seed=7, now_ms=START_MS)
    for second in range(600):
        exchange.step(START_MS + second * 1000 + 1000)
    for quote in exchange.market.quotes.values():
        assert len({quote.index, quote.mark, quote.last}) == 3
        assert abs(quote.mark / quote.index - 1) < Decimal("0.003") > abs(quote.last / quote.mark - 1)


def test_a_day_has_some_flash_moves_of_one_to_four_percent():
    day = [draw for number in range(86_400 // BLOCK) for draw in block_of(7, number, len(INSTRUMENTS))]
    sizes = [abs(draw.flash[1]) for draw in day if draw.flash is not None]
    assert 3 <= len(sizes) <= 40 and 0.01 <= min(sizes) < max(sizes) <= 0.04


def test_a_market_without_volatility_has_no_flash_moves():
    market = new_exchange(seed=7, now_ms=START_MS).market
    market.volatility = Decimal(0)
    for _ in range(30_000):
        market.step()
    assert all(abs(q.index / INSTRUMENTS[name].start_price - 1) < EIGHT for name, q in market.quotes.items())


def test_a_flash_move_lasts_and_the_last_price_overshoots():
    draw = Draw(0.0, ((0.0, 0.0, 0.0),) * len(INSTRUMENTS), (0, -0.03))
    market = new_exchange(seed=1, now_ms=START_MS).market
    market.step()
    before = market.mark("BTCUSDT")
    market.block = (0, [draw] * BLOCK)
    market.step()
    quote = market.quotes["BTCUSDT"]
    assert Decimal("0.0295") < 1 - quote.mark / before < Decimal("0.0305")
    assert Decimal("0.007") < 1 - quote.last / quote.mark < Decimal("0.008")


def test_exchange_info_tells_of_a_symbol_that_is_wound_down(btc: Trader):
    btc.world.exchange.set_listing("BTCUSDT", status="PRE_SETTLE", control="BUY")
    row = btc.client.get("/fapi/v1/exchangeInfo").json["symbols"][0]
    assert (row["status"], row["filters"][-1]["positionControlSide"]) == ("PRE_SETTLE", "BUY")
    assert row["timeInForce"] == ["GTC", "IOC", "FOK", "GTX", "GTD"]


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
