"""A backup was restored between the parts of one decision: they count together, and what rests is what is known."""

from __future__ import annotations

from decimal import Decimal

from nof1web.core.trading import Leg
from tests.services.backups import restored, saved
from tests.services.deaths import fault
from tests.services.stage import Stage, a_position, opened
from tests.services.test_explaining import quiet
from tests.services.test_reconciling import sent
from tests.services.test_restored_backups import later

D = Decimal


def test_an_opening_filled_in_two_orders_is_adopted_as_one_decision(stage: Stage) -> None:
    stage.follow()
    stage.sync()
    copy = saved(stage)
    stage.agent("deepseek", a_position())
    fault(stage, "partial", "/fapi/v1/order", share="0.3")
    stage.cycle()
    assert sent(stage) == 2 and stage.live() == {"BTCUSDT": D("0.01")}
    restored(stage, copy)
    stage.agent("deepseek", a_position())
    with stage.store.transaction():
        stage.store.halts.ask_reconcile("c_1", stage.now())
    assert stage.sync()["adopted"] == 2
    later(stage)
    assert sent(stage) == 2 and stage.holdings() == stage.live() == {"BTCUSDT": D("0.01")}


def test_a_stop_under_an_older_ones_id_is_known_as_it_rests_and_replaced(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position(quantity="0.2"))
    stage.cycle()
    copy = saved(stage)
    stage.agent("deepseek", a_position(quantity="0.2", stop="57000"))
    stage.cycle()
    restored(stage, copy)
    stage.agent("deepseek", a_position(quantity="0.2", stop="56000"))
    for _ in range(4):
        stage.cycle()
    (stop,) = (each for each in stage.store.journal.protections("c_1") if each.leg is Leg.STOP)
    (rests,) = (each for each in stage.client.protections("BTCUSDT"))
    assert (stop.trigger, stop.client_algo_id) == (D(56000), rests.client_algo_id) and rests.trigger == D(56000)


def test_a_lost_increase_is_not_taken_for_the_close_that_got_its_id(stage: Stage) -> None:
    opened(stage)
    quiet(stage)
    copy = saved(stage)
    stage.agent("deepseek", a_position(quantity="0.2"))
    stage.cycle()
    assert stage.live() == {"BTCUSDT": D("0.02")}
    restored(stage, copy)
    stage.agent("deepseek", a_position(quantity="0"))
    fault(stage, "reject", "/fapi/v1/order", code=-4131)
    stage.cycle()
    stage.sync()
    assert stage.holdings() == {"BTCUSDT": D("0.01")} and "BTCUSDT" in stage.store.halts.stopped_symbols("c_1")
