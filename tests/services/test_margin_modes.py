"""How often a sync reads the margin modes: they cost weight, and are read anew before anything is opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nof1web.core.trading import Account
from tests.services.stage import Stage, a_position, opened

BTC = "BTCUSDT"


def noted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return a list that is told of each reading of the account whether it asked for the margin modes."""
    asked: list[bool] = []
    read = stage.client.account

    def account(*, margin_modes: bool = True) -> Account:
        asked.append(margin_modes)
        return read(margin_modes=margin_modes)

    monkeypatch.setattr(stage.client, "account", account)
    return asked


def known(stage: Stage, **changes: Any) -> Account:
    """Return the account as it was last read, changed in the store where changes are given."""
    snapshot = stage.store.credentials.snapshot("c_1")
    assert snapshot is not None
    if changes:
        stage.store.credentials.put_snapshot("c_1", replace(snapshot[0], **changes), snapshot[1])
    return replace(snapshot[0], **changes)


def test_a_sync_reads_the_margin_modes_once_in_ten_minutes(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = noted(stage, monkeypatch)
    # Early in one of them, so that the next minutes belong to the same.
    stage.skew = timedelta(seconds=1210 - stage.now().timestamp() % 600)
    for _ in range(9):
        stage.sync()
        stage.skew += timedelta(minutes=1)
    assert asked == [True, *[False] * 8]
    stage.skew += timedelta(minutes=1)
    stage.sync()
    assert asked[-1]


def test_what_was_not_read_again_stays_known(stage: Stage) -> None:
    stage.skew = timedelta(seconds=610 - stage.now().timestamp() % 600)
    stage.sync()
    known(stage, isolated=frozenset({BTC}))
    stage.sync()
    assert known(stage).isolated == frozenset({BTC})


def test_what_is_not_known_is_read(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.sync()
    known(stage, isolated=None)
    asked = noted(stage, monkeypatch)
    stage.sync()
    assert asked == [True] and known(stage).isolated == frozenset()


def test_a_margin_mode_that_is_set_is_read_by_the_next_sync(stage: Stage) -> None:
    stage.sync()
    opened(stage)
    assert known(stage).isolated == frozenset()
    stage.follow("grok", margin_mode="ISOLATED")
    stage.agent("grok", a_position("ETHUSDT", quantity="2", entry="3000", oid="2001"))
    stage.cycle()
    assert known(stage).isolated is None
    stage.sync()
    assert known(stage).isolated == frozenset({"ETHUSDT"})
