"""A stored stretch of a source once more: the same payloads at the same times give the same signals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from nof1web.core import readings
from nof1web.core.readings import Seen
from nof1web.core.signals import Reading
from nof1web.errors import FeedError
from nof1web.services.stores import MarketStore, Recorded

Parse = Callable[[bytes], Reading]


def replay(
    market: MarketStore, source: str, parse: Parse, *, since: datetime, until: datetime
) -> Iterator[tuple[datetime, Seen]]:
    """Yield after each read from `since` on and before `until` what was known then, oldest first.

    It begins at the newest checkpoint no later than `since`, or with nothing known when there is none: then what is
    younger than the first kept read counts as new. `parse` is the source's own (Feed.parse).
    """
    began_at, seen = market.recordings.seen_at(source, since) or (since, Seen(source))
    for read in market.recordings.between(source, began_at, until):
        seen = step(seen, read, parse)
        if read.at >= since:
            yield read.at, seen


def step(seen: Seen, read: Recorded, parse: Parse) -> Seen:
    """Return what is known after one recorded read."""
    if read.again:
        return readings.read_again(seen, read.at)
    if read.raw is None:
        return readings.failed(seen)
    try:
        return readings.read(seen, parse(read.raw), read.at)
    except FeedError:
        # Only a payload that an older version could read: the signals age, as after any failed read.
        return readings.failed(seen)
