"""Rule 8 against the built-in exchange: by hand, beside a foreign share, without evidence, while a query fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.records import Epoch, EpochState
from nof1web.core.trading import Fill, OrderRequest, PositionSide, Side
from nof1web.errors import ExchangeError
from nof1web.services import surveying
from nof1web.services.ids import client_order_id
from nof1web.services.surveying import survey
from tests.services.stage import Stage, opened
from tests.services.test_trouble import by_hand, fault


def the_epoch(stage: Stage) -> Epoch:
    found = stage.store.trackers.epoch("t_deepseek", "BTCUSDT", "1001")
    assert found is not None
    return found


def quiet(stage: Stage) -> None:
    """Let the own orders have been settled long ago, and read the account."""
    for intent in stage.store.journal.intents("c_1"):
        at = stage.now() - timedelta(seconds=30)
        stage.store.journal.update(replace(intent, settled_at=at))
    stage.store.journal._file.change("UPDATE intents SET timestamp_ms = timestamp_ms - 30000")  # type: ignore[attr-defined]
    stage.sync()


def events(stage: Stage) -> list[str]:
    return [event.kind for event in stage.store.chronicle.events()]


def test_half_closed_by_hand_the_rest_still_follows_the_agent(stage: Stage) -> None:
    opened(stage)
    quiet(stage)
    by_hand(stage, Side.SELL, "0.004")
    stage.sync()
    assert stage.holdings() == stage.live() == {"BTCUSDT": Decimal("0.006")}
    assert the_epoch(stage).state is EpochState.DONE and events(stage)[0] == "reduced_by_hand"


def test_a_foreign_share_is_reduced_before_the_holding(stage: Stage) -> None:
    opened(stage)
    by_hand(stage, Side.BUY, "0.005")
    quiet(stage)
    by_hand(stage, Side.SELL, "0.003")
    stage.sync()
    assert stage.holdings() == {"BTCUSDT": Decimal("0.010")} and the_epoch(stage).state is EpochState.LIVE
    by_hand(stage, Side.SELL, "0.004")
    stage.sync()
    assert stage.holdings() == stage.live() == {"BTCUSDT": Decimal("0.008")}
    assert the_epoch(stage).state is EpochState.DONE


def test_a_trade_explains_only_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(stage)
    by_hand(stage, Side.BUY, "0.005")
    quiet(stage)
    by_hand(stage, Side.SELL, "0.005")
    stage.sync()
    with monkeypatch.context() as lagging:
        lagging.setattr(stage.client, "positions", lambda symbol=None: ())
        stage.sync()
    assert stage.holdings() == {"BTCUSDT": Decimal("0.010")}


def no_trades(symbol: str, since: object) -> tuple[Fill, ...]:
    return ()


def test_without_evidence_two_readings_must_agree(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(stage)
    quiet(stage)
    by_hand(stage, Side.SELL, "0.01")
    monkeypatch.setattr(stage.client, "trades", no_trades)
    stage.skew = timedelta(seconds=20)
    stage.sync()
    assert stage.holdings(), "one reading proves nothing"
    stage.skew = timedelta(seconds=21)
    stage.sync()
    assert stage.holdings(), "nor do two at once"
    stage.skew = timedelta(seconds=24)
    stage.sync()
    assert not stage.holdings() and the_epoch(stage).state is EpochState.DONE and events(stage)[0] == "position_gone"
    assert stage.cycle()["orders"] == []


def test_a_failed_query_proves_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(stage)
    quiet(stage)
    by_hand(stage, Side.SELL, "0.01")
    for seconds in (20, 30, 40):
        stage.skew = timedelta(seconds=seconds)
        fault(stage, "/fapi/v1/userTrades", "GET", "reject", code=-1001)
        stage.sync()
        assert stage.holdings() and the_epoch(stage).state is EpochState.LIVE
    stage.sync()
    assert not stage.holdings() and "closed_by_hand" in events(stage)


def test_a_stop_that_is_gone_is_waited_for_before_anything_else_is_believed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(stage, stop="57000")
    quiet(stage)
    stage.control.prices(BTCUSDT="56900")
    with monkeypatch.context() as blind:
        blind.setattr(stage.client, "trades", no_trades)
        for seconds in (20, 30, 40):
            stage.skew = timedelta(seconds=seconds)
            stage.sync()
    assert stage.holdings(), "the fills of the stop are not shown yet"
    stage.sync()
    assert not stage.holdings() and the_epoch(stage).state is EpochState.STOPPED


def test_old_trades_by_hand_prove_no_reading_that_is_wrong_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(stage)
    by_hand(stage, Side.BUY, "0.01")
    by_hand(stage, Side.SELL, "0.01")
    real = stage.client.server_ms
    monkeypatch.setattr(stage.client, "server_ms", lambda: real() + int(stage.skew.total_seconds() * 1000))
    for seconds in (60, 120):
        stage.skew = timedelta(seconds=seconds)
        stage.sync()
    with monkeypatch.context() as glitch:
        glitch.setattr(surveying, "survey", lambda *asked, **more: (survey(*asked, **more)[0], ()))
        stage.skew = timedelta(hours=1)
        stage.sync()
    assert stage.holdings() == stage.live() == {"BTCUSDT": Decimal("0.01")}


def test_an_order_with_our_mark_takes_nothing_of_a_foreign_share_first(stage: Stage) -> None:
    by_hand(stage, Side.BUY, "0.01")
    opened(stage)
    quiet(stage)
    now, lost = stage.client.server_ms(), client_order_id("test", "t_gone", "77", 0, 0)
    stage.client.place(OrderRequest(lost, "BTCUSDT", Side.SELL, PositionSide.BOTH, Decimal("0.004"), True, now))
    stage.sync()
    assert stage.holdings() == {"BTCUSDT": Decimal("0.006")} and events(stage)[0] == "closed_by_own_order"


def test_right_after_an_own_fill_nothing_is_concluded(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(stage)
    monkeypatch.setattr(stage.client, "positions", lambda symbol=None: ())
    stage.sync()
    stage.skew = timedelta(seconds=5)
    stage.sync()
    assert stage.holdings() and the_epoch(stage).state is EpochState.LIVE


def test_in_hedge_mode_the_other_side_says_nothing_of_the_holding(hedge_stage: Stage) -> None:
    opened(hedge_stage)
    quiet(hedge_stage)
    now = hedge_stage.client.server_ms()
    short = OrderRequest(f"hand{now}", "BTCUSDT", Side.SELL, PositionSide.SHORT, Decimal("0.02"), False, now)
    hedge_stage.client.place(short)
    hedge_stage.sync()
    assert hedge_stage.holdings() == {"BTCUSDT": Decimal("0.010")}
    assert the_epoch(hedge_stage).state is EpochState.LIVE


def test_a_refused_key_is_no_missing_evidence(stage: Stage) -> None:
    opened(stage)
    quiet(stage)
    by_hand(stage, Side.SELL, "0.01")
    fault(stage, "/fapi/v1/userTrades", "GET", "reject", code=-2015)
    with pytest.raises(ExchangeError):
        stage.sync()
    assert stage.holdings()
