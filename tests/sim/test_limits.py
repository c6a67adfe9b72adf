"""Request weight, order counts, 429 and 418 (binance.md §5)."""

from __future__ import annotations

import pytest

from nof1web.sim.limits import Limits, TooMany
from tests.sim.face import Trader


@pytest.mark.parametrize(
    ("path", "params", "weight"),
    [
        ("/fapi/v1/openOrders", {}, 40),
        ("/fapi/v1/openOrders", {"symbol": "BTCUSDT"}, 1),
        ("/fapi/v1/premiumIndex", {}, 10),
        ("/fapi/v3/positionRisk", {}, 5),
        ("/fapi/v1/income", {}, 30),
        ("/fapi/v1/positionSide/dual", {}, 30),
    ],
)
def test_each_call_spends_its_documented_weight(btc: Trader, path: str, params: dict[str, str], weight: int):
    answer = btc.signed("GET", path, **params)
    assert (answer.status_code, answer.headers["X-MBX-USED-WEIGHT-1M"]) == (200, str(weight))


def test_an_order_costs_no_weight_but_is_counted(btc: Trader):
    for _ in range(2):
        answer = btc.signed("POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.001")
    assert answer.headers["X-MBX-USED-WEIGHT-1M"] == "0"
    assert (answer.headers["X-MBX-ORDER-COUNT-10S"], answer.headers["X-MBX-ORDER-COUNT-1M"]) == ("2", "2")


def test_over_the_limit_comes_429_with_the_time_to_wait(btc: Trader):
    btc.control("market", {"weight_limit": 9})
    btc.signed("GET", "/fapi/v3/positionRisk")
    answer = btc.signed("GET", "/fapi/v3/positionRisk")
    assert (answer.status_code, answer.json["code"]) == (429, -1003)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_who_goes_on_after_429_is_banned_until_a_named_time(btc: Trader):
    btc.control("market", {"weight_limit": 0})
    answers = [btc.client.get("/fapi/v1/ping") for _ in range(22)]
    assert (answers[0].status_code, answers[-1].status_code) == (429, 418)
    assert f"banned until {btc.clock.now_ms + 120_000}" in answers[-1].json["msg"]
    btc.control("market", {"weight_limit": 10})
    btc.clock.now_ms += 120_000
    assert btc.client.get("/fapi/v1/ping").status_code == 200


def test_a_new_minute_starts_from_nothing():
    limits = Limits(weight=10)
    assert [limits.spend("one", 6, now_ms=now) for now in (0, 60_000)] == [6, 6]


def test_orders_are_counted_per_account():
    limits = Limits(orders_10s=1)
    limits.count_order("a1", now_ms=0)
    limits.count_order("a2", now_ms=0)
    with pytest.raises(TooMany) as refused:
        limits.count_order("a1", now_ms=9_999)
    assert (refused.value.code, refused.value.retry_after) == (-1015, 1)
