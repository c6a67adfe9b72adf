"""What is closed at once because its stop is breached, and which ended epochs a decision still knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.protection import Wanted
from nof1web.core.records import Epoch, EpochState, IntentStatus, OrderKind
from nof1web.core.snapshot import Snapshot, TrackerView
from nof1web.core.trading import Leg, Side
from nof1web.services import kill_points
from nof1web.services.closing_now import close_breached
from nof1web.services.kill_points import KillPoint
from nof1web.services.loading import credential_of, load
from tests.services.deaths import fault, fills
from tests.services.stage import Stage, a_position, opened
from tests.services.test_late_fills import told


def loaded(stage: Stage) -> tuple[Snapshot, TrackerView, Epoch]:
    ports = stage.ports()
    snapshot = load(ports, credential_of(ports))
    (view,) = snapshot.trackers
    return snapshot, view, view.epochs[0]


def closed(stage: Stage, snapshot: Snapshot, subject: tuple[TrackerView, Epoch]) -> None:
    leg = Wanted(Leg.STOP, Side.SELL, subject[1].quantity, Decimal(61000))
    close_breached(stage.ports(), snapshot, subject, leg)


def test_no_more_is_closed_at_once_than_the_account_has(stage: Stage) -> None:
    opened(stage)
    snapshot, view, epoch = loaded(stage)
    half = epoch.quantity // Decimal("0.002") * Decimal("0.001")
    live = {("BTCUSDT", True): half}
    closed(stage, replace(snapshot, live=live, unsure=frozenset()), (view, epoch))
    assert stage.holdings() == {"BTCUSDT": epoch.quantity - half}
    assert loaded(stage)[2].closed_at is not None


def test_where_nothing_is_left_nothing_is_sent(stage: Stage) -> None:
    opened(stage)
    snapshot, view, epoch = loaded(stage)
    closed(stage, replace(snapshot, live={}, unsure=frozenset()), (view, epoch))
    assert len(stage.store.journal.intents("c_1")) == 1 and stage.live()


@pytest.mark.parametrize(("kind", "held"), [(OrderKind.INCREASE, False), (OrderKind.CLOSE, True)])
def test_only_an_exit_without_effect_holds_back_the_next(stage: Stage, kind: OrderKind, held: bool) -> None:
    opened(stage)
    snapshot, view, epoch = loaded(stage)
    ((key, last),) = view.tries.items()
    last = replace(last, kind=kind, status=IntentStatus.REJECTED, executed=Decimal(0), settled_at=snapshot.now)
    closed(stage, snapshot, (replace(view, tries={key: last}), epoch))
    assert bool(stage.live()) is held


@pytest.mark.parametrize(("cooldown", "ago", "known"), [("0", 2, True), ("0", 4, False), ("432000", 4, True)])
def test_an_epoch_is_known_for_three_days_after_its_end_or_as_long_as_it_cools(
    stage: Stage, cooldown: str, ago: int, known: bool
) -> None:
    stage.follow(cooldown=cooldown)
    epoch = Epoch(
        "t_deepseek", "BTCUSDT", "1", EpochState.DONE, Decimal(0), None, None, 10, Decimal(1), Decimal(1), 1,
        Decimal(0), False, stage.now() - timedelta(days=30), closed_at=stage.now() - timedelta(days=ago),
    )  # fmt: skip
    stage.store.trackers.put_epoch(epoch)
    ports = stage.ports()
    assert bool(load(ports, credential_of(ports)).trackers[0].epochs) is known


def breached(stage: Stage, kind: str, **more: str | int) -> None:
    """A holding whose stop could not be placed and now is passed; its close meets a fault."""
    stage.follow(max_signal_age="900", price_tolerance="20")
    stage.sync()
    stage.agent("deepseek", a_position(stop="59000"))
    fault(stage, "reject", "/fapi/v1/algoOrder", code=-1001)
    stage.cycle()
    stage.control.prices(BTCUSDT="58900")
    fault(stage, kind, "/fapi/v1/order", **more)
    stage.skew = timedelta(seconds=6)


def comes_back(stage: Stage) -> None:
    stage.control.prices(BTCUSDT="60000")
    for seconds in (10, 20, 40):
        stage.skew = timedelta(seconds=seconds)
        stage.agent("deepseek", a_position(stop="59000"))
        stage.cycle()
        stage.sync()


@pytest.mark.parametrize(
    ("died_at", "sold"),
    [
        (KillPoint.JOURNAL_COMMITTED, []),
        (KillPoint.ANSWER_RECEIVED, ["-0.003"]),
        (KillPoint.SETTLED_BEFORE_COMMIT, ["-0.003"]),
        (KillPoint.HOLDING_MOVED, ["-0.003"]),
    ],
)
def test_a_worker_that_dies_in_a_partial_breached_close_leaves_nothing_to_buy_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, died_at: KillPoint, sold: list[str]
) -> None:
    breached(stage, "partial", share="0.3")

    def dies(point: KillPoint) -> None:
        if point is died_at:
            raise KeyboardInterrupt

    with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr(kill_points, "_hooks", [dies])
        stage.cycle()
    comes_back(stage)
    assert fills(stage) == [Decimal("0.01"), *map(Decimal, sold)] and loaded(stage)[2].state is EpochState.STOPPED
    assert stage.holdings() == stage.live() and len(stage.legs()) == 1


def test_a_breached_close_whose_answer_is_lost_stops_its_epoch_and_is_told_once(stage: Stage) -> None:
    breached(stage, "lose_answer")
    stage.cycle()
    comes_back(stage)
    (epoch,) = stage.store.trackers.epochs("c_1", since=stage.now() - timedelta(days=1))
    assert epoch.state is EpochState.STOPPED and epoch.closed_at is not None and told(stage).count("breached") == 1
    assert not stage.live() and len(fills(stage)) == 2


def test_a_breached_close_that_is_refused_and_tried_again_is_told_once(stage: Stage) -> None:
    breached(stage, "reject", code=-1001)
    for seconds in (6, 9, 12):
        stage.skew = timedelta(seconds=seconds)
        stage.cycle()
    assert not stage.live() and told(stage).count("breached") == 1
