"""An order that turns up late beside what was done of its change already, or whose fills are listed one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from nof1web.core.flattening import Flatten
from nof1web.core.records import IntentStatus
from nof1web.core.trading import Fill, Side
from nof1web.services import flattening
from tests.services.deaths import fault, fills
from tests.services.stage import Stage, a_position, opened
from tests.services.test_late_fills import given_up, increased, told
from tests.services.test_trouble import by_hand

D = Decimal


def beside_somebodys(stage: Stage) -> None:
    """0.01 BTC of a person's own, and 0.01 copied; then the agent closes."""
    by_hand(stage, Side.BUY, "0.01")
    opened(stage, stop="57000")
    stage.sync()
    stage.cycle()
    stage.skew = timedelta(seconds=20)
    stage.sync()
    stage.agent("deepseek", a_position(quantity="0", stop="57000"))


def calm(stage: Stage) -> None:
    for _ in range(4):
        stage.skew += timedelta(seconds=12)
        stage.sync()
        stage.cycle()


def in_halves(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each trade be listed as two; the second of the newest not yet in the next sync."""
    real = stage.client.trades

    def halves(symbol: str, since: datetime) -> tuple[Fill, ...]:
        halved = [replace(each, quantity=each.quantity / 2) for each in real(symbol, since)]
        return tuple(part for each in halved for part in (each, replace(each, trade_id=f"{each.trade_id}9")))

    with monkeypatch.context() as lagging:
        lagging.setattr(stage.client, "trades", lambda *asked: halves(*asked)[:-1])
        assert stage.sync()["adopted"] == 0
    monkeypatch.setattr(stage.client, "trades", halves)


@pytest.mark.parametrize("closes", [False, True], ids=["a top-up", "the rest of a close"])
def test_what_completes_a_change_that_was_executed_in_part_is_held(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, closes: bool
) -> None:
    if closes:
        beside_somebodys(stage)
    else:
        stage.follow(max_signal_age="900")
        stage.sync()
        stage.agent("deepseek", a_position(stop="57000"))
    fault(stage, "partial", "/fapi/v1/order", share="0.3")
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    given_up(stage, monkeypatch)
    calm(stage)
    part, rest = (D("-0.003"), D("-0.007")) if closes else (D("0.003"), D("0.007"))
    assert fills(stage)[-2:] == [part, rest] and stage.live() == {"BTCUSDT": D("0.01")}
    assert stage.holdings() == ({} if closes else stage.live()) and "unknown_ours" not in told(stage)


def test_an_entry_whose_fills_are_listed_in_part_is_held_as_a_whole_once_all_are(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.follow(max_signal_age="900")
    stage.sync()
    stage.agent("deepseek", a_position(stop="57000"))
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    given_up(stage, monkeypatch)
    in_halves(stage, monkeypatch)
    calm(stage)
    assert fills(stage) == [D("0.01")] and stage.holdings() == stage.live() == {"BTCUSDT": D("0.01")}
    assert sum(quantity for _, _, quantity in stage.legs()) == D("0.01")


def test_a_close_whose_fills_are_listed_in_part_takes_nothing_of_somebodys(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside_somebodys(stage)
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    given_up(stage, monkeypatch)
    in_halves(stage, monkeypatch)
    calm(stage)
    assert stage.live() == {"BTCUSDT": D("0.01")} and not stage.holdings()


@pytest.mark.parametrize("closes", [False, True], ids=["an entry", "a close"])
def test_an_order_is_known_however_often_its_change_was_tried(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, closes: bool
) -> None:
    if closes:
        beside_somebodys(stage)
    else:
        stage.follow(max_signal_age="900")
        stage.sync()
        stage.agent("deepseek", a_position(stop="57000"))
    fault(stage, "reject", "/fapi/v1/order", code=-1001 if closes else -2019, count=8)
    fault(stage, "lose_answer", "/fapi/v1/order")
    for _ in range(9):
        stage.skew += timedelta(seconds=16)
        stage.cycle()
    assert stage.store.journal.intents("c_1", limit=1)[0].attempt == 8
    given_up(stage, monkeypatch)
    calm(stage)
    assert stage.live() == {"BTCUSDT": D("0.01")} and stage.holdings() == ({} if closes else stage.live())


def test_an_order_that_flattened_somebodys_own_share_is_settled_and_stops_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside_somebodys(stage)
    stage.store.flattens.add(Flatten("f_1", "c_1", "", "", True, "me", stage.now()))
    fault(stage, "lose_answer", "/fapi/v1/order")
    flattening.run(stage.ports(), "f_1")
    late = next(each for each in stage.store.journal.unresolved("c_1"))
    with stage.store.transaction():
        gone = replace(late, status=IntentStatus.ABSENT, tracker_id="", settled_at=stage.now())
        stage.store.journal.update(gone)
    stage.sync()
    found = stage.store.journal.intent_of(late.client_order_id)
    assert found is not None and found.executed == late.quantity and "unknown_ours" not in told(stage)


def test_a_late_order_of_a_tracker_that_is_gone_stops_entries_in_its_symbol(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    increased(stage, monkeypatch)
    with stage.store.transaction():
        stage.store.trackers.remove("t_deepseek")
    stage.follow("grok")
    stage.agent("grok", a_position())
    stage.sync()
    assert "BTCUSDT" in stage.store.halts.stopped_symbols("c_1") and "unknown_ours" in told(stage)
