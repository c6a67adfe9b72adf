"""What sources said: the newest per agent, and what changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

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
