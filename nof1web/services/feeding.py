"""Reading a source once for everybody: payload to signals, everything kept as it came, with honest health."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from nof1web.core import book, readings
from nof1web.core.readings import Seen
from nof1web.core.signals import Reading
from nof1web.errors import N_, FeedError, Nof1Error, Text, Transient
from nof1web.services import remembering_agents
from nof1web.services.ports import Feed
from nof1web.services.stores import MarketStore, Recorded, SourceState

CHECKPOINT = timedelta(hours=1)
"""how far apart the moments are at which a replay can begin"""
KEEP = timedelta(days=7)
KEEP_EQUITIES = timedelta(days=90)
"""for as long as statistics look back"""
_UNREAD = N_("What it says of these agents is not understood, so nothing is done because of it: %(agents)s")
_UNTOLD = N_("Not everything could be read of these agents; it is tried again: %(agents)s")
_TOO_LONG = N_("It was not read to its end in time. It will be read again.")
_MOST, _LONGEST = 5, 60


def read_source(feed: Feed, market: MarketStore, now: datetime, *, keep: timedelta = KEEP) -> frozenset[str]:
    """Read a source once; return the agents of which something changed that can lead to a decision.

    Also those of earlier reads of which nobody was `told` yet, because a process died in between.
    A failed read is noted and changes no signal: those only age, until a few in a row hold them all (DESIGN §5
    rule 1). Raises nothing for it. What was read is kept word for word, for `keep`.
    """
    state = market.source_state(feed.name) or SourceState(feed.name, now, None, None, None)
    try:
        reading = feed.read(state.marker)
    except (FeedError, Transient) as error:
        _note_failure(market, state, error, now)
        return market.untold(feed.name)
    reading = None if reading is None else readings.dated(reading, now)
    before = seen(market, state)
    after = readings.read_again(before, now) if reading is None else readings.read(before, reading, now)
    with market.transaction():
        _keep(market, before, reading, now, keep)
        if reading is not None:
            remembering_agents.worths(market, after, reading)
        news = _store(market, before, after, now)
        remembering_agents.trades(market, before, after, reading)
        market.put_source_state(
            replace(
                state,
                tried_at=now,
                good_at=now,
                error=_not_understood(state, reading),
                marker=state.marker if reading is None else reading.marker,
                failures=0,
                unusable=False,
                held=False,
                changed_at=now if news else state.changed_at,
                next_at=None,
            )
        )
    return market.untold(feed.name)


def ended_by_deadline(market: MarketStore, source: str, now: datetime) -> None:
    """Note that a read of this source was ended because it took too long: a failed one like any other."""
    state = market.source_state(source) or SourceState(source, now, None, None, None)
    _note_failure(market, state, Transient(_TOO_LONG), now)


def _not_understood(state: SourceState, reading: Reading | None) -> Text | None:
    """What a good read leaves to be said: whose part of it was not understood, also when it is the same as before."""
    if reading is None:
        return None if state.failures else state.error
    template, agents = (_UNREAD, reading.unread) if reading.unread else (_UNTOLD, reading.untold)
    # A name may be anything that JSON can say.
    names = [name.encode(errors="replace").decode()[:_LONGEST] for name in agents[:_MOST]]
    return Text(template, {"agents": ", ".join(names) + ("…" if agents[_MOST:] else "")}) if names else None


def seen(market: MarketStore, state: SourceState) -> Seen:
    """Return all that is stored of a source."""
    signals = {signal.agent: signal for signal in market.signals(state.source)}
    return Seen(state.source, signals, market.accounts.all(state.source), state.failures)


def _store(market: MarketStore, before: Seen, after: Seen, now: datetime) -> frozenset[str]:
    known = before.signals
    changed = {agent: signal for agent, signal in after.signals.items() if signal != known.get(agent)}
    news = frozenset(agent for agent, signal in changed.items() if book.news(known.get(agent), signal, now))
    counted = frozenset(agent for agent in news if book.only_counted(known.get(agent), changed[agent], now))
    market.put_signals(changed.values(), news=news, counted=counted)
    accounts = {name: each for name, each in after.accounts.items() if each != before.accounts.get(name)}
    market.accounts.put(after.source, accounts)
    return news


def _keep(market: MarketStore, before: Seen, reading: Reading | None, now: datetime, keep: timedelta) -> None:
    last = market.recordings.last_checkpoint_at(before.source)
    if last is None or now - last >= CHECKPOINT:
        market.recordings.checkpoint(now, before)
        market.recordings.forget(now - keep)
        market.forget(before.source, before.signals, signals=now - keep, equities=now - KEEP_EQUITIES)
    again = reading is None or readings.nothing_new(before, reading)
    market.recordings.put(before.source, Recorded(now, reading.raw if reading and not again else None, again=again))


def _note_failure(market: MarketStore, state: SourceState, error: Nof1Error, now: datetime) -> None:
    before = seen(market, state)
    after = readings.failed(before)
    wait = error.retry_after if isinstance(error, Transient) else None
    with market.transaction():
        market.recordings.put(state.source, Recorded(now, None))
        _store(market, before, after, now)
        market.put_source_state(
            replace(
                state,
                tried_at=now,
                error=error.text,
                # The page that is asked for may be the reason, as one that another season has not reached.
                marker=None if isinstance(error, FeedError) else state.marker,
                failures=after.failures,
                unusable=isinstance(error, FeedError),
                held=after.held,
                next_at=None if wait is None else now + timedelta(seconds=wait),
            )
        )
