"""What happened, as rows: orders, verdicts in words, events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nof1web.core.records import Credential, Event, Tracker, Verdict
from nof1web.core.refusals import words
from nof1web.services.books import Book
from nof1web.services.rows import EventRow, OrderRow, VerdictRow
from nof1web.services.stores import TenantStore


def order_rows(
    store: TenantStore, book: Book, *, tracker_id: str | None = None, limit: int = 20
) -> tuple[OrderRow, ...]:
    """Return the newest journaled orders of a credential, or of one tracker of it."""
    intents = store.journal.intents(book.credential.id, limit=limit, tracker_id=tracker_id)
    owner = book.credential
    return tuple(OrderRow(intent, owner.name, owner.environment, *book.name(intent.tracker_id)) for intent in intents)


def verdict_rows(verdicts: Iterable[Verdict], trackers: Mapping[str, Tracker]) -> tuple[VerdictRow, ...]:
    """Return verdicts in words, newest first; those of trackers not given are left out."""
    rows = []
    for v in verdicts:
        tracker = trackers.get(v.tracker_id)
        if tracker is None:
            continue
        rows.append(
            VerdictRow(
                tracker_id=v.tracker_id,
                tracker=tracker.name,
                agent=tracker.agent,
                symbol=v.symbol,
                epoch=v.epoch,
                verdict=v.verdict,
                code=v.code,
                text=words(v.code, v.numbers),
                numbers=v.numbers,
                decided_at=v.decided_at,
            )
        )
    return tuple(sorted(rows, key=lambda row: row.decided_at, reverse=True))


def event_rows(events: Iterable[Event], owners: Mapping[str, Credential]) -> tuple[EventRow, ...]:
    """Return events with the names and environments of their credentials."""
    return tuple(
        EventRow(
            id=e.id,
            at=e.at,
            severity=e.severity,
            kind=e.kind,
            text=e.text,
            credential_id=e.credential_id,
            credential=owners[e.credential_id].name if e.credential_id in owners else "",
            environment=owners[e.credential_id].environment if e.credential_id in owners else None,
            tracker_id=e.tracker_id,
            symbol=e.symbol,
        )
        for e in events
    )
