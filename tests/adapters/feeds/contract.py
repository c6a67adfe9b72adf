"""What every signal source promises. A new one subclasses SourceContract with a `stage` fixture; nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Protocol

import pytest

from nof1web.core.signals import Reading, plausible
from nof1web.errors import FeedError, Transient
from nof1web.services.ports import Feed

GARBAGE: dict[str, Any] = {
    "an HTML page with status 200": b"<!DOCTYPE html><title>hello</title>",
    "truncated JSON": b'{"accountTotals": [{"id": "gpt',
    "nothing": b"",
    "another document": b'{"message": "deprecated"}',
    "a list of nothing": b"[]",
    "null": b"null",
    "bytes that are no text": bytes(range(128, 256)),
    "JSON nested beyond reason": b"[" * 100_000,
}


class Stage(Protocol):
    """A source under test. Agents are shown as {agent: {coin: signed quantity}}, each coin entered at 100."""

    feed: Feed

    def show(self, books: dict[str, dict[str, str]]) -> None:
        """Let the next reads find these agents and books, all recorded now."""

    def spoil(self, body: bytes) -> None:
        """Let the next reads get this body instead, with status 200."""

    def silence(self) -> None:
        """Let nobody answer."""


class SourceContract:
    """The contract; `agents` are two names that this source accepts."""

    agents: tuple[str, str] = ("one", "other")

    def test_it_gives_agents_and_what_they_hold(self, stage: Stage) -> None:
        one, other = self.agents
        stage.show({one: {"BTC": "0.5", "ETH": "-2"}, other: {}})
        reading = read(stage.feed)
        held = {record.agent: {p.symbol: p.quantity for p in record.positions} for record in reading.records}
        assert held == {one: {"BTCUSDT": Decimal("0.5"), "ETHUSDT": Decimal(-2)}, other: {}}
        assert all(plausible(record) and record.recorded_at.tzinfo for record in reading.records)

    def test_it_says_whose_reading_it_is(self, stage: Stage) -> None:
        stage.show({self.agents[0]: {"BTC": "1"}})
        assert read(stage.feed).source == stage.feed.name

    def test_the_stored_payload_gives_the_same_reading_again(self, stage: Stage) -> None:
        stage.show({self.agents[0]: {"BTC": "1", "SOL": "-3"}})
        reading = read(stage.feed)
        assert reading.raw
        assert replace(stage.feed.parse(reading.raw), marker=reading.marker) == reading

    def test_a_coin_the_exchange_cannot_have_is_unmapped_and_the_others_are_read(self, stage: Stage) -> None:
        stage.show({self.agents[0]: {"xyz:NVDA": "1", "BTC": "1"}})
        [record] = read(stage.feed).records
        assert ([p.symbol for p in record.positions], record.unmapped) == (["BTCUSDT"], ("xyz:NVDA",))

    @pytest.mark.parametrize("kind", GARBAGE)
    def test_garbage_has_no_record_but_a_reason(self, stage: Stage, kind: str) -> None:
        stage.show({self.agents[0]: {"BTC": "1"}})
        read(stage.feed)
        stage.spoil(GARBAGE[kind])
        with pytest.raises((FeedError, Transient)) as failed:
            stage.feed.read(None)
        assert str(failed.value.text)

    @pytest.mark.parametrize("kind", GARBAGE)
    def test_a_stored_payload_that_is_none_is_refused(self, stage: Stage, kind: str) -> None:
        with pytest.raises(FeedError):
            stage.feed.parse(GARBAGE[kind])

    def test_silence_is_no_book(self, stage: Stage) -> None:
        stage.silence()
        with pytest.raises(Transient):
            stage.feed.read(None)

    def test_it_is_read_again_after_garbage(self, stage: Stage) -> None:
        stage.spoil(b"{")
        with pytest.raises((FeedError, Transient)):
            stage.feed.read(None)
        stage.show({self.agents[0]: {"BTC": "1"}})
        assert names(read(stage.feed).records) == {self.agents[0]}


def read(feed: Feed, tries: int = 3) -> Reading:
    """The next reading that shows something; a source may say a few times that nothing changed."""
    for _ in range(tries):
        reading = feed.read(None)
        feed.stored()
        if reading is not None:
            return reading
    raise AssertionError("nothing was read")


def names(records: Iterable[Any]) -> set[str]:
    """The agents of some records."""
    return {record.agent for record in records}
