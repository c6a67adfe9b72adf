"""Funding and the history of income (binance.md §4.2)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nof1web.sim.engine import OrderRequest, new_exchange
from tests.sim.face import Trader

INCOME = "/fapi/v1/income"
DAY_MS = 86_400_000


def to_funding(face: Trader) -> None:
    """Let the time come to just past the next funding."""
    market = face.world.exchange.market
    market.at_ms = market.next_funding_ms() - 1000
    face.clock.now_ms = market.at_ms + 1000
    face.world.step(face.clock.now_ms)


def test_funding_is_exchanged_at_the_rate_of_that_moment_and_a_new_one_is_drawn(btc: Trader):
    quote = btc.world.exchange.market.quotes["BTCUSDT"]
    btc.market("BUY", "0.01")
    quote.funding_rate = Decimal("0.00025")
    to_funding(btc)
    (paid,) = btc.call("GET", INCOME, incomeType="FUNDING_FEE")
    assert (paid["income"], paid["asset"], paid["time"] % (8 * 3_600_000)) == ("-0.15000000", "USDT", 0)
    assert quote.funding_rate != Decimal("0.00025")


def test_funding_is_reckoned_at_the_mark(btc: Trader):
    btc.market("BUY", "0.01")
    exchange = btc.world.exchange
    exchange.set_prices({}, lasts={"BTCUSDT": Decimal(61000)}, now_ms=btc.clock())
    exchange.market.quotes["BTCUSDT"].funding_rate = Decimal("0.0001")
    to_funding(btc)
    assert btc.call("GET", INCOME, incomeType="FUNDING_FEE")[0]["income"] == "-0.06000000"


def test_a_negative_rate_pays_the_long(btc: Trader):
    btc.market("BUY", "0.01")
    btc.world.exchange.market.quotes["BTCUSDT"].funding_rate = Decimal("-0.0001")
    to_funding(btc)
    assert btc.call("GET", INCOME, incomeType="FUNDING_FEE")[0]["income"] == "0.06000000"


def test_funding_of_an_isolated_position_comes_out_of_its_margin(btc: Trader):
    btc.call("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    btc.market("BUY", "0.01")
    to_funding(btc)
    (row,) = btc.call("GET", "/fapi/v3/positionRisk")
    assert row["isolatedWallet"] == "29.94060000"


def test_funding_of_hours_slept_through_is_still_owed(btc: Trader):
    btc.market("BUY", "0.01")
    btc.clock.now_ms += DAY_MS
    btc.world.step(btc.clock())
    assert len(btc.call("GET", INCOME, incomeType="FUNDING_FEE")) == 3


@pytest.mark.parametrize("late_ms", [119_000, 120_000, 121_000, 500_000])
def test_funding_is_owed_however_late_the_market_wakes(late_ms: int):
    due_ms = 8 * 3_600_000
    exchange = new_exchange(seed=1, now_ms=due_ms - 600_000)
    account = exchange.open_account(Decimal(1000), now_ms=0)
    exchange.place_order(account.account_id, OrderRequest("BTCUSDT", "BUY", "MARKET", Decimal("0.01")), now_ms=0)
    exchange.step(due_ms + late_ms)
    assert [row.kind for row in account.income].count("FUNDING_FEE") == 1


def test_nobody_without_a_position_pays_funding(btc: Trader):
    to_funding(btc)
    assert btc.call("GET", INCOME, incomeType="FUNDING_FEE") == []


def test_income_is_told_by_kind_symbol_and_time(btc: Trader):
    btc.market("BUY", "0.01")
    btc.clock.now_ms += 5000
    btc.market("SELL", "0.01")
    everything = btc.call("GET", INCOME)
    assert [row["incomeType"] for row in everything] == ["TRANSFER", "COMMISSION", "COMMISSION", "REALIZED_PNL"]
    assert [row["symbol"] for row in everything] == ["", "BTCUSDT", "BTCUSDT", "BTCUSDT"]
    assert len(btc.call("GET", INCOME, symbol="BTCUSDT", endTime=btc.clock() - 1)) == 1
    assert len(btc.call("GET", INCOME, startTime=btc.clock())) == 2
    assert btc.call("GET", INCOME, symbol="ETHUSDT") == []


def test_the_newest_rows_come_unless_a_start_is_named(btc: Trader):
    start = btc.clock()
    btc.market("BUY", "0.01")
    assert [row["incomeType"] for row in btc.call("GET", INCOME, limit=1)] == ["COMMISSION"]
    assert [row["incomeType"] for row in btc.call("GET", INCOME, limit=1, startTime=start)] == ["TRANSFER"]


def test_income_reaches_back_a_week_by_itself_and_three_months_when_asked(btc: Trader):
    start = btc.clock()
    btc.clock.now_ms += 8 * DAY_MS
    assert btc.call("GET", INCOME) == []
    assert len(btc.call("GET", INCOME, startTime=start)) == 1
    btc.clock.now_ms += 90 * DAY_MS
    assert btc.call("GET", INCOME, startTime=start) == []


def test_pages_of_income_are_no_more(btc: Trader):
    assert btc.call("GET", INCOME, page=2, limit=1) == btc.call("GET", INCOME, limit=1)


@pytest.mark.parametrize(
    ("wish", "code"),
    [({"incomeType": "NONSENSE"}, -1130), ({"symbol": "NOPE"}, -1121), ({"startTime": 2, "endTime": 1}, -1023)],
)
def test_income_is_refused_with_the_code_of_what_is_wrong(btc: Trader, wish: dict, code: int):
    assert btc.code("GET", INCOME, **wish) == code
