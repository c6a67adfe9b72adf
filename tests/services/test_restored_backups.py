"""A backup was restored: what was done since is found again, whatever the account looks like by then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from nof1web.core.records import EpochState, IntentStatus, OrderKind
from nof1web.core.trading import Side
from tests.services.backups import copied_and_forgotten, restored, saved
from tests.services.deaths import fault
from tests.services.stage import Stage, a_position, opened
from tests.services.test_explaining import events, quiet
from tests.services.test_reconciling import sent
from tests.services.test_trouble import by_hand

D = Decimal


def later(stage: Stage) -> None:
    """Cycles and syncs of the next minute."""
    for seconds in (10, 20, 30):
        stage.skew = timedelta(seconds=seconds)
        stage.store.journal._file.change("UPDATE intents SET timestamp_ms = timestamp_ms - 10000")  # type: ignore[attr-defined]
        stage.sync()
        stage.cycle()


def test_what_was_opened_after_a_backup_from_before_the_first_sync_is_not_opened_twice(stage: Stage) -> None:
    stage.follow()
    copy = saved(stage)
    stage.agent("deepseek", a_position())
    stage.sync()
    stage.cycle()
    assert sent(stage) == 1
    restored(stage, copy)
    stage.agent("deepseek", a_position())
    assert stage.sync()["adopted"] == 1
    later(stage)
    assert sent(stage) == 1 and stage.holdings() == stage.live() == {"BTCUSDT": D("0.01")}


def test_what_was_opened_and_closed_by_hand_before_anybody_looked_is_not_entered_again(stage: Stage) -> None:
    stage.follow()
    stage.sync()
    copy = saved(stage)
    stage.agent("deepseek", a_position(stop="57000"))
    stage.cycle()
    restored(stage, copy)
    by_hand(stage, Side.SELL, "0.01")
    with stage.store.transaction():
        stage.store.halts.ask_reconcile("c_1", stage.now())
    orders = sent(stage)
    stage.sync()
    later(stage)
    assert sent(stage) == orders and not stage.live() and not stage.holdings() and "closed_by_hand" in events(stage)


def test_a_close_that_is_settled_by_older_fills_has_their_price_fee_and_profit(stage: Stage) -> None:
    opened(stage)
    quiet(stage)
    copy = saved(stage)
    stage.agent("deepseek", a_position(quantity="0"))
    stage.cycle()
    restored(stage, copy)
    fault(stage, "reject", "/fapi/v1/order", code=-2022)
    stage.cycle()
    refused = stage.store.journal.intents("c_1")[0]
    assert refused.status is IntentStatus.REJECTED
    stage.store.journal._file.change(  # type: ignore[attr-defined]
        "UPDATE intents SET timestamp_ms = timestamp_ms + 30000 WHERE client_order_id = ?", (refused.client_order_id,)
    )
    stage.sync()
    close = next(each for each in stage.store.journal.intents("c_1") if each.kind is OrderKind.CLOSE)
    assert close.priced and close.fee and close.realised is not None and not stage.holdings()


def test_a_lost_reduction_of_a_renewed_epoch_takes_the_holding_over(stage: Stage) -> None:
    stage.follow(on_new_entry="rebalance")
    stage.agent("deepseek", a_position(quantity="0.2"))
    stage.cycle()
    quiet(stage)
    copy = saved(stage)
    renewed = a_position(quantity="0.1", oid="2002")
    stage.agent("deepseek", renewed)
    stage.cycle()
    stage.cycle()
    live = stage.live()
    assert sent(stage) == 2 and live["BTCUSDT"] < D("0.02")
    restored(stage, copy)
    stage.agent("deepseek", renewed)
    assert stage.sync()["adopted"] == 1 and stage.holdings() == live
    held = {each.epoch: each for each in stage.store.trackers.epochs("c_1", since=stage.now() - timedelta(days=1))}
    assert {each.state for each in held.values() if not each.quantity} == {EpochState.CLOSED}
    later(stage)
    assert sent(stage) == 2 and stage.holdings() == stage.live() == live and "position_gone" not in events(stage)
    stage.agent("deepseek", a_position(quantity="0", oid="2002"))
    stage.cycle()
    assert not stage.live() and not stage.holdings()


def test_an_order_that_could_only_close_opens_nothing(stage: Stage) -> None:
    opened(stage)
    copied_and_forgotten(stage, a_position(quantity="0.05"))
    epoch = stage.store.trackers.epochs("c_1")[0]
    with stage.store.transaction():
        stage.store.trackers.put_epoch(replace(epoch, quantity=D(0), state=EpochState.CLOSED))
    stage.sync()
    assert not stage.holdings() and "BTCUSDT" in stage.store.halts.stopped_symbols("c_1")


def test_a_lost_reduction_and_a_lost_increase_that_cancel_out_are_adopted_before_the_close(stage: Stage) -> None:
    opened(stage)
    quiet(stage)
    copy = saved(stage)
    for quantity in ("0.05", "0.1"):
        stage.agent("deepseek", a_position(quantity=quantity))
        stage.cycle()
    live = stage.live()
    assert sent(stage) == 3 and live == {"BTCUSDT": D("0.01")}
    restored(stage, copy)
    stage.store.halts.ask_reconcile("c_1", stage.now())
    assert stage.sync()["adopted"] == 2 and stage.holdings() == live
    stage.agent("deepseek", a_position(quantity="0"))
    stage.cycle()
    ids = [each["clientOrderId"] for each in stage.control.account(stage.account_id)["orders"]]
    assert not stage.live() and not stage.holdings() and len(ids) == len(set(ids)) == 4
