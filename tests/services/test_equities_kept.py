"""Equities of agents: one a minute for as long as sources are recorded, then the last of each hour and the first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from nof1web.adapters.store.market import SqliteMarket
from tests.services.test_feeding import DAY, NOW, read, shows

MINUTE = timedelta(minutes=1)


@pytest.fixture
def market(tmp_path: Path) -> Iterator[SqliteMarket]:
    made = SqliteMarket(tmp_path / "market.db")
    yield made
    made.close()


def test_an_old_hour_keeps_its_last_equity_besides_the_first_of_all_and_a_young_one_all(market: SqliteMarket) -> None:
    week = 8 * 86_400
    for second in (0, 60, 3540, 3600, week, week + 60, week + 7200):
        read(market, shows("gpt", seconds=second), second)
    kept = [at - NOW for at, _ in market.equity_history("nof1", "gpt", NOW)]
    assert kept[:3] == [0 * MINUTE, 59 * MINUTE, 60 * MINUTE]
    assert [each - 8 * DAY for each in kept[3:]] == [0 * MINUTE, MINUTE, 120 * MINUTE]


def test_statistics_are_the_same_before_and_after_minutes_are_dropped(market: SqliteMarket) -> None:
    for second in (0, 60, 3540, 3600, 7200):
        read(market, shows("gpt", seconds=second), second)
    hours = market.equity_hours("nof1", "gpt", NOW)
    market.forget("nof1", ["gpt"], signals=NOW + 8 * DAY, equities=NOW - DAY)
    assert market.equity_hours("nof1", "gpt", NOW) == hours and all(equity > Decimal(0) for _, equity in hours)
