"""The clock was an hour ahead and was put right: nothing waits for it to get there again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.trading import Fill, Side
from nof1web.errors import Transient
from nof1web.services import copying, flattening
from nof1web.services.claiming import first_claim
from nof1web.services.loading import credential_of, load
from nof1web.services.syncing import needs_sync
from tests.services.backups import copied_and_forgotten
from tests.services.deaths import fault
from tests.services.stage import Stage, a_position, opened
from tests.services.test_explaining import events, quiet
from tests.services.test_flattening import ask
from tests.services.test_trouble import by_hand, wake

HOUR, SHORT = timedelta(hours=1), timedelta(seconds=25)
BTC = {"BTCUSDT": Decimal("0.01")}


@pytest.fixture(autouse=True)
def put_back(stage: Stage) -> None:
    """Whatever a test calls `right(stage)` after happened while the clock was ahead."""
    stage.skew = HOUR


def right(stage: Stage) -> None:
    stage.skew = timedelta(0)


def a_minute_later(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a minute pass by both clocks, and the one here be put right meanwhile."""
    then = stage.client.server_ms
    monkeypatch.setattr(stage.client, "server_ms", lambda: then() + 60_000)
    stage.skew = timedelta(seconds=60)


def unreachable(*asked: object) -> tuple[Fill, ...]:
    raise Transient("The exchange does not answer.")


def test_an_account_read_in_the_future_is_read_again_and_kept(stage: Stage) -> None:
    opened(stage)
    right(stage)
    ports = stage.ports()
    credential = credential_of(ports)
    assert needs_sync(ports, credential, timedelta(seconds=90)) and load(ports, credential).account is None
    assert first_claim(ports, stage.now() - HOUR)
    stage.sync()
    found = load(ports, credential_of(ports))
    assert found.account is not None and found.account.read_at <= stage.now() and found.foreign == {}
    assert not needs_sync(ports, credential, timedelta(seconds=90))


def test_a_reconcile_asked_for_in_the_future_is_done_by_the_next_one(stage: Stage) -> None:
    opened(stage)
    with stage.store.transaction():
        stage.store.halts.ask_reconcile("c_1", stage.now())
    right(stage)
    stage.sync()
    assert not stage.store.halts.reconcile_due("c_1")


def test_what_was_lost_by_hand_meanwhile_is_found(stage: Stage) -> None:
    opened(stage)
    quiet(stage)
    by_hand(stage, Side.SELL, "0.004")
    right(stage)
    stage.sync()
    assert stage.holdings() == stage.live() == {"BTCUSDT": Decimal("0.006")}


def test_right_after_an_own_fill_nothing_is_concluded(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(stage)
    right(stage)
    monkeypatch.setattr(stage.client, "positions", lambda symbol=None: ())
    stage.sync()
    stage.skew = timedelta(seconds=3)
    stage.sync()
    assert stage.holdings() == BTC, "positions lag, and two readings agree"


def test_what_a_person_closed_before_the_time_a_reading_was_noted_at_is_found(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.skew = SHORT
    opened(stage)
    quiet(stage)
    by_hand(stage, Side.SELL, "0.004")
    a_minute_later(stage, monkeypatch)
    stage.sync()
    assert stage.holdings() == {"BTCUSDT": Decimal("0.006")} and "reduced_by_hand" in events(stage)


def test_what_a_person_closed_before_the_time_an_opening_was_noted_at_is_found(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.skew = SHORT
    opened(stage)
    right(stage)
    quiet(stage)
    by_hand(stage, Side.SELL, "0.004")
    a_minute_later(stage, monkeypatch)
    stage.sync()
    assert stage.holdings() == {"BTCUSDT": Decimal("0.006")} and "reduced_by_hand" in events(stage)


def test_an_order_lost_before_the_time_a_reading_was_noted_at_is_adopted(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.skew = SHORT
    stage.follow()
    copied_and_forgotten(stage, a_position())
    a_minute_later(stage, monkeypatch)
    assert stage.sync()["adopted"] == 1 and stage.holdings() == BTC


def test_what_stays_unclear_is_looked_for_from_the_same_moment_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.skew = SHORT
    stage.follow()
    copied_and_forgotten(stage, a_position())
    with stage.store.transaction():
        stage.store.halts.ask_reconcile("c_1", stage.now())
    a_minute_later(stage, monkeypatch)
    with monkeypatch.context() as pending:
        pending.setattr(stage.client, "trades", unreachable)
        stage.sync()
    assert stage.sync()["adopted"] == 1 and stage.holdings() == BTC


def test_a_refused_exit_is_tried_again_at_once(stage: Stage) -> None:
    opened(stage)
    stage.agent("deepseek", a_position(quantity="0"))
    fault(stage, "reject", "/fapi/v1/order", code=-4131)
    stage.cycle()
    right(stage)
    copying.run_cycle(stage.ports())
    assert not stage.live() and not stage.holdings()


def test_a_refused_stop_is_tried_again_at_once(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position(stop="57000"))
    fault(stage, "reject", "/fapi/v1/algoOrder", code=-4183)
    stage.cycle()
    assert stage.live() == BTC and not stage.legs()
    right(stage)
    stage.cycle()
    assert len(stage.legs()) == 1 and wake(stage) is None


def test_a_flatten_of_everything_takes_what_there_was_when_it_was_gone_on_with(stage: Stage) -> None:
    opened(stage)
    asked = ask(stage, everything=True)
    right(stage)
    assert flattening.run(stage.ports(), asked)["finished"] and not stage.live()
