"""How often a sync reads the account's modes: they cost weight, and nothing of ours changes them unnoticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nof1web.core.trading import Account
from tests.services.stage import Stage, a_position, opened

BTC = "BTCUSDT"


def noted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that is told of each reading of the account's modes."""
    asked: list[str] = []
    read = stage.client.account

    def account() -> Account:
        asked.append("modes")
        return read()

    monkeypatch.setattr(stage.client, "account", account)
    return asked


def known(stage: Stage, **changes: Any) -> Account:
    """Return the account as it was last read, changed in the store where changes are given."""
    snapshot = stage.store.credentials.snapshot("c_1")
    assert snapshot is not None
    if changes:
        stage.store.credentials.put_snapshot("c_1", replace(snapshot[0], **changes), snapshot[1])
    return replace(snapshot[0], **changes)


@pytest.mark.parametrize(("gap", "age", "read"), [(1, 29, 0), (1, 31, 1), (9, 31, 0), (9, 271, 1), (60, 361, 1)])
def test_a_sync_reads_the_modes_each_half_hour_and_less_often_where_syncs_are_stretched(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, gap: int, age: int, read: int
) -> None:
    stage.sync()
    known(stage, modes_at=stage.now() - timedelta(minutes=age - gap))
    asked = noted(stage, monkeypatch)
    stage.skew += timedelta(minutes=gap)
    stage.sync()
    assert len(asked) == read


def test_what_was_not_read_again_stays_known(stage: Stage) -> None:
    stage.sync()
    known(stage, isolated=frozenset({BTC}))
    stage.sync()
    assert known(stage).isolated == frozenset({BTC})


@pytest.mark.parametrize("name", ["isolated", "modes_at"])
def test_what_is_not_known_is_read(stage: Stage, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    stage.sync()
    known(stage, **{name: None})
    asked = noted(stage, monkeypatch)
    stage.sync()
    assert asked == ["modes"] and known(stage).isolated == frozenset()


def test_a_margin_mode_that_is_set_is_known_at_once(stage: Stage) -> None:
    stage.sync()
    opened(stage)
    assert known(stage).isolated == frozenset()
    stage.follow("grok", margin_mode="ISOLATED")
    stage.agent("grok", a_position("ETHUSDT", quantity="2", entry="3000", oid="2001"))
    stage.cycle()
    assert known(stage).isolated == frozenset({"ETHUSDT"})


def test_a_position_margined_otherwise_than_known_has_the_modes_read(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.follow(margin_mode="ISOLATED")
    stage.agent("deepseek", a_position())
    stage.cycle()
    stage.sync()
    known(stage, isolated=frozenset())
    asked = noted(stage, monkeypatch)
    stage.sync()
    stage.sync()
    assert asked == ["modes"] and known(stage).isolated == frozenset({BTC})
