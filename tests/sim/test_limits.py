"""Request weight, order counts, 429 and 418 (binance.md §5)."""

from __future__ import annotations

import pytest

from nof1web.sim.limits import BAN_MS, FAPI, FUNDING, LONGEST_BAN_MS, MOST_ADDRESSES, SAPI, Limits, TooMany
from tests.sim.face import Trader

ORDER = "/fapi/v1/order"


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
    limits.count_orders("a1", (1, 1), now_ms=0)
    limits.count_orders("a2", (1, 1), now_ms=0)
    with pytest.raises(TooMany) as refused:
        limits.count_orders("a1", (1, 1), now_ms=9_999)
    assert (refused.value.code, refused.value.retry_after) == (-1015, 1)


def provoke(limits: Limits, *, now_ms: int, address: str = "one") -> TooMany:
    """Go on after 429 until the ban."""
    for _ in range(100):
        with pytest.raises(TooMany) as refused:
            limits.spend(address, limits.weight + 1, now_ms=now_ms)
        if refused.value.status == 418:
            return refused.value
    raise AssertionError("never banned")


def test_every_ban_is_twice_as_long_up_to_three_days():
    limits, now_ms, lengths = Limits(), 0, []
    for _ in range(14):
        length_ms = provoke(limits, now_ms=now_ms).retry_after * 1000
        lengths.append(length_ms)
        now_ms += length_ms
    assert lengths[:3] == [BAN_MS, 2 * BAN_MS, 4 * BAN_MS] and lengths[-2:] == [LONGEST_BAN_MS, LONGEST_BAN_MS]


def test_who_was_good_for_three_days_starts_again():
    limits = Limits()
    provoke(limits, now_ms=0)
    assert provoke(limits, now_ms=BAN_MS + LONGEST_BAN_MS).retry_after * 1000 == BAN_MS


def test_a_ban_of_one_host_leaves_the_others_open():
    limits = Limits()
    provoke(limits, now_ms=0)
    assert limits.spend("one", 1, now_ms=1, pool=SAPI) == 1
    with pytest.raises(TooMany):
        limits.spend("one", 1, now_ms=1, pool=FUNDING)
    assert limits.spend("another", 1, now_ms=1) == 1


def test_funding_rates_have_a_pool_of_their_own():
    limits = Limits()
    for _ in range(500):
        limits.spend("one", 1, now_ms=1, pool=FUNDING)
    with pytest.raises(TooMany) as refused:
        limits.spend("one", 1, now_ms=299_000, pool=FUNDING)
    assert refused.value.retry_after == 1 and limits.spent("one", now_ms=1, pool=FAPI) == 0


def test_a_batch_counts_five_and_one():
    limits = Limits(orders_10s=9)
    assert limits.count_orders("a1", (5, 1), now_ms=0) == (5, 1)
    with pytest.raises(TooMany):
        limits.count_orders("a1", (5, 1), now_ms=1)
    assert limits.count_orders("a1", (1, 1), now_ms=2) == (6, 2)


def test_addresses_are_forgotten_before_they_fill_the_memory():
    limits = Limits()
    for number in range(MOST_ADDRESSES + 10):
        limits.spend(str(number), 1, now_ms=0)
    assert len(limits.by_address) <= MOST_ADDRESSES
    assert limits.spent(str(MOST_ADDRESSES + 9), now_ms=0) == 1


def test_errors_carry_the_used_weight_too(btc: Trader):
    paths = ("/fapi/v1/nope", "/fapi/v3/account", "/fapi/v1/premiumIndex?symbol=NOPE")
    spent = [btc.client.get(path).headers["X-MBX-USED-WEIGHT-1M"] for path in paths]
    assert spent == ["1", "6", "7"]
    btc.control("market", {"weight_limit": 7})
    assert btc.client.get("/fapi/v1/ping").headers["X-MBX-USED-WEIGHT-1M"] == "7"


def test_orders_the_engine_refuses_count_and_those_of_the_door_do_not(btc: Trader):
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET"}
    assert btc.signed("POST", ORDER, quantity="99", **order).headers["X-MBX-ORDER-COUNT-10S"] == "1"
    assert "X-MBX-ORDER-COUNT-10S" not in btc.signed("POST", ORDER, quantity="1", timestamp=1, **order).headers
    assert btc.signed("POST", ORDER, quantity="0.001", **order).headers["X-MBX-ORDER-COUNT-10S"] == "2"


def test_an_account_over_its_orders_is_told_when_to_come_back(btc: Trader):
    btc.world.limits.orders_10s = 1
    btc.market("BUY", "0.001")
    answer = btc.signed("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.001")
    assert (answer.status_code, answer.json["code"]) == (429, -1015) and int(answer.headers["Retry-After"]) <= 10


def test_a_clock_that_is_set_back_does_not_forget_what_was_spent():
    limits = Limits()
    limits.spend("1.1.1.1", 5000, now_ms=120_000)
    assert limits.spend("1.1.1.1", 10, now_ms=119_000) == 5010
    assert limits.spend("1.1.1.1", 10, now_ms=120_000) == 10
