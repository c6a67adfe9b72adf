"""A lost close beside a person's own share: it is sent again only once the position shows that it did nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.flattening import Flatten
from nof1web.core.trading import Side
from nof1web.services import doubts, flattening, sent_again
from nof1web.services.dating import signed_at, there
from tests.services.deaths import fault, fills
from tests.services.stage import Stage, a_position, opened
from tests.services.test_late_fills import given_up, told
from tests.services.test_trouble import by_hand

D = Decimal
PERSONS = {"BTCUSDT": D("0.01")}
HELD = D("0.01")


def lost(stage: Stage, monkeypatch: pytest.MonkeyPatch, *, executed: bool, beside: bool = True) -> None:
    """The close of 0.01 BTC loses its answer, executed or not, and is taken for absent while every list lags."""
    if beside:
        by_hand(stage, Side.BUY, "0.01")
    opened(stage)
    stage.sync()
    stage.skew = timedelta(seconds=20)
    stage.sync()
    stage.agent("deepseek", a_position(quantity="0"))
    fault(stage, "timeout_1007", "/fapi/v1/order", executed=executed)
    stage.cycle()
    given_up(stage, monkeypatch)


@contextmanager
def nothing_listed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the exchange show no trades and no orders in the meantime; it takes orders."""
    with monkeypatch.context() as lagging:
        for what in ("trades", "orders"):
            lagging.setattr(stage.client, what, lambda symbol, first: ())
        yield


def goes_on(stage: Stage, *, seconds: int = 30) -> None:
    """Cycles, each after the sync that is due."""
    for _ in range(seconds // 6):
        stage.skew += timedelta(seconds=6)
        stage.sync()
        stage.cycle()


def test_a_close_that_was_executed_unseen_takes_nothing_of_a_persons_share(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost(stage, monkeypatch, executed=True)
    with nothing_listed(stage, monkeypatch):
        goes_on(stage, seconds=90)
    assert stage.live() == PERSONS and stage.holdings() and "order_unknown" in told(stage)
    goes_on(stage, seconds=6)
    assert stage.live() == PERSONS and not stage.holdings() and "unknown_ours" not in told(stage)


def test_a_close_that_was_not_executed_is_sent_again_after_two_readings(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost(stage, monkeypatch, executed=False)
    for seconds in (0, 10, 1):
        stage.skew += timedelta(seconds=seconds)
        stage.cycle()
        assert stage.holdings()
    stage.skew += timedelta(seconds=5)
    stage.cycle()
    assert stage.live() == PERSONS and not stage.holdings()


@pytest.mark.parametrize("side", [Side.SELL, Side.BUY])
def test_what_a_person_trades_meanwhile_is_told_apart_from_the_lost_close(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, side: Side
) -> None:
    lost(stage, monkeypatch, executed=False)
    by_hand(stage, side, "0.004")
    goes_on(stage)
    assert fills(stage)[-1] == -HELD and not stage.holdings()


def test_what_a_person_buys_hides_no_close_that_was_executed_unseen(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost(stage, monkeypatch, executed=True)
    by_hand(stage, Side.BUY, "0.01")
    with monkeypatch.context() as lagging:
        real = stage.client.trades
        lagging.setattr(
            stage.client, "trades", lambda *asked: tuple(each for each in real(*asked) if each.side is Side.BUY)
        )
        goes_on(stage, seconds=90)
    assert stage.live() == {"BTCUSDT": D("0.02")} and stage.holdings()


def test_in_hedge_mode_the_other_side_proves_nothing(hedge_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = hedge_stage

    def trades(side: str, position: str) -> None:
        order = {"symbol": "BTCUSDT", "side": side, "positionSide": position, "type": "MARKET", "quantity": "0.01"}
        stage.control.post("/sim/orders", account_id=stage.account_id, place=order)

    trades("BUY", "LONG")
    lost(stage, monkeypatch, executed=True, beside=False)
    trades("SELL", "SHORT")
    real = stage.client.trades
    with monkeypatch.context() as lagging:
        lagging.setattr(stage.client, "trades", lambda *asked: real(*asked)[-1:])
        goes_on(stage)
    assert fills(stage) == [D("0.01"), D("0.01"), D("-0.01"), D("-0.01")]


def test_without_a_foreign_share_a_close_is_sent_again_at_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost(stage, monkeypatch, executed=False, beside=False)
    stage.skew += timedelta(seconds=2)
    stage.cycle()
    assert not stage.live() and not stage.holdings()


@pytest.mark.parametrize("everything", [False, True])
def test_a_flatten_waits_like_any_exit_unless_it_ends_the_persons_share_too(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, everything: bool
) -> None:
    lost(stage, monkeypatch, executed=True)
    stage.skew += timedelta(seconds=12)
    stage.store.flattens.add(Flatten("f_1", "c_1", "", "", everything, "me", stage.now()))
    with nothing_listed(stage, monkeypatch):
        for _ in range(3):
            stage.skew += timedelta(seconds=5)
            flattening.run(stage.ports(), "f_1")
    assert stage.live() == ({} if everything else PERSONS)


def test_no_doubt_is_left_where_nothing_is_held(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    lost(stage, monkeypatch, executed=False)
    by_hand(stage, Side.SELL, "0.02")
    stage.store.journal._file.change("UPDATE intents SET timestamp_ms = timestamp_ms - 30000")  # type: ignore[attr-defined]
    goes_on(stage)
    assert not stage.holdings() and not stage.store.halts.reconcile_due("c_1")


def test_what_a_person_bought_just_before_the_reading_delays_a_close_by_a_minute_at_most(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By clocks that differ, what the reading shows came after it.
    monkeypatch.setattr(doubts, "there", lambda ports, at: there(ports, at) - timedelta(seconds=90))
    lost(stage, monkeypatch, executed=False)
    goes_on(stage)
    assert stage.holdings()
    goes_on(stage, seconds=48)
    assert stage.live() == PERSONS and not stage.holdings()


@pytest.mark.parametrize("executed", [False, True])
def test_what_a_person_sold_just_before_the_reading_hides_no_close_that_was_executed_unseen(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, executed: bool
) -> None:
    # By clocks that differ, the sale that the reading shows came after it.
    monkeypatch.setattr(doubts, "there", lambda ports, at: there(ports, at) - timedelta(seconds=90))
    by_hand(stage, Side.BUY, "0.02")
    by_hand(stage, Side.SELL, "0.01")
    lost(stage, monkeypatch, executed=executed, beside=False)
    real = stage.client.trades
    with monkeypatch.context() as lagging:
        lagging.setattr(stage.client, "trades", lambda *asked: real(*asked)[:-1] if executed else real(*asked))
        goes_on(stage, seconds=90)
    assert stage.live() == PERSONS and bool(stage.holdings()) is executed


def test_what_was_bought_before_the_close_holds_it_back_for_a_minute_even_where_clocks_put_it_after(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The clock of the exchange's door is behind the one that dates its trades.
    monkeypatch.setattr(doubts, "there", lambda ports, at: there(ports, at) - timedelta(seconds=90))
    monkeypatch.setattr(sent_again, "signed_at", lambda intent: signed_at(intent) - timedelta(seconds=90))
    by_hand(stage, Side.BUY, "0.004")
    lost(stage, monkeypatch, executed=False, beside=False)
    goes_on(stage, seconds=78)
    assert stage.live() == {"BTCUSDT": D("0.004")} and not stage.holdings()
