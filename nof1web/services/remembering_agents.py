"""What is noted of agents as they are read, for their statistics: marks, closed positions, worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from nof1web.core import book, readings
from nof1web.core.readings import Seen
from nof1web.core.rounding import plain
from nof1web.core.signals import AgentRecord, Reading, RecordedPosition
from nof1web.core.trades import closed_between
from nof1web.core.worth import followed
from nof1web.services.stores import MarketStore


def worths(market: MarketStore, after: Seen, reading: Reading) -> None:
    """Go on with each agent's funds; also of one whose book is as it was, since its equity isn't."""
    for agent, record in _shown(after, reading).items():
        before = market.worths.of(after.source, agent)
        now = followed(before, record)
        if now is not None and now is not before:
            market.worths.put(after.source, agent, now)


def trades(market: MarketStore, before: Seen, after: Seen, reading: Reading | None) -> None:
    """Keep the marks of what is held, and what was closed at the marks that were known."""
    records = {} if reading is None else _shown(after, reading)
    valued = {record.agent for record in reading.present} if reading else frozenset()
    for agent, signal in after.signals.items():
        known = before.signals.get(agent)
        last = market.trades.marks(after.source, agent)
        prices = {symbol: Decimal(text) for symbol, text in last.items()}
        closed = list(closed_between(known, signal, prices)) if known is not None else []
        if closed or known is None or agent in valued or known.recorded_at != signal.recorded_at:
            # Also of what the record lacks, for as long as that isn't confirmed.
            held = {each.symbol for each in book.shown(signal, signal.read_at)}
            shown = _marks(records[agent].positions) if agent in records else {}
            marks = {**{symbol: text for symbol, text in last.items() if symbol in held}, **shown}
            if closed or marks != last:
                market.trades.put(after.source, agent, marks, closed)


def _shown(after: Seen, reading: Reading) -> Mapping[str, AgentRecord]:
    whole = replace(reading, records=reading.records + reading.present)
    return readings.by_agent(whole, dict(after.accounts))


def _marks(positions: Iterable[RecordedPosition]) -> Mapping[str, str]:
    return {each.symbol: plain(each.mark) for each in positions if each.mark is not None}
