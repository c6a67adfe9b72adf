"""Comparing the account with what is believed, where the exchange doesn't show what that takes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from nof1web.core.trading import Fill, Side
from nof1web.errors import N_, Transient
from tests.services.stage import Stage, a_position, opened
from tests.services.test_explaining import quiet
from tests.services.test_trouble import by_hand, wake


def unshown(symbol: str, since: datetime) -> tuple[Fill, ...]:
    raise Transient(N_("Not now."))


def test_a_comparison_that_cannot_be_ended_asks_for_no_other_cycle_whatever_is_held(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(stage)
    quiet(stage)
    by_hand(stage, Side.BUY, "0.02")
    monkeypatch.setattr(stage.client, "trades", unshown)
    stage.store.halts.ask_reconcile("c_1", stage.now())
    stage.queue.asked.clear()
    stage.cycle()
    assert stage.store.halts.reconcile_due("c_1") and stage.holdings() and "cycle" not in stage.queue.asked
    stage.sync()
    assert "cycle" in stage.queue.asked


def test_a_comparison_that_cannot_be_ended_is_tried_ever_more_seldom(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(stage)
    quiet(stage)
    stage.agent("deepseek", a_position(quantity="0"))
    stage.cycle()
    quiet(stage)
    by_hand(stage, Side.BUY, "0.02")
    monkeypatch.setattr(stage.client, "trades", unshown)
    stage.store.halts.ask_reconcile("c_1", stage.now())
    waits = []
    for _ in range(6):
        stage.cycle()
        left = wake(stage)
        assert left is not None
        waits.append(round(left.total_seconds()))
        stage.skew += left + timedelta(milliseconds=10)
    assert waits == [60, 60, 120, 240, 300, 300] and stage.store.halts.reconcile_due("c_1")
