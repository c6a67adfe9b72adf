"""Which rows the lists show: windows, limits, and what is past its time (binance.md §3, §4.2, §4.4)."""

from __future__ import annotations

import pytest

from nof1web.sim.retention import DAY_MS
from tests.sim.face import Trader

WEEK_MS = 7 * DAY_MS
LISTS = [
    "allOrders",
    "allAlgoOrders",
    "userTrades",
    "orderAmendment",
    "forceOrders",
    "income",
    "positionMargin/history",
]


@pytest.mark.parametrize(
    ("name", "exactly", "more"),
    [
        ("allOrders", -1127, -1127),
        ("allAlgoOrders", -1127, -1127),
        ("userTrades", 0, -1127),
        ("orderAmendment", 0, -1127),
        ("forceOrders", 0, -1127),
        ("income", 0, 0),
    ],
)
def test_a_window_is_no_wider_than_documented(btc: Trader, name: str, exactly: int, more: int):
    end = btc.clock.now_ms
    for start, code in ((end - WEEK_MS + 1, 0), (end - WEEK_MS, exactly), (end - WEEK_MS - 1, more)):
        assert btc.code("GET", f"/fapi/v1/{name}", symbol="BTCUSDT", startTime=start, endTime=end) == code


def test_margin_changes_are_listed_for_thirty_days_at_most(btc: Trader):
    path, end = "/fapi/v1/positionMargin/history", btc.clock.now_ms
    assert btc.code("GET", path, symbol="BTCUSDT", startTime=end - 30 * DAY_MS, endTime=end) == 0
    assert btc.code("GET", path, symbol="BTCUSDT", startTime=end - 30 * DAY_MS - 1, endTime=end) == -1127


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"startTime": 6, "endTime": 5}, -1023),
        ({"startTime": 5, "endTime": 5}, 0),
        ({"startTime": -5}, -1130),
        ({"endTime": -1}, -1130),
        ({"limit": 0}, -1130),
        ({"limit": -3}, -1130),
        ({"limit": 1}, 0),
        ({"limit": 5000}, -1130),
    ],
)
def test_a_list_is_asked_for_with_times_and_a_limit_that_make_sense(
    btc: Trader, name: str, wish: dict[str, int], code: int
):
    assert btc.code("GET", f"/fapi/v1/{name}", symbol="BTCUSDT", **wish) == code


@pytest.mark.parametrize(
    ("name", "most"), [("allOrders", 1000), ("userTrades", 1000), ("allAlgoOrders", 1000), ("income", 1000),
                       ("orderAmendment", 100), ("forceOrders", 100), ("positionMargin/history", 500)]
)  # fmt: skip
def test_a_limit_goes_as_far_as_documented(btc: Trader, name: str, most: int):
    assert btc.code("GET", f"/fapi/v1/{name}", symbol="BTCUSDT", limit=most) == 0
    assert btc.code("GET", f"/fapi/v1/{name}", symbol="BTCUSDT", limit=most + 1) == -1130


def test_a_window_shows_what_lies_in_it_and_only_the_last_week_without_one(btc: Trader):
    start = btc.clock.now_ms
    for _ in range(2):
        btc.market("BUY", "0.001")
        btc.clock.now_ms += WEEK_MS
    assert btc.call("GET", "/fapi/v1/userTrades", symbol="BTCUSDT") != []
    both = btc.call("GET", "/fapi/v1/userTrades", symbol="BTCUSDT", startTime=start)
    assert [trade["time"] for trade in both] == [start, start + WEEK_MS]
    btc.clock.now_ms += 1
    assert btc.call("GET", "/fapi/v1/userTrades", symbol="BTCUSDT") == []
    late = btc.call("GET", "/fapi/v1/allOrders", symbol="BTCUSDT", startTime=start + 1)
    assert [order["time"] for order in late] == [start + WEEK_MS]
