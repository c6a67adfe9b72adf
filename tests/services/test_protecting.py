"""Stops and targets on the built-in exchange follow every holding."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.services.stage import Stage, a_position, opened


def test_stop_and_target_rest_on_the_exchange_right_after_the_fill(stage: Stage) -> None:
    opened(stage, stop="57000", target="66000")
    size = Decimal("0.01")
    assert sorted(stage.legs()) == [("STOP_MARKET", 57000, size), ("TAKE_PROFIT_MARKET", 66000, size)]


def test_protection_follows_the_size_of_the_holding(stage: Stage) -> None:
    opened(stage, stop="57000")
    stage.agent("deepseek", a_position(quantity="0.06", stop="57000"))
    stage.cycle()
    assert stage.legs() == [("STOP_MARKET", 57000, Decimal("0.006"))]


def test_a_moved_stop_replaces_the_old_one(stage: Stage) -> None:
    opened(stage, stop="57000")
    stage.agent("deepseek", a_position(stop="58000"))
    stage.cycle()
    assert [trigger for _, trigger, _ in stage.legs()] == [58000]


def test_protection_whose_answer_was_lost_is_found_and_not_placed_twice(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position(stop="57000"))
    stage.control.post(
        "/sim/faults", path="/fapi/v1/algoOrder", method="POST", kind="lose_answer", api_key=stage.key["api_key"]
    )
    stage.cycle()
    stage.cycle()
    assert len(stage.resting()) == 1


def test_a_stop_the_exchange_refuses_is_told_and_tried_again(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position(stop="57000"))
    stage.control.post(
        "/sim/faults", path="/fapi/v1/algoOrder", method="POST", kind="reject", code=-4045, api_key=stage.key["api_key"]
    )
    stage.cycle()
    assert "unprotected" in {event.kind for event in stage.store.chronicle.events()}
    stage.skew = timedelta(seconds=6)
    stage.cycle()
    assert len(stage.resting()) == 1


def test_a_price_already_beyond_the_stop_closes_the_position(stage: Stage) -> None:
    opened(stage)
    stage.control.prices(BTCUSDT="56000")
    stage.agent("deepseek", a_position(stop="57000"))
    stage.cycle()
    assert not stage.live() and not stage.holdings()
    assert stage.cycle()["orders"] == []
