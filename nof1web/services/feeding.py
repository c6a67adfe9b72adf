"""Reading a source once for everybody: payload to signals, with honest health."""

from __future__ import annotations

from datetime import datetime

from nof1web.core import book
from nof1web.core.signals import Reading, Signal
from nof1web.errors import FeedError, Text, Transient
from nof1web.services.ports import Feed
from nof1web.services.stores import MarketStore, SourceState


def read_source(feed: Feed, market: MarketStore, now: datetime) -> frozenset[str]:
    """Read a source once; return the agents of which something changed that can lead to a decision.

    Also those of earlier reads of which nobody was `told` yet, because a process died in between.
    A failed read is noted and changes no signal: those only age (DESIGN §5 rule 1). Raises nothing for it.
    """
    state = market.source_state(feed.name)
    marker = state.marker if state else None
    try:
        reading = feed.read(marker)
    except (FeedError, Transient) as error:
        _note_failure(market, feed.name, state, error.text, now)
        return market.untold(feed.name)
    if reading is None:
        _read_again(market, feed.name, now)
    else:
        _advance(market, reading, now)
        marker = reading.marker
    market.put_source_state(SourceState(feed.name, now, now, None, marker, 0))
    return market.untold(feed.name)


def _advance(market: MarketStore, reading: Reading, now: datetime) -> None:
    records = {record.agent: record for record in reading.records}
    known = {signal.agent: signal for signal in market.signals(reading.source)}
    after: dict[str, Signal] = {}
    for agent in records.keys() | known.keys():
        record = records.get(agent)
        if agent in known:
            after[agent] = book.advance(known[agent], record, now)
        elif record is not None:
            after[agent] = book.first(reading.source, record, now)
    _store(market, known, after, now)


def _read_again(market: MarketStore, source: str, now: datetime) -> None:
    """The source says nothing changed: a good read of the same records."""
    known = {signal.agent: signal for signal in market.signals(source)}
    after = {agent: book.same_again(signal, now) for agent, signal in known.items()}
    _store(market, known, after, now)


def _store(market: MarketStore, known: dict[str, Signal], after: dict[str, Signal], now: datetime) -> None:
    news = frozenset(agent for agent, signal in after.items() if book.news(known.get(agent), signal, now))
    market.put_signals(after.values(), news=news)


def _note_failure(market: MarketStore, source: str, state: SourceState | None, error: Text, now: datetime) -> None:
    good_at, marker = (state.good_at, state.marker) if state else (None, None)
    failures = (state.failures if state else 0) + 1
    market.put_source_state(SourceState(source, now, good_at, error, marker, failures))
