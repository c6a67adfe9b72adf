"""An order that turns up after it was given up: its fills are taken over, and nothing stands still for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.flattening import Flatten
from nof1web.core.records import EpochState, IntentStatus
from nof1web.core.trading import OrderRequest, PositionSide, Side
from nof1web.services import flattening
from nof1web.services.sending import settle
from nof1web.services.settling import settle_unresolved
from tests.services.deaths import fault, fills
from tests.services.stage import Stage, a_position, opened

D = Decimal
ETH = a_position("ETHUSDT", "1", "3000", oid="77")


@contextmanager
def reads_that_lag(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Past the order's deadline, while neither it nor its trades are shown yet."""
    later = stage.client.server_ms() + 10_000
    with monkeypatch.context() as lagging:
        lagging.setattr(stage.client, "server_ms", lambda: later)
        lagging.setattr(stage.client, "order", lambda symbol, client_order_id: None)
        lagging.setattr(stage.client, "trades", lambda symbol, since: ())
        yield


def given_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order without an answer is proven absent, though it was executed."""
    with reads_that_lag(stage, monkeypatch):
        for seconds in (0, 3):
            stage.skew += timedelta(seconds=seconds)
            settle_unresolved(stage.ports())
    assert stage.store.journal.intents("c_1", limit=1)[0].status is IntentStatus.ABSENT


def increased(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """An increase of BTC from 0.01 to 0.02 is executed and given up."""
    opened(stage)
    stage.sync()
    stage.agent("deepseek", a_position(quantity="0.2"), ETH)
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    given_up(stage, monkeypatch)


def told(stage: Stage) -> list[str]:
    return [event.kind for event in stage.store.chronicle.events(limit=200)]


def test_an_increase_that_turns_up_after_it_was_absent_is_held(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    increased(stage, monkeypatch)
    assert stage.sync()["adopted"] == 1
    assert stage.holdings() == stage.live() and stage.holdings()["BTCUSDT"] == D("0.02")
    late = next(each for each in stage.store.journal.intents("c_1") if each.symbol == "BTCUSDT")
    assert (late.status, late.executed, late.priced) == (IntentStatus.FILLED, D("0.01"), True)
    stage.skew = timedelta(seconds=20)
    stage.agent("deepseek", a_position(quantity="0"), a_position("ETHUSDT", "0", "3000", oid="77"))
    stage.cycle()
    assert not stage.live() and not stage.holdings()


def test_an_entry_that_turns_up_after_its_window_takes_its_part_of_the_budget(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.follow(max_signal_age="5")
    stage.sync()
    stage.agent("deepseek", a_position())
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    given_up(stage, monkeypatch)
    epoch = stage.store.trackers.epochs("c_1", symbol="BTCUSDT", since=stage.now() - timedelta(days=1))[0]
    with stage.store.transaction():
        stage.store.trackers.put_epoch(replace(epoch, state=EpochState.MISSED, allocation=D(0)))
    stage.sync()
    (held,) = stage.store.trackers.epochs("c_1")
    assert held.quantity == D("0.01") and held.allocation == D("0.01") * (held.entry_price or 0) / held.leverage
    stage.agent("deepseek", a_position(quantity="0"))
    stage.cycle()
    assert not stage.live() and not stage.holdings()


def test_an_order_that_was_recorded_as_refused_is_held_too(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    increased(stage, monkeypatch)
    late = stage.store.journal.intents("c_1", limit=1)[0]
    with stage.store.transaction():
        stage.store.journal.update(replace(late, status=IntentStatus.REJECTED, exchange_code=-2019))
    stage.sync()
    assert stage.holdings() == stage.live() == {"BTCUSDT": D("0.02")}


def test_an_increase_that_turns_up_after_it_was_sent_again_stops_entries_in_its_symbol_alone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    increased(stage, monkeypatch)
    first, at = stage.store.journal.intents("c_1", limit=1)[0], stage.client.server_ms()
    request = OrderRequest("second", "BTCUSDT", Side.BUY, PositionSide.BOTH, first.quantity, False, at)
    second = replace(first, attempt=1, client_order_id="second", status=IntentStatus.UNKNOWN)
    report = stage.client.place(request)
    with stage.store.transaction():
        stage.store.journal.write(second)
    settle(stage.ports(), second, report)
    stage.sync()
    assert "unknown_ours" in told(stage) and "BTCUSDT" in stage.store.halts.stopped_symbols("c_1")
    stage.cycle()
    stage.agent("deepseek", a_position(quantity="0"), ETH)
    stage.cycle()
    assert "BTCUSDT" not in stage.holdings() and stage.holdings()["ETHUSDT"] == D("0.1")


def test_a_flatten_closes_what_turned_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    increased(stage, monkeypatch)
    stage.store.flattens.add(Flatten("f_1", "c_1", "", "", True, "me", stage.now()))
    flattening.run(stage.ports(), "f_1")
    assert not stage.live() and fills(stage)[-1] == D("-0.02")


def test_a_late_close_of_more_than_is_held_stops_entries_and_turns_no_holding_round(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(stage)
    stage.sync()
    stage.agent("deepseek", a_position(quantity="0"))
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    given_up(stage, monkeypatch)
    epoch = stage.store.trackers.epochs("c_1")[0]
    with stage.store.transaction():
        stage.store.trackers.put_epoch(replace(epoch, quantity=D("0.004")))
    stage.sync()
    assert "BTCUSDT" in stage.store.halts.stopped_symbols("c_1") and stage.holdings().get("BTCUSDT", D(0)) >= 0
