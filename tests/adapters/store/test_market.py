"""What sources said: the newest per agent, and what changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from sqlite_utils.migrations import Migrations

from nof1web.adapters.store import shared_schema
from nof1web.adapters.store.connections import SqliteFile
from nof1web.adapters.store.market import SqliteMarket
from nof1web.core.signals import SignalHealth
from nof1web.services.stores import SourceState
from tests.adapters.store.examples import ERROR, NOW, SECOND, a_signal


def test_a_signal_comes_back_as_it_went_in(market):
    other = a_signal(source="hyperliquid", positions=(), unmapped=())
    market.put_signals([a_signal(), other])
    assert market.signal("nof1", "gpt") == a_signal()
    assert market.signals() == (other, a_signal())
    assert market.signals("nof1") == (a_signal(),)


def test_an_older_record_never_replaces_a_newer_one(market):
    market.put_signals([a_signal()])
    market.put_signals([a_signal(recorded_at=NOW - SECOND, read_at=NOW + 9 * SECOND, equity=Decimal(1))])
    assert market.signal("nof1", "gpt") == a_signal()


def test_a_later_read_of_the_same_record_is_kept(market):
    stale = a_signal(health=SignalHealth.STALE, read_at=NOW + 9 * SECOND)
    market.put_signals([a_signal(), stale])
    assert market.signal("nof1", "gpt") == stale


def test_only_a_change_of_what_is_held_is_history(market):
    position = a_signal().positions[0]
    again = replace(position, missing=replace(position.missing, reads=3))
    larger = replace(position, quantity=Decimal(-3), missing=None)
    for seconds, held in enumerate((position, again, larger)):
        market.put_signals([a_signal(recorded_at=NOW + seconds * SECOND, positions=(held,))])
    assert [signal.positions for signal in market.signal_history("nof1", "gpt")] == [(larger,), (position,)]


def test_equity_is_kept_at_most_once_a_minute(market):
    for seconds in (0, 59, 60, 130):
        market.put_signals([a_signal(recorded_at=NOW + timedelta(seconds=seconds), equity=Decimal(seconds))])
    history = market.equity_history("nof1", "gpt", NOW + SECOND)
    assert history == ((NOW + 60 * SECOND, Decimal(60)), (NOW + 130 * SECOND, Decimal(130)))


def test_a_sources_state_comes_back_as_it_went_in(market):
    failing = SourceState("nof1", NOW, None, ERROR, None, failures=2)
    good = SourceState("nof1", NOW, NOW, None, 17)
    market.put_source_state(failing)
    assert market.source_state("nof1") == failing
    market.put_source_state(good)
    assert market.source_states() == (good,)


def test_since_when_and_in_how_many_records_an_agent_was_seen_is_kept(market):
    seen = a_signal(since=NOW - timedelta(days=1), records=17, reads=40)
    market.put_signals([seen])
    assert market.signal("nof1", "gpt") == seen
    assert market.signal_history("nof1", "gpt") == (seen,)


def test_news_stays_untold_until_it_is_told(market):
    market.put_signals([a_signal(), a_signal(agent="grok")], news={"grok"})
    market.put_signals([a_signal(agent="grok", read_at=NOW + 9 * SECOND)])
    assert market.untold("nof1") == {"grok"}
    market.told("nof1", market.untold("nof1"))
    assert market.untold("nof1") == frozenset()


def test_news_that_was_only_counted_stays_news_for_all_while_there_is_other_news(market):
    market.put_signals([a_signal(), a_signal(agent="grok")], news={"gpt", "grok"}, counted={"grok"})
    assert (market.untold("nof1"), market.only_counted("nof1")) == ({"gpt", "grok"}, {"grok"})
    market.put_signals([a_signal(), a_signal(agent="grok")], news={"gpt", "grok"}, counted={"gpt"})
    assert market.untold("nof1") == {"gpt", "grok"} and market.only_counted("nof1") == frozenset()


def test_one_agent_that_cannot_be_kept_leaves_the_others(market):
    poison = [a_signal(agent="huge", equity=Decimal("1e12")), a_signal(agent="\ud800"), a_signal(records=2**64)]
    market.put_signals([*poison, a_signal(agent="grok")], news={"huge", "grok"})
    assert [signal.agent for signal in market.signals()] == ["grok"]
    assert market.untold("nof1") == {"grok"} and market.signal_history("nof1", "huge") == ()


def test_agents_known_before_their_first_read_was_kept_get_it_from_their_history(tmp_path):
    path = tmp_path / "market.db"
    only_first = Migrations("market")
    only_first(name="0001_signals")(lambda database: database.executescript(shared_schema.SIGNALS))
    SqliteFile(path, only_first).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        for table, read_at in (("signal_history", 5), ("signal_history", 9), ("signals", 12)):
            old.execute(
                f"INSERT INTO {table} (source, agent, equity, recorded_at, read_at, health, positions, unmapped)"
                f" VALUES ('nof1', 'gpt', 1, 1, {read_at}, 'good', '[]', '[]')"
            )
    market = SqliteMarket(path)
    known = market.signal("nof1", "gpt")
    market.close()
    assert (known.since.microsecond, known.records) == (5, 1)


def test_signals_put_through_another_connection_are_seen_at_once(tmp_path):
    mine, other = (SqliteMarket(tmp_path / "market.db") for _ in range(2))
    mine.put_signals([a_signal()])
    assert mine.signals() == other.signals() == (a_signal(),)
    other.put_signals([a_signal(read_at=NOW + SECOND)])
    assert mine.signals("nof1") == (a_signal(read_at=NOW + SECOND),)
    mine.close()
    other.close()


def test_signals_read_inside_a_transaction_that_is_undone_are_forgotten(market):
    market.put_signals([a_signal()])
    with suppress(KeyError), market.transaction():
        market.put_signals([a_signal(agent="grok")])
        assert len(market.signals()) == 2
        raise KeyError
    assert market.signals() == (a_signal(),)
