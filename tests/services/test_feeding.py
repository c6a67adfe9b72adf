"""Reading a source for everybody: whom it concerns, and that nobody is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from nof1web.adapters.store.market import SqliteMarket
from nof1web.core.signals import AgentRecord, Reading, SignalHealth
from nof1web.errors import FeedError
from nof1web.services import feeding

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Source:
    """A feed that shows what it was told to; an error is raised."""

    name = "nof1"

    def __init__(self, *answers: Reading | FeedError | None) -> None:
        self.answers = list(answers)

    def read(self, marker: int | None) -> Reading | None:
        """Return the next answer."""
        answer = self.answers.pop(0)
        if isinstance(answer, FeedError):
            raise answer
        return answer


@pytest.fixture
def market(tmp_path: Path) -> Iterator[SqliteMarket]:
    made = SqliteMarket(tmp_path / "market.db")
    yield made
    made.close()


def shows(*agents: str, seconds: int = 0) -> Reading:
    at = NOW + timedelta(seconds=seconds)
    return Reading("nof1", at, tuple(AgentRecord(agent, at, Decimal(1000), ()) for agent in agents), 7)


def read(market: SqliteMarket, answer: Reading | FeedError | None, seconds: int = 0) -> frozenset[str]:
    return feeding.read_source(Source(answer), market, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("later", [shows("gpt", seconds=5), None, FeedError("It is down.")])
def test_news_nobody_was_told_of_is_returned_by_the_next_read(
    market: SqliteMarket, later: Reading | FeedError | None
) -> None:
    read(market, shows("gpt"))
    assert read(market, later, 5) == {"gpt"}
    market.told("nof1", {"gpt"})
    assert read(market, None, 10) == frozenset()


def test_a_fresh_record_after_an_outage_is_news(market: SqliteMarket) -> None:
    market.told("nof1", read(market, shows("gpt")))
    assert read(market, shows("gpt", seconds=700), 700) == {"gpt"}


def test_how_often_an_agent_was_seen_survives_from_read_to_read(market: SqliteMarket) -> None:
    for seconds in (0, 5, 10):
        read(market, shows("gpt", seconds=seconds), seconds)
    signal = market.signal("nof1", "gpt")
    assert signal is not None and (signal.since, signal.records) == (NOW, 3)


def test_an_agent_left_out_of_a_reading_is_missing_and_told(market: SqliteMarket) -> None:
    market.told("nof1", read(market, shows("gpt", "grok")))
    assert read(market, shows("gpt", seconds=5), 5) == {"grok"}
    signal = market.signal("nof1", "grok")
    assert signal is not None and signal.health is SignalHealth.MISSING
