"""What monitoring counts over all accounts: orders by how they ended, cycles by how long they took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from nof1web.core.records import Intent
from nof1web.errors import Nof1Error
from nof1web.services.ports import AccountPorts, Tallies

BUCKETS_MS = (50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000)
"""the lengths of cycles that are told apart"""
LONGER = 0
"""the bucket of longer ones"""
ORDERS, CYCLES, SUM = "orders", "cycles", "ms"
SHADOW = "shadow"
_PAGE = 8


@dataclass(frozen=True, slots=True)
class CycleTimes:
    """How many cycles took how long: (longest ms of a bucket or LONGER, cycles in it alone), and the ms of them all."""

    buckets: tuple[tuple[int, int], ...]
    total_ms: int


def note_cycle(tallies: Tallies, took: timedelta) -> None:
    """Count one cycle by how long it took."""
    milliseconds = max(0, took // timedelta(milliseconds=1))
    bucket = next((each for each in BUCKETS_MS if milliseconds <= each), LONGER)
    tallies.add(CYCLES, {str(bucket): 1, SUM: milliseconds})


def cycle_times(tallies: Tallies) -> CycleTimes:
    """Return how long cycles took; Unavailable when nobody can tell."""
    found = tallies.read(CYCLES)
    return CycleTimes(tuple((each, found.get(str(each), 0)) for each in (*BUCKETS_MS, LONGER)), found.get(SUM, 0))


def orders_ended(tallies: Tallies) -> Mapping[str, int]:
    """Return how many orders ended how (see `ended`); Unavailable when nobody can tell."""
    return tallies.read(ORDERS)


@contextmanager
def counted(tallies: Tallies, ports: AccountPorts) -> Iterator[None]:
    """Count the account's orders that end within this block, by `ended`; a failure to count is none of the block's."""
    began_at, open_before = ports.clock(), frozenset[str]()
    with suppress(Nof1Error):
        open_before = frozenset(each.client_order_id for each in ports.store.journal.unresolved(ports.credential_id))
    try:
        yield
    finally:
        with suppress(Nof1Error):
            found = Counter(ended(each) for each in _touched(ports, began_at, open_before) if each.settled_at)
            if found:
                tallies.add(ORDERS, found)


def ended(intent: Intent) -> str:
    """Return how an order ended: the exchange's code for a refused one, `shadow`, else its status."""
    if intent.shadow:
        return SHADOW
    return str(intent.status if intent.exchange_code is None else intent.exchange_code)


def _touched(ports: AccountPorts, began_at: datetime, open_before: frozenset[str]) -> Iterable[Intent]:
    journal = ports.store.journal
    found, limit = journal.intents(ports.credential_id, limit=_PAGE), _PAGE
    while len(found) == limit and found[-1].created_at >= began_at:
        limit *= _PAGE
        found = journal.intents(ports.credential_id, limit=limit)
    yield from (each for each in found if each.created_at >= began_at)
    for order_id in open_before:
        intent = journal.intent_of(order_id)
        if intent is not None and intent.created_at < began_at:
            yield intent
