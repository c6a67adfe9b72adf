"""What an order that was taken over is journaled with: its fills' price and fee, and the reading that shows it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nof1web.core.records import Intent
from nof1web.services.loading import credential_of, load
from tests.services.backups import restored, saved
from tests.services.stage import Stage, a_position, opened
from tests.services.test_explaining import quiet
from tests.services.test_late_fills import increased


def found(stage: Stage) -> Intent:
    assert stage.sync()["adopted"] == 1
    return next(each for each in stage.store.journal.intents("c_1") if each.executed)


def fills_as_listed(stage: Stage, intent: Intent) -> bool:
    """Whether price, fee and profit are those of its trades."""
    mine = [
        each
        for each in stage.client.trades("BTCUSDT", stage.now() - timedelta(hours=1))
        if each.order_id == intent.order_id
    ]
    (fill,) = mine
    return intent.priced and (intent.price, intent.fee, intent.realised) == (fill.price, fill.fee, fill.realised)


def counted_once(stage: Stage) -> bool:
    """Whether the next reading has the order's fill, and nothing is added to it, nor a foreign share made of it."""
    stage.sync()
    snapshot = load(stage.ports(), credential_of(stage.ports()))
    return snapshot.foreign == {} and snapshot.filled_since == {} and {"BTCUSDT": stage.live()["BTCUSDT"]} == {
        symbol: quantity for (symbol, _), quantity in (snapshot.live or {}).items()
    }


def test_a_late_order_has_its_fills_figures_and_is_counted_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    increased(stage, monkeypatch)
    late = found(stage)
    assert late.fee and fills_as_listed(stage, late) and counted_once(stage)


def test_an_order_the_journal_lost_has_its_fills_figures_and_is_counted_once(stage: Stage) -> None:
    opened(stage)
    quiet(stage)
    copy = saved(stage)
    stage.agent("deepseek", a_position(quantity="0.2"))
    stage.cycle()
    restored(stage, copy)
    lost = found(stage)
    assert lost.fee and fills_as_listed(stage, lost) and counted_once(stage)
