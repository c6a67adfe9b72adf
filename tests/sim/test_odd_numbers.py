"""Numbers and texts nobody should send: refused in words, and the exchange goes on as before."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sim.face import Trader
from tests.sim.listening import listen

LONG = "9" * 5000
NESTED = "[" * 60_000


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/fapi/v1/depth?symbol=BTCUSDT&limit=", 400),
        ("/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=", 400),
        ("/api/account-totals?lastHourlyMarker=", 200),
        ("/sim/log?after=", 200),
        ("/?from=", 200),
    ],
)
def test_a_number_of_five_thousand_digits_is_no_server_error(btc: Trader, path: str, status: int):
    assert btc.client.get(path + LONG).status_code == status


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("watched", [False, True])
def test_a_batch_nested_too_deep_is_malformed(btc: Trader, method: str, watched: bool):
    if watched:
        btc.control("faults", {"kind": "reject", "path": "/fapi/v1/order"})
    assert btc.code(method, "/fapi/v1/batchOrders", batchOrders=NESTED) == -1130


def test_a_stream_request_nested_too_deep_is_answered(btc: Trader):
    from nof1web.sim.subscriptions import answer

    subscriber = listen(btc)
    said = answer(btc.world.streams, subscriber, NESTED, private=True, now_ms=btc.clock())
    assert "Invalid JSON" in said


@pytest.mark.parametrize("price", ["1e-400", "1e-30", "0", "0.01", "1e9", "1e999", "1e999999999999999999", "NaN", None])
@pytest.mark.parametrize("part", ["", "mark", "last"])
def test_a_price_outside_the_filter_is_refused_and_time_goes_on(btc: Trader, price: Any, part: str):
    assert "error" in btc.control("prices", {"BTCUSDT": {part: price} if part else price})
    btc.world.exchange.market.frozen = False
    btc.pass_time(2)
    assert btc.world.exchange.market.quotes["BTCUSDT"].anchor == 60_000


@pytest.mark.parametrize("part", ["", "mark", "last"])
@pytest.mark.parametrize("end", ["min_price", "max_price"])
def test_at_the_ends_of_the_filter_time_goes_on(btc: Trader, part: str, end: str):
    price = str(getattr(btc.world.exchange.market.instruments["BTCUSDT"], end))
    btc.control("prices", {"BTCUSDT": {part: price} if part else price})
    btc.world.exchange.market.frozen = False
    btc.pass_time(3)
    assert btc.client.get("/fapi/v1/depth?symbol=BTCUSDT").status_code == 200


def test_a_price_of_nothing_listed_is_refused(btc: Trader):
    assert btc.control("prices", {"NOTHING": "5"})["code"] == -1121


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        ("faults", {"count": 1e999}),
        ("faults", {"count": 0}),
        ("faults", {"code": 1e999}),
        ("faults", {"code": "1e5000"}),
        ("faults", {"seconds": "1e999999999999999999"}),
        ("faults", {"seconds": "1e5000"}),
        ("faults", {"lag_seconds": "1e5000"}),
        ("faults", {"kind": "html", "status": 204}),
        ("faults", {"plan": {"seed": 1, "rates": {"slow": "1"}, "codes": [1e999]}}),
        ("faults", {"plan": {"seed": "1e5000", "rates": {}}}),
        ("market", {"weight_limit": "1e5000"}),
        ("market", {"depth": "1e999999"}),
        ("market", {"volatility": "1e99"}),
        ("stream", {"mute": "a1", "seconds": "1e5000"}),
        ("clock", {"skew_ms": LONG}),
        ("deposit", {"account_id": "a1", "amount": "1e999999"}),
        ("deposit", {"account_id": "a1", "amount": "1e-400"}),
        ("keys", {"balance": "1e30"}),
        ("adl", {"account_id": "a1", "symbol": "BTCUSDT", "price": "1e-18"}),
        ("orders", {"account_id": "a1", "cancel": "1e5000"}),
        ("symbols", {"BTCUSDT": {"tradfi": {"a": 1}}}),
        ("symbols", {"BTCUSDT": {"status": ["BREAK"]}}),
        ("agents/gpt-5", {"equity": "1e999999", "positions": {}}),
        ("agents/gpt-5", {"positions": {"BTC": {"quantity": "1", "leverage": 1e999}}}),
    ],
)
def test_a_control_without_measure_is_refused_and_changes_nothing(btc: Trader, path: str, wish: dict[str, Any]):
    if path == "faults" and "plan" not in wish:
        wish = {"kind": "slow", "path": "/fapi/v1/order", **wish}
    before = (btc.raw(), btc.client.get("/fapi/v1/exchangeInfo").json["symbols"])
    answer = btc.client.post(f"/sim/{path}", json=wish)
    assert answer.status_code == 400 and answer.json["error"]
    assert (btc.raw(), btc.client.get("/fapi/v1/exchangeInfo").json["symbols"]) == before
    assert btc.client.get("/sim/faults").json == [] and btc.market("BUY", "0.001")["status"] == "FILLED"
