"""Reconcile: what the account shows beyond what is believed is recognised, and never sent a second time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.records import EpochState
from nof1web.core.trading import AlgoRequest, Leg, OrderRequest, PositionSide, Side
from nof1web.services import halting
from nof1web.services.claiming import first_claim
from nof1web.services.ids import client_order_id
from tests.services.backups import copied_and_forgotten, restored, saved
from tests.services.site import Site
from tests.services.stage import USER, Stage, a_position, opened
from tests.services.test_explaining import events, quiet, the_epoch
from tests.services.test_trouble import by_hand, fault

D = Decimal


def sent(stage: Stage) -> int:
    return len(stage.control.account(stage.account_id)["orders"])


def algo(stage: Stage, client_id: str, trigger: str, quantity: str = "0.01") -> None:
    """Rest a stop on the exchange under any id."""
    stage.client.place_protection(
        AlgoRequest(client_id, "BTCUSDT", Leg.STOP, Side.SELL, PositionSide.BOTH, D(quantity), D(trigger))
    )


def placed(stage: Stage, client_id: str, side: Side = Side.BUY, quantity: str = "0.01") -> None:
    """Trade on the exchange under any id."""
    now = stage.client.server_ms()
    stage.client.place(OrderRequest(client_id, "BTCUSDT", side, PositionSide.BOTH, D(quantity), False, now))


def test_a_database_three_orders_old_adopts_them_and_repeats_none(stage: Stage) -> None:
    opened(stage, stop="57000")
    quiet(stage)
    copy = saved(stage)
    eth = a_position("ETHUSDT", "2", "3000", oid="2")
    for bitcoin in ("0.2", "0.15"):
        stage.agent("deepseek", a_position(quantity=bitcoin, stop="57000"), eth)
        stage.cycle()
    live, orders, legs = stage.live(), sent(stage), stage.legs()
    assert orders == 4 and live == {"BTCUSDT": D("0.015"), "ETHUSDT": D("0.2")}
    restored(stage, copy)
    assert stage.sync()["adopted"] == 3 and stage.holdings() == live
    for seconds in (10, 20, 30):
        stage.skew = timedelta(seconds=seconds)
        stage.agent("deepseek", a_position(quantity="0.15", stop="57000"), eth)
        stage.cycle()
        stage.sync()
    assert sent(stage) == orders and stage.holdings() == stage.live() == live and stage.legs() == legs
    assert len(stage.store.journal.protections("c_1")) == 1 and not stage.store.halts.stopped_symbols("c_1")
    stage.agent("deepseek", a_position(quantity="0"), a_position("ETHUSDT", "0", "3000", oid="2"))
    stage.cycle()
    assert not stage.live() and not stage.resting()


def test_a_lost_close_is_adopted_and_not_taken_for_somebodys_hand(stage: Stage) -> None:
    opened(stage)
    copied_and_forgotten(stage, a_position(quantity="0"))
    stage.sync()
    assert not stage.holdings() and the_epoch(stage).state is EpochState.CLOSED
    assert "adopted" in events(stage) and "closed_by_hand" not in events(stage)


def test_a_stop_that_fired_after_the_backup_is_told_as_a_stop(stage: Stage) -> None:
    opened(stage)
    quiet(stage)
    copy = saved(stage)
    stage.agent("deepseek", a_position(stop="57000", target="66000"))
    stage.cycle()
    stage.control.prices(BTCUSDT="56900")
    restored(stage, copy)
    stage.sync()
    assert not stage.holdings() and the_epoch(stage).state is EpochState.STOPPED and "stop_fired" in events(stage)


@pytest.mark.parametrize("code", ["abcd", "test"], ids=["another installation's", "ours without a match"])
def test_an_id_nothing_explains_stops_entries_in_its_symbol_until_a_person_resumes(stage: Stage, code: str) -> None:
    opened(stage)
    quiet(stage)
    placed(stage, client_order_id(code, "t_gone", "77", 0, 0))
    stage.sync()
    stage.agent("deepseek", a_position(quantity="0.3"), a_position("ETHUSDT", "2", "3000", oid="2"))
    verdicts = {each["symbol"]: each["code"] for each in stage.cycle()["verdicts"]}
    assert verdicts == {"BTCUSDT": "symbol_stopped", "ETHUSDT": "open"} and stage.holdings()["BTCUSDT"] == D("0.01")
    assert len([kind for kind in events(stage) if kind.startswith("unknown_")]) == 1
    site = Site(stage)
    halting.change(site, USER, "c_1", "pause")
    halting.change(site, USER, "c_1", "resume")
    stage.cycle()
    assert stage.holdings()["BTCUSDT"] > D("0.01")


def test_what_is_added_by_hand_is_told_and_stays_the_persons(stage: Stage) -> None:
    opened(stage)
    quiet(stage)
    by_hand(stage, Side.BUY, "0.004")
    stage.sync()
    stage.sync()
    assert events(stage).count("added_by_hand") == 1 and stage.holdings() == {"BTCUSDT": D("0.01")}
    stage.agent("deepseek", a_position(quantity="0"))
    stage.cycle()
    assert stage.live() == {"BTCUSDT": D("0.004")}


def test_a_liquidation_is_told_as_one(stage: Stage) -> None:
    stage.follow(total_margin="9500", max_leverage="100", margin_mode="ISOLATED")
    stage.agent("deepseek", a_position(quantity="0.1", leverage=50))
    stage.cycle()
    quiet(stage)
    stage.control.prices(BTCUSDT="57000")
    stage.sync()
    assert not stage.live() and not stage.holdings() and the_epoch(stage).state is EpochState.DONE
    assert "liquidated" in events(stage) and "closed_by_hand" not in events(stage)


def test_somebody_elses_stop_is_told_once_and_left_alone(stage: Stage) -> None:
    opened(stage, stop="57000")
    algo(stage, "mine-by-hand", "55000")
    for _ in range(2):
        stage.sync()
        stage.cycle()
    assert events(stage).count("foreign_protection") == 1 and len(stage.resting()) == 2


def test_a_stop_that_was_cancelled_by_hand_is_told_and_placed_again(stage: Stage) -> None:
    opened(stage, stop="57000")
    stage.client.cancel_protection(stage.resting()[0]["clientAlgoId"])
    stage.sync()
    stage.cycle()
    assert "protection_missing" in events(stage) and stage.legs() == [("STOP_MARKET", D("57000"), D("0.01"))]


def test_while_the_orders_cannot_be_asked_for_nothing_is_concluded(stage: Stage) -> None:
    opened(stage)
    quiet(stage)
    by_hand(stage, Side.SELL, "0.01")
    fault(stage, "/fapi/v1/allOrders", "GET", "reject", code=-1001)
    stage.sync()
    assert stage.holdings() and the_epoch(stage).state is EpochState.LIVE
    stage.sync()
    assert not stage.holdings() and "closed_by_hand" in events(stage)


def test_positions_that_lag_behind_our_fill_change_nothing_and_the_stop_is_placed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.follow()
    stage.agent("deepseek", a_position(stop="57000"))
    with monkeypatch.context() as lagging:
        lagging.setattr(stage.client, "positions", lambda symbol=None: ())
        for seconds in range(4):
            stage.skew = timedelta(seconds=seconds)
            stage.cycle()
            stage.sync()
    assert stage.holdings() == {"BTCUSDT": D("0.01")} and stage.legs() == [("STOP_MARKET", D("57000"), D("0.01"))]
    stage.sync()
    assert stage.cycle()["orders"] == [] and the_epoch(stage).state is EpochState.LIVE


def test_a_stop_rejected_five_times_alarms_and_follows_the_policy(stage: Stage) -> None:
    stage.follow(unprotected="close")
    stage.agent("deepseek", a_position(stop="57000"))
    fault(stage, "/fapi/v1/algoOrder", "POST", "reject", code=-4131, count=9)
    for turn in range(6):
        stage.skew = timedelta(seconds=70 * turn)
        stage.agent("deepseek", a_position(stop="57000"))
        stage.cycle()
    stage.control.post("/sim/faults", clear=True)
    assert {"unprotected", "closed_unprotected"} <= set(events(stage)) and not stage.live()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("cycles", [50, pytest.param(1000, marks=pytest.mark.long)])
def test_a_manual_order_and_position_on_a_followed_symbol_survive_every_cycle(
    stage: Stage, cycles: int, record_property: Callable[[str, object], None]
) -> None:
    opened(stage, stop="57000")
    by_hand(stage, Side.BUY, "0.5")
    algo(stage, "mine-by-hand", "50000", "0.5")
    for turn in range(cycles):
        quantity = ("0.1", "0.2", "0.05")[turn % 3]
        stage.skew = timedelta(seconds=2 * turn)
        stage.agent("deepseek", a_position(quantity=quantity, stop=("57000", "56000")[turn % 2]))
        stage.cycle()
        if turn % 10 == 0:
            stage.sync()
    stage.agent("deepseek", a_position(quantity="0"))
    stage.cycle()
    assert stage.live() == {"BTCUSDT": D("0.5")} and stage.legs() == [("STOP_MARKET", D("50000"), D("0.5"))]
    assert len(stage.store.journal.intents("c_1", limit=5000)) > cycles / 2
    record_property("cycles beside a manual order and position, both untouched", cycles)


def test_a_workers_first_claim_reads_the_account_before_any_entry_unless_it_was_read_since(stage: Stage) -> None:
    stage.follow()
    stage.sync()
    assert not first_claim(stage.ports(), stage.now() - timedelta(minutes=1))
    assert first_claim(stage.ports(), stage.now()) and stage.store.halts.reconcile_due("c_1")
    stage.agent("deepseek", a_position())
    fault(stage, "/fapi/v3/account", "GET", "reject", code=-1001)
    assert [each["code"] for each in stage.cycle()["verdicts"]] == ["account_unknown"] and not stage.live()
    stage.cycle()
    assert stage.live() == {"BTCUSDT": D("0.01")} and not stage.store.halts.reconcile_due("c_1")


def test_after_an_order_with_an_unknown_end_the_account_is_read_before_any_entry(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position())
    fault(stage, "/fapi/v1/order", "POST", "lose_answer")
    stage.cycle()
    assert stage.store.halts.reconcile_due("c_1")
    stage.cycle()
    assert not stage.store.halts.reconcile_due("c_1") and stage.holdings() == stage.live()
