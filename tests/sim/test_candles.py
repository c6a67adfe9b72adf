"""Candles from the walk, the 24 hours' ticker, and how long what is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from nof1web.sim.candles import INTERVALS, Candle, aggregated, closing_ms, opened, opening
from nof1web.sim.market import new_market
from nof1web.sim.rules import INSTRUMENTS
from nof1web.sim.state import open_state
from nof1web.sim.tape import FUNDINGS_KEPT, KEPT, FundingPaid, Tape
from tests.sim.face import START_MS, Trader
from tests.sim.virtual import Virtual, virtual

KLINES = "/fapi/v1/klines?symbol=BTCUSDT&interval="
HOUR_MS = 3_600_000
ONE = Decimal(1)


@pytest.fixture(scope="module")
def hours() -> Virtual:
    """A world after two hours."""
    face = virtual(seed=3)
    face.clock(advance_seconds=7_200)
    return face


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def candle(open_ms: int, *prices: str, symbol: str = "BTCUSDT", interval: str = "1m") -> Candle:
    made = opened(symbol, interval, open_ms, Decimal(prices[0]), first_id=1)
    for price in prices[1:]:
        made.reach(Decimal(price))
    made.trade(ONE, Decimal(prices[-1]), 2, taker_buys=ONE / 2)
    return made


def test_a_kline_has_binances_twelve_columns(hours: Virtual):
    row = hours.get(KLINES + "1m")[-2]
    kinds = [int, str, str, str, str, str, int, str, int, str, str, str]
    assert [type(value) for value in row] == kinds
    assert (row[6], row[11]) == (row[0] + 59_999, "0")
    assert Decimal(row[3]) <= min(Decimal(row[1]), Decimal(row[4])) <= Decimal(row[2])


def test_minutes_follow_one_another_and_the_running_one_ends_at_the_last_price(hours: Virtual):
    rows = hours.get(KLINES + "1m&limit=1500")
    assert len(rows) in (120, 121) and all(later[0] - row[0] == 60_000 for row, later in pairwise(rows))
    assert rows[-1][0] <= hours.world.clock() <= rows[-1][6]
    assert rows[-1][4] == hours.get("/fapi/v1/ticker/price?symbol=BTCUSDT")["price"]


def test_longer_candles_hold_what_their_minutes_held(hours: Virtual):
    minutes, longer = hours.get(KLINES + "1m&limit=1500"), hours.get(KLINES + "1h")
    inside = [row for row in minutes if row[0] // HOUR_MS * HOUR_MS == longer[1][0]]
    assert longer[1][1] == inside[0][1] and longer[1][4] == inside[-1][4]
    assert Decimal(longer[1][2]) == max(Decimal(row[2]) for row in inside)
    assert Decimal(longer[1][5]) == sum(Decimal(row[5]) for row in inside)
    assert longer[1][8] == sum(row[8] for row in inside)


@pytest.mark.parametrize("interval", sorted(INTERVALS))
def test_every_interval_is_served_and_ends_where_the_next_begins(hours: Virtual, interval: str):
    row = hours.get(KLINES + interval)[-1]
    assert row[0] <= hours.world.clock() <= row[6]
    assert (opening(interval)(row[6]), opening(interval)(row[6] + 1)) == (row[0], row[6] + 1)


@pytest.mark.parametrize(
    ("interval", "first", "last"),
    [
        ("1w", "2026-11-16T00:00:00.000", "2026-11-22T23:59:59.999"),
        ("1M", "2026-11-01T00:00:00.000", "2026-11-30T23:59:59.999"),
        ("4h", "2026-11-22T16:00:00.000", "2026-11-22T19:59:59.999"),
    ],
)
def test_weeks_begin_on_monday_and_months_on_their_first(interval: str, first: str, last: str):
    open_ms = opening(interval)(at("2026-11-22T18:30:00"))
    assert (open_ms, closing_ms(open_ms, interval)) == (at(first), at(last))


def test_candles_join_open_close_extremes_and_sums():
    (both,) = aggregated((candle(0, "10", "7", "9"), candle(60_000, "9", "12", "11")), "5m")
    assert (both.open, both.high, both.low, both.close) == (10, 12, 7, 11)
    assert (both.volume, both.quote_volume, both.taker_volume, both.count) == (2, 20, 1, 4)


def test_real_fills_are_part_of_the_volume(btc: Trader):
    btc.market("BUY", "0.002")
    btc.market("SELL", "0.001")
    row = btc.client.get(KLINES + "1m").json[-1]
    assert (row[5], row[8], row[9], row[3]) == ("0.0030", 2, "0.0020", "59998.80")
    assert (row[7], row[10]) == ("180.00120", "120.00240")


def test_a_price_moved_by_hand_is_seen_at_once(btc: Trader):
    for price in ("3200", "3100"):
        btc.price(price, "ETHUSDT")
    row = btc.client.get("/fapi/v1/klines?symbol=ETHUSDT&interval=1m").json[-1]
    assert (row[1], row[2], row[4]) == ("3050.00", "3200.00", "3100.00")


@pytest.mark.parametrize(
    ("query", "code"),
    [("symbol=BTCUSDT&interval=7m", -1120), ("symbol=BTCUSDT", -1102), ("interval=1m", -1102),
     ("symbol=NOPE&interval=1m", -1121), ("symbol=BTCUSDT&interval=1m&limit=1501", -1130),
     ("symbol=BTCUSDT&interval=1m&limit=0", -1130), ("symbol=BTCUSDT&interval=1m&startTime=2&endTime=1", -1130)],
)  # fmt: skip
def test_an_odd_request_for_klines_is_refused(btc: Trader, query: str, code: int):
    assert btc.client.get(f"/fapi/v1/klines?{query}").json["code"] == code


@pytest.mark.parametrize(("limit", "weight"), [("99", 1), ("100", 2), ("", 5), ("500", 5), ("1000", 5), ("1001", 10)])
def test_klines_cost_by_their_limit(btc: Trader, limit: str, weight: int):
    query = f"&limit={limit}" if limit else ""
    answer = btc.client.get(KLINES + "1m" + query)
    assert answer.headers["X-MBX-USED-WEIGHT-1M"] == str(weight)


def test_a_start_shows_what_follows_it_and_an_end_what_leads_to_it(hours: Virtual):
    rows = hours.get(KLINES + "1m&limit=1500")
    middle = rows[60][0]
    assert hours.get(f"{KLINES}1m&startTime={middle}&limit=3") == rows[60:63]
    assert hours.get(f"{KLINES}1m&endTime={middle}&limit=3") == rows[58:61]


def test_the_days_ticker_is_the_days_candles(hours: Virtual):
    rows, day = hours.get(KLINES + "1m&limit=1500"), hours.get("/fapi/v1/ticker/24hr?symbol=BTCUSDT")
    assert (day["openPrice"], day["lastPrice"]) == (rows[0][1], rows[-1][4])
    assert Decimal(day["highPrice"]) == max(Decimal(row[2]) for row in rows)
    assert Decimal(day["priceChange"]) == Decimal(day["lastPrice"]) - Decimal(day["openPrice"])
    assert day["count"] == sum(row[8] for row in rows) == day["lastId"] - day["firstId"] + 1
    assert len(hours.get("/fapi/v1/ticker/24hr")) == len(INSTRUMENTS)


def test_only_the_newest_candles_and_fundings_are_kept():
    tape = Tape()
    for number in range(KEPT + 2):
        tape.keep_candle(candle(number * 60_000, "1"))
        tape.keep_funding(FundingPaid("BTCUSDT", number, ONE, ONE))
    assert [len(tape.closed["BTCUSDT", "1m"]), len(tape.fundings["BTCUSDT"])] == [KEPT, FUNDINGS_KEPT]
    gone = {name for (kind, name), row in tape.take_changes().items() if kind == "candle" and row is None}
    assert gone == {"0|BTCUSDT|1m", "60000|BTCUSDT|1m"}


def test_days_outlast_the_minutes_they_were_made_of():
    tape, market = Tape(), new_market(seed=1, now_ms=at("2026-11-01T00:00:00"), instruments=INSTRUMENTS)
    market.frozen = True
    for _ in range(26 * 60 * 3):
        market.at_ms += 60_000
        tape.note(market)
    assert len(tape.klines("BTCUSDT", "1m")) == KEPT + 1
    days = tape.klines("BTCUSDT", "1d")
    assert [day.open_ms for day in days] == [at(f"2026-11-0{day}T00:00:00") for day in range(1, 5)]


def test_a_restart_loses_no_candle_and_no_fill(tmp_path: Path):
    store = open_state(tmp_path)
    face = virtual(store=store)
    face.clock(advance_seconds=4_000)
    face.market(face.account(), "BUY", "0.1")
    face.world.save()
    before = [face.get(KLINES + interval) for interval in ("1m", "1h")]
    assert store.connection.execute("SELECT count(*) FROM rows WHERE kind = 'trade'").fetchone() == (1,)
    store.close()
    again = virtual(store=open_state(tmp_path), start_ms=START_MS)
    assert [again.get(KLINES + interval) for interval in ("1m", "1h")] == before
