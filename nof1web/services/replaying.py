"""A stored stretch of a source once more: the same payloads at the same times give the same signals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from nof1web.core import readings
from nof1web.core.readings import Seen
from nof1web.core.signals import Reading
from nof1web.errors import FeedError
from nof1web.services.stores import MarketStore, Recorded

Parse = Callable[[bytes], Reading]
Known = tuple[datetime, Seen]
"""a checkpoint: what was known before the reads from this time on"""
_KEPT = Decimal("1e-8")
"""USD; as exactly as an equity is kept, and so decided with"""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was known right after one read, and the last price (USDT) of each symbol that its agents had shown."""

    at: datetime
    seen: Seen
    marks: Mapping[str, Decimal]


def replay(
    market: MarketStore, source: str, parse: Parse, *, since: datetime, until: datetime
) -> Iterator[tuple[datetime, Seen]]:
    """Yield after each read from `since` on and before `until` what was known then, oldest first.

    It begins at the newest checkpoint no later than `since`, or with nothing known when there is none: then what is
    younger than the first kept read counts as new. `parse` is the source's own (Feed.parse).
    """
    for moment in stretch(market, source, parse, since=since, until=until):
        yield moment.at, moment.seen


def stretch(
    market: MarketStore, source: str, parse: Parse, *, since: datetime, until: datetime
) -> Iterator[Moment]:
    """Yield the moments of a stretch as `replay` does."""
    began_at, seen = market.recordings.seen_at(source, since) or (since, Seen(source))
    reads = market.recordings.between(source, began_at, until)
    known = market.recordings.checkpoints(source, began_at, until)
    for moment in moments(seen, reads, parse, known):
        if moment.at >= since:
            yield moment


def moments(seen: Seen, reads: Iterable[Recorded], parse: Parse, known: Iterable[Known] = ()) -> Iterator[Moment]:
    """Yield what is known after each read, beginning with what was known before the first.

    It goes on from each of the checkpoints `known` (oldest first) that it passes: what was forgotten between two reads
    is in no payload.
    """
    marks, ahead = _entries(seen), iter(known)
    following = next(ahead, None)
    for read in reads:
        while following is not None and following[0] <= read.at:
            seen, following = following[1], next(ahead, None)
            marks = {**_entries(seen), **marks}
        seen, shown = step(seen, read, parse)
        marks = {**marks, **shown}
        yield Moment(read.at, seen, marks)


def step(seen: Seen, read: Recorded, parse: Parse) -> tuple[Seen, Mapping[str, Decimal]]:
    """Return what is known after one recorded read, and the prices that it showed."""
    if read.again:
        return readings.read_again(seen, read.at), {}
    if read.raw is None:
        return readings.failed(seen), {}
    try:
        reading = parse(read.raw)
    except FeedError:
        # Only a payload that an older version could read: the signals age, as after any failed read.
        return readings.failed(seen), {}
    return _as_kept(readings.read(seen, reading, read.at)), _marks(reading)


def _as_kept(seen: Seen) -> Seen:
    signals = {agent: replace(each, equity=each.equity.quantize(_KEPT)) for agent, each in seen.signals.items()}
    return replace(seen, signals=signals)


def _entries(seen: Seen) -> dict[str, Decimal]:
    return {position.symbol: position.entry_price for each in seen.signals.values() for position in each.positions}


def _marks(reading: Reading) -> Mapping[str, Decimal]:
    """The newest record's price counts; a source without prices shows at least at what was entered."""
    found: dict[str, Decimal] = {}
    for record in sorted(reading.records, key=lambda each: (each.recorded_at, each.agent)):
        for position in record.positions:
            price = position.mark or position.entry_price
            if price:
                found[position.symbol] = price
    return found
