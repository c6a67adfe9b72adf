"""Stops and targets on the built-in exchange follow every holding."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.records import OrderKind
from nof1web.core.trading import AlgoReport, AlgoRequest
from nof1web.errors import LeaseLost
from nof1web.services.placing import cancel
from tests.services.deaths import fault
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


def rejects(stage: Stage, count: int, code: int = -4045) -> None:
    stage.control.post(
        "/sim/faults",
        path="/fapi/v1/algoOrder",
        method="POST",
        kind="reject",
        code=code,
        count=count,
        api_key=stage.key["api_key"],
    )


def later(stage: Stage, *seconds: float) -> None:
    """Run a cycle at each of these times (s from now)."""
    for each in seconds:
        stage.skew = timedelta(seconds=each)
        stage.cycle()


def test_a_stop_that_cannot_be_placed_ends_the_position_where_that_is_wanted(stage: Stage) -> None:
    stage.follow(unprotected="close")
    stage.agent("deepseek", a_position(stop="57000"))
    rejects(stage, 9)
    stage.cycle()
    later(stage, 6)
    assert stage.live() and not stage.resting(), "it is tried again first"
    later(stage, 17, 22)
    assert not stage.live() and not stage.holdings()
    close = stage.store.journal.intents("c_1")[0]
    assert (close.kind, close.explanation["reason"]) == (OrderKind.CLOSE, "unprotected")
    assert {"unprotected", "closed_unprotected"} <= {event.kind for event in stage.store.chronicle.events()}
    stage.control.post("/sim/faults", clear=True)
    later(stage, 40)
    assert not stage.live(), "this epoch is over"


def test_where_an_alarm_is_wanted_the_position_stays(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position(stop="57000"))
    rejects(stage, 9)
    stage.cycle()
    later(stage, 6, 17, 40, 80, 140)
    assert stage.live() and "closed_unprotected" not in {event.kind for event in stage.store.chronicle.events()}
    stage.control.post("/sim/faults", clear=True)


def test_passing_trouble_never_ends_a_position(stage: Stage) -> None:
    stage.follow(unprotected="close")
    stage.agent("deepseek", a_position(stop="57000"))
    rejects(stage, 4, code=-1001)
    stage.cycle()
    later(stage, 6, 17, 40, 90)
    assert stage.live() and len(stage.resting()) == 1


def test_a_target_that_cannot_be_placed_never_ends_a_position(stage: Stage) -> None:
    stage.follow(unprotected="close")
    stage.agent("deepseek", a_position(target="66000"))
    rejects(stage, 9)
    stage.cycle()
    later(stage, 6, 17, 40, 80)
    assert stage.live()
    stage.control.post("/sim/faults", clear=True)


def test_a_stop_that_cannot_be_moved_leaves_the_old_one_and_the_position(stage: Stage) -> None:
    stage.follow(unprotected="close")
    stage.agent("deepseek", a_position(stop="57000"))
    stage.cycle()
    stage.agent("deepseek", a_position(stop="58000"))
    rejects(stage, 9)
    stage.cycle()
    later(stage, 6, 17, 40, 80)
    assert stage.live() and [trigger for _, trigger, _ in stage.legs()] == [57000]
    stage.control.post("/sim/faults", clear=True)


def test_an_own_stop_rests_where_the_agent_has_none(stage: Stage) -> None:
    stage.follow(own_stop="20", own_target="50")
    stage.agent("deepseek", a_position())
    stage.cycle()
    entry = stage.store.trackers.epochs("c_1")[0].entry_price
    assert entry is not None
    legs = {kind: trigger for kind, trigger, _ in stage.legs()}
    assert abs(legs["STOP_MARKET"] - entry * Decimal("0.98")) <= Decimal("0.1")
    assert abs(legs["TAKE_PROFIT_MARKET"] - entry * Decimal("1.05")) <= Decimal("0.1")


def beside_a_foreign_share(stage: Stage) -> None:
    """A person holds 0.01 BTC, and 0.01 more is copied."""
    place = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    stage.control.post("/sim/orders", account_id=stage.account_id, place=place)
    opened(stage, stop="57000")
    stage.sync()


def test_beside_a_foreign_share_a_new_stop_rests_only_once_the_old_one_is_gone(stage: Stage) -> None:
    beside_a_foreign_share(stage)
    cancels = {"path": "/fapi/v1/algoOrder", "method": "DELETE", "api_key": stage.key["api_key"]}
    stage.control.post("/sim/faults", kind="reject", code=-1001, **cancels)
    stage.agent("deepseek", a_position(quantity="0.06", stop="58000"))
    later(stage, 3)
    assert stage.legs() == [("STOP_MARKET", 57000, Decimal("0.01"))]
    later(stage, 9)
    assert stage.legs() == [("STOP_MARKET", 58000, Decimal("0.006"))]


def test_beside_a_foreign_share_the_stop_of_a_replaced_entry_goes_before_the_new_one_rests(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside_a_foreign_share(stage)
    place, rested = stage.client.place_protection, []

    def watched(order: AlgoRequest) -> AlgoReport:
        rested.append(len(stage.resting()))
        return place(order)

    monkeypatch.setattr(stage.client, "place_protection", watched)
    stage.agent("deepseek", a_position(quantity="0.06", stop="58000", oid="1002"))
    later(stage, 3)
    assert rested == [0] and stage.legs() == [("STOP_MARKET", 58000, Decimal("0.006"))]


def test_a_stop_that_no_lookup_shows_yet_is_not_given_up_within_ten_seconds(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.follow()
    stage.agent("deepseek", a_position(stop="57000"))
    fault(stage, "lose_answer", "/fapi/v1/algoOrder")
    stage.cycle()
    with monkeypatch.context() as lagging:
        lagging.setattr(stage.client, "protection", lambda client_algo_id: None)
        later(stage, 9)
    later(stage, 20)
    assert len(stage.resting()) == 1


def test_a_worker_whose_credential_was_taken_over_cancels_no_stop(stage: Stage) -> None:
    opened(stage, stop="57000")
    stale, (leg,) = stage.ports(), stage.store.journal.protections("c_1")
    stage.ports()
    with pytest.raises(LeaseLost):
        cancel(stale, leg)
    assert len(stage.resting()) == 1
