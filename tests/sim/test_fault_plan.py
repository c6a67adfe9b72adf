"""A seeded plan of faults: the same seed and the same requests meet the same faults."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from nof1web.sim.fault_plan import SeededPlan
from nof1web.sim.faults import Asked, Fault
from tests.sim.face import Trader, trader

PING = Asked("GET", "/fapi/v1/ping", "key")
RATES = {"lose_answer": Decimal("0.1"), "reject": Decimal("0.2"), "slow": Decimal("0.3")}


def drawn(count: int, *asked: Asked, **wish: Any) -> list[Fault | None]:
    plan = SeededPlan(**{"seed": 7, "rates": RATES, **wish})
    return [plan.draw(asked[n % len(asked)] if asked else PING, now_ms=n) for n in range(count)]


def test_the_same_seed_gives_the_same_faults_and_another_seed_others():
    assert drawn(200) == drawn(200)
    assert drawn(200) != drawn(200, seed=8)


def test_every_kind_comes_about_as_often_as_its_rate():
    kinds = [fault.kind if fault else "" for fault in drawn(5000)]
    for kind, rate in RATES.items():
        assert abs(Decimal(kinds.count(kind)) / 5000 - rate) < Decimal("0.02")


def test_requests_the_plan_is_not_for_do_not_move_it_on():
    other = Asked("POST", "/fapi/v1/order", "key")
    assert drawn(400, PING, other, methods=("GET",))[::2] == drawn(200, methods=("GET",))


@pytest.mark.parametrize(
    ("wish", "fits"),
    [
        ({"paths": ("/fapi/*",)}, True),
        ({"paths": ("/fapi/v1/time", "/fapi/v1/ping")}, True),
        ({"paths": ("/fapi/v1/time",)}, False),
        ({"methods": ("POST",)}, False),
        ({"api_key": "key"}, True),
        ({"api_key": "other"}, False),
        ({"until_ms": 100}, False),
        ({"until_ms": 101}, True),
    ],
)
def test_a_plan_has_its_say_only_where_it_was_asked_to(wish: dict[str, Any], fits: bool):
    assert SeededPlan(seed=1, rates=RATES, **wish).fits(PING, now_ms=100) is fits


def test_rejections_use_the_given_codes_only():
    codes = {fault.code for fault in drawn(300, codes=(-2019, -4131), rates={"reject": Decimal(1)}) if fault}
    assert codes == {-2019, -4131}


def test_unknown_outcomes_go_both_ways():
    assert {fault.executed for fault in drawn(50, rates={"http_503_unknown": Decimal(1)}) if fault} == {True, False}


def test_an_exempt_order_meets_no_throttling():
    close = Asked("POST", "/fapi/v1/order", "key", orders=({"reduceOnly": "true"},))
    assert drawn(20, close, rates={"throttled_1008": Decimal(1)}) == [None] * 20


@pytest.mark.parametrize(
    "rates", [{"explode": Decimal("0.1")}, {"slow": Decimal("1.1")}, {"slow": Decimal("0.6"), "reject": Decimal("0.5")}]
)
def test_rates_that_make_no_sense_are_refused(rates: dict[str, Decimal]):
    with pytest.raises(ValueError, match=r"kinds|rates"):
        SeededPlan(seed=1, rates=rates)


def a_run(face: Trader) -> tuple[list[int], Any]:
    rates = {"reject": "0.2", "http_503_unknown": "0.2", "partial": "0.2"}
    face.control("faults", {"plan": {"seed": 3, "rates": rates, "methods": ["POST"], "paths": ["/fapi/v1/order"]}})
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
    codes = [face.signed("POST", "/fapi/v1/order", **order).status_code for _ in range(30)]
    return codes, face.client.get("/sim/faults/fired").json


def test_two_exchanges_with_the_same_plan_live_the_same_day():
    first, second = trader(), trader()
    assert a_run(first) == a_run(second) and first.positions() == second.positions()


def test_the_plan_shows_what_it_drew_and_ends_when_told(btc: Trader):
    codes, told = a_run(btc)
    assert told["plan"]["seen"] == 30 and sum(told["plan"]["drawn"].values()) == sum(told["kinds"].values())
    assert codes.count(503) + codes.count(400) > 0
    assert btc.client.get("/sim/faults").json == [told["plan"]]
    btc.control("faults", {"plan": None})
    assert btc.client.get("/sim/faults").json == []
