"""A stop or target that fired unseen, the price back since: a person's own share stays, and nothing is bought back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.trading import Fill, Side
from nof1web.errors import N_, Transient
from tests.services.deaths import fault, fills
from tests.services.stage import Stage, a_position, opened
from tests.services.test_late_fills import told
from tests.services.test_trouble import by_hand

D = Decimal
PERSONS = {"BTCUSDT": D("0.01")}


def fired(stage: Stage, back: str, *, beside: bool) -> None:
    """The stop at 58000 fires after the account was read, and the price is back by the next cycle."""
    stage.store.halts.ask_reconcile("c_1", stage.now())
    if beside:
        by_hand(stage, Side.BUY, "0.01")
    opened(stage, stop="58000")
    stage.skew = timedelta(seconds=15)
    stage.sync()
    stage.control.prices(BTCUSDT="57900")
    stage.control.prices(BTCUSDT=back)
    stage.skew = timedelta(seconds=35)


def goes_on(stage: Stage) -> None:
    """What the queue does next: the sync that was asked for, then a cycle."""
    assert "sync" in stage.queue.asked
    for seconds in (41, 47):
        stage.skew = timedelta(seconds=seconds)
        stage.sync()
        stage.cycle()


def test_a_breached_close_takes_nothing_of_a_person_whose_stop_of_ours_had_fired(stage: Stage) -> None:
    fired(stage, "58500", beside=True)
    stage.agent("deepseek", a_position(stop="59000"))
    stage.cycle()
    assert stage.live() == PERSONS and not stage.holdings() and "stop_fired" in told(stage)


@pytest.mark.parametrize("quantity", ["0.1", "0"])
def test_no_exit_leaves_beside_a_fired_stop_whose_trades_are_not_shown_yet(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, quantity: str
) -> None:
    fired(stage, "58500", beside=True)
    stage.agent("deepseek", a_position(quantity=quantity, stop="59000"))

    def none(symbol: str, since: object) -> tuple[Fill, ...]:
        return ()

    with monkeypatch.context() as lagging:
        lagging.setattr(stage.client, "trades", none)
        stage.cycle()
    goes_on(stage)
    assert stage.live() == PERSONS and not stage.holdings() and not stage.legs()


def test_a_breached_close_does_not_wait_for_an_account_nobody_can_read(stage: Stage) -> None:
    by_hand(stage, Side.BUY, "0.01")
    opened(stage, stop="58000")
    stage.sync()
    stage.skew = timedelta(seconds=20)
    stage.control.prices(BTCUSDT="58500")
    stage.agent("deepseek", a_position(stop="59000"))
    stage.control.post("/sim/faults", kind="reject", path="/fapi/v3/account", code=-1001, count=9)
    stage.cycle()
    stage.control.post("/sim/faults", clear=True)
    assert stage.live() == PERSONS and not stage.holdings()


def test_a_moved_stop_is_not_placed_for_what_the_old_one_has_closed(stage: Stage) -> None:
    fired(stage, "59500", beside=True)
    stage.agent("deepseek", a_position(stop="59000"))
    stage.cycle()
    assert not stage.legs()
    goes_on(stage)
    stage.control.prices(BTCUSDT="58900")
    assert stage.live() == PERSONS and not stage.holdings()


def test_a_stop_that_a_person_cancelled_is_placed_again_where_the_agent_has_it_now(stage: Stage) -> None:
    by_hand(stage, Side.BUY, "0.01")
    opened(stage, stop="58000")
    stage.sync()
    (leg,) = stage.store.journal.protections("c_1")
    stage.client.cancel_protection(leg.client_algo_id)
    stage.skew = timedelta(seconds=35)
    stage.agent("deepseek", a_position(stop="59000"))
    stage.cycle()
    goes_on(stage)
    assert stage.legs() == [("STOP_MARKET", D(59000), D("0.01"))]


def test_an_increase_buys_nothing_back_after_a_stop_that_fired_unseen(stage: Stage) -> None:
    fired(stage, "60000", beside=False)
    stage.agent("deepseek", a_position(quantity="0.2", stop="58000"))
    for seconds in (35, 41, 60):
        stage.skew = timedelta(seconds=seconds)
        stage.cycle()
        stage.sync()
    assert fills(stage) == [D("0.01"), D("-0.01")] and not stage.live() and not stage.legs()


def test_an_increase_waits_while_nobody_can_tell_whether_its_stop_rests(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(stage, stop="58000")
    stage.sync()
    stage.skew = timedelta(seconds=20)
    stage.agent("deepseek", a_position(quantity="0.2", stop="58000"))

    def away(client_algo_id: str) -> None:
        raise Transient(N_("The exchange does not answer."))

    with monkeypatch.context() as silent:
        silent.setattr(stage.client, "protection", away)
        stage.cycle()
    assert stage.holdings() == {"BTCUSDT": D("0.01")}
    stage.cycle()
    assert stage.holdings() == stage.live() == {"BTCUSDT": D("0.02")}


def test_a_lost_stop_is_no_reason_to_hold_back_an_exit(stage: Stage) -> None:
    by_hand(stage, Side.BUY, "0.01")
    opened(stage, stop="58000")
    stage.sync()
    (leg,) = stage.store.journal.protections("c_1")
    stage.client.cancel_protection(leg.client_algo_id)
    fault(stage, "reject", "/fapi/v1/algoOrder", code=-4045, count=9)
    for seconds in (20, 26):
        stage.skew = timedelta(seconds=seconds)
        stage.agent("deepseek", a_position(quantity="0"))
        stage.cycle()
    stage.control.post("/sim/faults", clear=True)
    assert stage.live() == PERSONS and not stage.holdings()
