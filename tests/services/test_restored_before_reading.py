"""A backup from before the account was first read was restored: what was done since is found by the ids it had."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nof1web.core.trading import Side
from nof1web.services.claiming import first_claim
from tests.services.backups import restored, saved
from tests.services.stage import PRICES, Stage, a_position
from tests.services.test_explaining import events
from tests.services.test_reconciling import sent
from tests.services.test_restored_backups import later
from tests.services.test_trouble import by_hand, fault

POSITION = a_position(stop="57000")


@pytest.fixture
def stopped(stage: Stage) -> Stage:
    """What was opened is closed by its stop, then a backup is restored that never saw the account."""
    stage.follow()
    copy = saved(stage)
    stage.agent("deepseek", POSITION)
    stage.sync()
    stage.cycle()
    for price in ("56900", PRICES["BTCUSDT"]):
        stage.control.prices(BTCUSDT=price)
    restored(stage, copy)
    stage.agent("deepseek", POSITION)
    first_claim(stage.ports(), stage.now())
    return stage


def test_what_its_stop_closed_is_not_entered_again(stopped: Stage) -> None:
    orders = sent(stopped)
    assert stopped.sync()["adopted"] == 1
    later(stopped)
    (epoch,) = stopped.store.trackers.epochs("c_1", symbol="BTCUSDT", since=stopped.now() - timedelta(days=1))
    assert not epoch.state.enters and sent(stopped) == orders and not stopped.live() and not stopped.holdings()
    assert events(stopped) == ["stop_fired", "adopted"]


def test_where_the_exchange_cannot_tell_of_the_id_the_trades_do(stopped: Stage) -> None:
    fault(stopped, "/fapi/v1/order", "GET", "reject", code=-1001)
    assert stopped.sync()["adopted"] == 1


def test_what_a_person_closed_is_not_entered_again_though_its_first_attempt_was_refused(stage: Stage) -> None:
    stage.follow()
    copy = saved(stage)
    stage.agent("deepseek", a_position())
    fault(stage, "/fapi/v1/order", "POST", "reject", code=-1021)
    for _ in range(2):
        stage.cycle()
        stage.skew += timedelta(seconds=3)
    by_hand(stage, Side.SELL, "0.01")
    restored(stage, copy)
    orders = sent(stage)
    for _ in range(3):
        stage.sync()
        stage.cycle()
        stage.skew += timedelta(seconds=3)
    assert sent(stage) == orders and not stage.live()


def test_an_account_without_orders_of_ours_is_looked_at_once_per_entry(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", POSITION)
    stage.sync()
    stage.cycle()
    assert stage.live() == stage.holdings() and "adopted" not in events(stage)
