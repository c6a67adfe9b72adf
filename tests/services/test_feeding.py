"""Reading a source for everybody: whom it concerns, that nobody is forgotten, and that everything is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from nof1web.adapters.store.market import SqliteMarket
from nof1web.core.signals import AgentRecord, Reading, RecordedPosition, Signal, SignalHealth
from nof1web.errors import FeedError, Transient
from nof1web.services import feeding

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RUBBISH, SILENCE = FeedError("It is rubbish."), Transient("It is down.", retry_after=40)
Answer = Reading | FeedError | Transient | None


class Source:
    """A feed that shows what it was told to; an error is raised."""

    name = "nof1"

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def read(self, marker: int | None) -> Reading | None:
        """Return the next answer."""
        answer = self.answers.pop(0)
        if isinstance(answer, (FeedError, Transient)):
            raise answer
        return answer

    def parse(self, raw: bytes) -> Reading:
        """Nothing is replayed here."""
        raise NotImplementedError

    def stored(self) -> None:
        """Nothing is remembered."""


@pytest.fixture
def market(tmp_path: Path) -> Iterator[SqliteMarket]:
    made = SqliteMarket(tmp_path / "market.db")
    yield made
    made.close()


def shows(
    *agents: str,
    seconds: int = 0,
    held: tuple[RecordedPosition, ...] = (),
    unmapped: tuple[str, ...] = (),
    began_at: datetime | None = None,
    covers: frozenset[str] | None = None,
) -> Reading:
    at = NOW + timedelta(seconds=seconds)
    records = tuple(AgentRecord(agent, at, Decimal(1000), held, unmapped, began_at) for agent in agents)
    return Reading("nof1", at, records, 7, covers, f"{agents}{seconds}".encode())


def read(market: SqliteMarket, answer: Answer, seconds: int = 0) -> frozenset[str]:
    return feeding.read_source(Source(answer), market, NOW + timedelta(seconds=seconds))


def signal(market: SqliteMarket, agent: str = "gpt") -> Signal:
    found = market.signal("nof1", agent)
    assert found is not None
    return found


@pytest.mark.parametrize("later", [shows("gpt", seconds=5), None, RUBBISH])
def test_news_nobody_was_told_of_is_returned_by_the_next_read(market: SqliteMarket, later: Answer) -> None:
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
    assert (signal(market).since, signal(market).records) == (NOW, 3)


def test_an_agent_left_out_of_a_reading_is_missing_and_told(market: SqliteMarket) -> None:
    market.told("nof1", read(market, shows("gpt", "grok")))
    assert read(market, shows("gpt", seconds=5), 5) == {"grok"}
    assert signal(market, "grok").health is SignalHealth.MISSING


def test_an_agent_that_was_not_asked_for_stays_as_it_was(market: SqliteMarket) -> None:
    read(market, shows("gpt", "grok"))
    before = signal(market, "grok")
    read(market, shows("gpt", seconds=5, covers=frozenset({"gpt"})), 5)
    assert signal(market, "grok") == before


def test_a_payload_that_goes_back_in_time_changes_nothing(market: SqliteMarket) -> None:
    read(market, shows("gpt", seconds=60), 60)
    before = signal(market)
    read(market, shows("gpt", seconds=30), 65)
    assert signal(market) == before


@pytest.mark.parametrize("error", [RUBBISH, SILENCE])
def test_three_failures_in_a_row_hold_everybody_and_one_good_read_lets_go(market: SqliteMarket, error: Answer) -> None:
    market.told("nof1", read(market, shows("gpt", "grok")))
    assert [read(market, error, seconds) for seconds in (5, 10)] == [frozenset(), frozenset()]
    assert read(market, error, 15) == {"gpt", "grok"}
    assert signal(market).health is SignalHealth.STALE
    market.told("nof1", {"gpt", "grok"})
    assert read(market, None, 20) == {"gpt", "grok"}
    assert signal(market).health is SignalHealth.GOOD


def test_a_failure_has_a_reason_and_a_time_to_try_again(market: SqliteMarket) -> None:
    read(market, SILENCE)
    state = market.source_state("nof1")
    assert state is not None and str(state.error) == "It is down." and not state.unusable
    assert state.next_at == NOW + timedelta(seconds=40)


def test_an_account_of_another_season_is_another_agent(market: SqliteMarket) -> None:
    read(market, shows("gpt", began_at=NOW - 20 * DAY))
    read(market, shows("gpt", seconds=60, began_at=NOW - DAY), 60)
    fresh = f"gpt@{NOW - DAY:%Y-%m-%d}"
    assert signal(market).health is SignalHealth.MISSING and signal(market, fresh).health is SignalHealth.GOOD
    read(market, shows("gpt", seconds=120, began_at=NOW - DAY), 120)
    assert signal(market, fresh).records == 2


def test_a_season_that_goes_on_is_the_same_agent(market: SqliteMarket) -> None:
    for seconds in (0, 60):
        read(market, shows("gpt", seconds=seconds, began_at=NOW - DAY + timedelta(seconds=seconds)), seconds)
    assert [each.agent for each in market.signals()] == ["gpt"]


def test_one_odd_beginning_does_not_cost_the_agent_its_name(market: SqliteMarket) -> None:
    for seconds, began_at in ((0, NOW - 20 * DAY), (60, NOW), (120, NOW - 20 * DAY)):
        read(market, shows("gpt", seconds=seconds, began_at=began_at), seconds)
    assert (signal(market).health, signal(market).records) == (SignalHealth.GOOD, 2)


def test_a_record_from_tomorrow_does_not_keep_todays_out(market: SqliteMarket) -> None:
    for seconds, at in ((0, 0), (5, 86_405), (10, 10)):
        read(market, shows("gpt", seconds=at), seconds)
        state = market.source_state("nof1")
        assert state is not None and ("gpt" in str(state.error)) == (at > seconds)
    assert (signal(market).recorded_at, signal(market).records) == (NOW + timedelta(seconds=10), 2)


@pytest.mark.parametrize(("error", "asked"), [(RUBBISH, None), (SILENCE, 7)])
def test_after_an_unusable_answer_everything_is_asked_for_again(
    market: SqliteMarket, error: Answer, asked: int | None
) -> None:
    read(market, shows("gpt"))
    read(market, error, 5)
    state = market.source_state("nof1")
    assert state is not None and state.marker == asked


def test_who_could_be_read_in_part_only_is_named(market: SqliteMarket) -> None:
    read(market, replace(shows("gpt"), untold=("grok",)))
    state = market.source_state("nof1")
    assert state is not None and "grok" in str(state.error)


def test_what_was_closed_is_kept_at_its_last_mark(market: SqliteMarket) -> None:
    btc = RecordedPosition("BTCUSDT", Decimal(2), Decimal(100), 10, "71", mark=Decimal(104))
    read(market, shows("gpt", held=(btc,)))
    for seconds in (60, 120):
        assert market.trades.all("nof1", "gpt") == ()
        read(market, shows("gpt", seconds=seconds), seconds)
    [trade] = market.trades.all("nof1", "gpt")
    assert (trade.profit, trade.held) == (Decimal(8), timedelta(seconds=60))


def test_what_one_record_lacks_is_no_close_until_time_and_reads_confirm_it(market: SqliteMarket) -> None:
    btc, eth = (RecordedPosition(each, Decimal(2), Decimal(100), 10, "7", mark=Decimal(104)) for each in ("BTC", "ETH"))
    for seconds, held in ((0, (btc, eth)), (5, (btc,)), (10, (btc, eth))):
        read(market, shows("gpt", held=held, seconds=seconds), seconds)
    read(market, shows("gpt", held=(btc,), seconds=15), 15)
    for seconds in (25, 34, 35):
        assert market.trades.all("nof1", "gpt") == ()
        read(market, None, seconds)
    [trade] = market.trades.all("nof1", "gpt")
    assert (trade.symbol, trade.profit, trade.held) == ("ETH", Decimal(8), timedelta(seconds=15))


def test_every_payload_is_kept_once_with_the_times_it_was_seen(market: SqliteMarket) -> None:
    reading = shows("gpt")
    for seconds, answer in enumerate((reading, reading, None, RUBBISH)):
        read(market, answer, seconds)
    kept = list(market.recordings.between("nof1", NOW, NOW + DAY))
    assert [(each.raw, each.again) for each in kept] == [(reading.raw, False)] * 2 + [(None, True), (None, False)]
    assert [each.at - NOW for each in kept] == [timedelta(seconds=seconds) for seconds in range(4)]


def test_what_is_older_than_it_is_kept_for_is_dropped(market: SqliteMarket) -> None:
    read(market, shows("gpt"))
    later = 8 * 86_400
    read(market, shows("gpt", seconds=later), later)
    kept = list(market.recordings.between("nof1", NOW, NOW + 10 * DAY))
    assert [each.at for each in kept] == [NOW + timedelta(seconds=later)]
    assert market.signal_history("nof1", "gpt") == ()


def test_an_equity_older_than_statistics_look_back_is_dropped(market: SqliteMarket) -> None:
    for day in (0, 1, 91):
        read(market, shows("gpt", seconds=day * 86_400), day * 86_400)
    assert [at - NOW for at, _ in market.equity_history("nof1", "gpt", NOW)] == [DAY, 91 * DAY]
