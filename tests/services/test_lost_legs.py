"""Stops and targets nobody is sure of: counted again when they rest after all, given up only on proof."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.records import ProtectionStatus
from nof1web.core.trading import AlgoReport, AlgoStatus, Side
from tests.services.stage import Stage, a_position, opened
from tests.services.test_explaining import events, quiet
from tests.services.test_trouble import by_hand

D = Decimal


def later(stage: Stage, seconds: int, quantity: str = "0.1") -> None:
    """A cycle and a sync at a later time."""
    stage.skew = timedelta(seconds=seconds)
    stage.agent("deepseek", a_position(quantity=quantity, stop="57000"))
    stage.cycle()
    stage.sync()


def unseen(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sync to which neither the listing nor the lookup shows what rests."""
    with monkeypatch.context() as lagging:
        lagging.setattr(stage.client, "protections", lambda symbol=None: ())
        lagging.setattr(stage.client, "protection", lambda client_algo_id: None)
        stage.sync()


def test_a_stop_placed_a_moment_ago_that_nothing_shows_yet_still_counts(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(stage, stop="57000")
    unseen(stage, monkeypatch)
    (leg,) = stage.store.journal.protections("c_1")
    assert leg.status is ProtectionStatus.RESTING and "protection_missing" not in events(stage)


def test_a_stop_that_was_taken_for_gone_and_rests_is_not_doubled(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(stage, stop="57000")
    stage.skew = timedelta(seconds=20)
    unseen(stage, monkeypatch)
    later(stage, 30)
    assert len(stage.resting()) == 2
    later(stage, 40)
    assert stage.legs() == [("STOP_MARKET", 57000, D("0.01"))]
    (leg,) = stage.store.journal.protections("c_1")
    assert stage.resting()[0]["clientAlgoId"] == leg.client_algo_id


def test_a_stop_that_was_taken_for_gone_goes_with_its_holding(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(stage, stop="57000")
    stage.skew = timedelta(seconds=20)
    unseen(stage, monkeypatch)
    later(stage, 30, quantity="0")
    later(stage, 40, quantity="0")
    assert not stage.live() and not stage.resting()


def test_a_leg_whose_refusal_was_none_is_cancelled_where_another_took_its_place(stage: Stage) -> None:
    opened(stage, stop="57000")
    (leg,) = stage.store.journal.protections("c_1")
    with stage.store.transaction():
        stage.store.journal.put_protection(replace(leg, status=ProtectionStatus.FAILED))
    later(stage, 10)
    later(stage, 20)
    assert stage.legs() == [("STOP_MARKET", 57000, D("0.01"))]


def finished(stage: Stage, monkeypatch: pytest.MonkeyPatch, order_id: str) -> None:
    """The stop triggered after a person had closed the position: its order ended without a fill."""
    by_hand(stage, Side.SELL, "0.01")
    stage.control.prices(BTCUSDT="56900")
    real = stage.client.protection

    def told(client_algo_id: str) -> AlgoReport | None:
        report = real(client_algo_id)
        return report and replace(report, status=AlgoStatus.FINISHED, order_id=order_id)

    monkeypatch.setattr(stage.client, "protection", told)


def test_a_stop_that_found_nothing_to_close_after_a_close_by_hand_is_over(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(stage, stop="57000", target="66000")
    quiet(stage)
    finished(stage, monkeypatch, "999999999")
    stage.sync()
    assert stage.holdings(), "its order may only not be listed yet"
    stage.sync()
    assert not stage.holdings() and "closed_by_hand" in events(stage) and "stop_fired" not in events(stage)
    monkeypatch.undo()
    stage.cycle()
    assert not stage.resting()


def test_a_stop_whose_fills_the_trades_lack_waits_for_them(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(stage, stop="57000")
    quiet(stage)
    stage.control.prices(BTCUSDT="56900")
    with monkeypatch.context() as lagging:
        lagging.setattr(stage.client, "trades", lambda symbol, since: ())
        stage.sync()
        stage.sync()
    assert stage.holdings()
    stage.sync()
    assert not stage.holdings() and "stop_fired" in events(stage)
