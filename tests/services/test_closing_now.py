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
from nof1web.services.loading import credential_of, load
from nof1web.services.placing import close_breached
from tests.services.stage import Stage, opened


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
