"""The lists of trades and orders may be behind a position: what they don't show yet is neither ours nor somebody's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.trading import Side
from tests.services.deaths import fault, fills
from tests.services.stage import Stage, a_position, opened
from tests.services.test_explaining import events, quiet
from tests.services.test_late_fills import ETH, given_up
from tests.services.test_trouble import by_hand

D = Decimal
BTC = {"BTCUSDT": D("0.01")}


@contextmanager
def empty(stage: Stage, monkeypatch: pytest.MonkeyPatch, what: str) -> Iterator[None]:
    """Let the exchange list no trades, or no orders, in the meantime."""
    with monkeypatch.context() as lagging:
        lagging.setattr(stage.client, what, lambda symbol, first: ())
        yield


def lost_entry(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry is executed and given up."""
    stage.follow(max_signal_age="900")
    stage.sync()
    stage.agent("deepseek", a_position(stop="57000"))
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    given_up(stage, monkeypatch)


@pytest.mark.parametrize("syncs", [1, 3])
@pytest.mark.parametrize("what", ["orders", "trades"])
def test_an_entry_the_lists_do_not_show_yet_is_not_sent_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, what: str, syncs: int
) -> None:
    lost_entry(stage, monkeypatch)
    with empty(stage, monkeypatch, what):
        for _ in range(syncs):
            stage.skew += timedelta(seconds=3)
            stage.sync()
            stage.cycle()
            assert stage.store.halts.reconcile_due("c_1")
    stage.cycle()
    assert fills(stage) == [D("0.01")] and stage.holdings() == stage.live() == BTC
    assert stage.legs() == [("STOP_MARKET", D("57000"), D("0.01"))] and "adopted" in events(stage)


@pytest.mark.parametrize("what", ["orders", "trades"])
def test_what_is_never_listed_stops_entries_in_its_symbol_alone_after_a_minute(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    lost_entry(stage, monkeypatch)
    monkeypatch.setattr(stage.client, what, lambda symbol, first: ())
    for seconds in (10, 40, 70):
        stage.skew = timedelta(seconds=seconds)
        stage.sync()
        assert ("BTCUSDT" in stage.store.halts.stopped_symbols("c_1")) == (seconds == 70)
    assert not stage.store.halts.reconcile_due("c_1") and events(stage).count("unknown_unlisted") == 1
    stage.agent("deepseek", a_position(stop="57000"), ETH)
    stage.cycle()
    assert stage.live() == {"BTCUSDT": D("0.01"), "ETHUSDT": D("0.1")} and stage.holdings() == {"ETHUSDT": D("0.1")}


@pytest.mark.parametrize("what", ["orders", "trades"])
def test_what_was_added_by_hand_is_told_once_it_is_listed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    opened(stage)
    quiet(stage)
    by_hand(stage, Side.BUY, "0.004")
    with empty(stage, monkeypatch, what):
        stage.sync()
    assert "added_by_hand" not in events(stage) and stage.store.halts.reconcile_due("c_1")
    stage.sync()
    stage.sync()
    assert events(stage).count("added_by_hand") == 1 and stage.holdings() == BTC
    assert not stage.store.halts.reconcile_due("c_1")


def test_somebodys_buying_and_selling_covers_no_entry_of_ours(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost_entry(stage, monkeypatch)
    ours = stage.client.trades("BTCUSDT", stage.now() - timedelta(hours=1))
    by_hand(stage, Side.BUY, "0.01")
    by_hand(stage, Side.SELL, "0.01")
    real, hidden = stage.client.trades, {each.order_id for each in ours}
    with monkeypatch.context() as lagging:
        lagging.setattr(
            stage.client, "trades", lambda *asked: tuple(each for each in real(*asked) if each.order_id not in hidden)
        )
        stage.sync()
        stage.cycle()
    stage.sync()
    assert stage.holdings() == stage.live() == BTC


def test_in_hedge_mode_the_other_sides_trades_hide_nothing(hedge_stage: Stage) -> None:
    opened(hedge_stage)
    quiet(hedge_stage)
    for side in ("LONG", "SHORT"):
        order = {"symbol": "BTCUSDT", "side": "BUY" if side == "LONG" else "SELL", "positionSide": side}
        hedge_stage.control.post(
            "/sim/orders", account_id=hedge_stage.account_id, place=order | {"type": "MARKET", "quantity": "0.02"}
        )
    hedge_stage.sync()
    assert not hedge_stage.store.halts.reconcile_due("c_1") and "added_by_hand" in events(hedge_stage)
