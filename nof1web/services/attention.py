"""What needs a person now, derived from how things stand, the most urgent first; it goes away by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nof1web.core.health import Health
from nof1web.core.records import CredentialState, Severity
from nof1web.errors import N_, Text
from nof1web.services.books import Book
from nof1web.services.rows import CredentialRow
from nof1web.services.stores import EventFilter, TenantStore

_OVERDUE = timedelta(seconds=20)
_LATELY = timedelta(hours=12)
_MOST_ALARMS = 4


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing to look at: how bad, in a sentence, where it is mended, and since when (None: it just is so).

    `detail` is what somebody else said about it, a sentence of its own so that it can be translated.
    """

    severity: Severity
    text: Text
    path: str
    at: datetime | None = None
    detail: Text | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """An agent somebody follows with a started tracker: its name for people and how fresh its signal is."""

    name: str
    health: Health


def found(
    store: TenantStore,
    rows: Sequence[CredentialRow],
    books: Sequence[Book],
    followed: Sequence[Followed],
    now: datetime,
) -> tuple[Attention, ...]:
    """Return what needs a person, alarms first."""
    everything = [
        *(each for row, book in zip(rows, books, strict=True) for each in _of_credential(row, book, now)),
        *_of_agents(followed),
        *_alarms(store, now),
    ]
    ranks = {Severity.ALARM: 0, Severity.WARNING: 1, Severity.INFO: 2}
    return tuple(sorted(everything, key=lambda each: ranks[each.severity]))


def overdue(book: Book, now: datetime) -> bool:
    """Whether a credential's next cycle should have run already: its worker is stuck or gone."""
    credential = book.credential
    due = credential.enabled and credential.state.polls and credential.wake_at is not None
    return bool(due and credential.wake_at and now - credential.wake_at > _OVERDUE)


def _of_credential(row: CredentialRow, book: Book, now: datetime) -> Iterator[Attention]:
    path, name = f"/credentials/{row.credential_id}", {"name": row.name}
    if row.state is CredentialState.LOCKED:
        yield Attention(Severity.ALARM, Text(N_("%(name)s is locked. Test its connection first."), name), path)
    elif row.last_error:
        text = Text(N_("%(name)s has a problem."), name)
        yield Attention(Severity.WARNING, text, path, detail=row.last_error)
    if row.unattended:
        numbers = {**name, "count": row.unattended}
        text = Text(N_("Nothing is closed for %(name)s while it does not poll; open positions: %(count)s."), numbers)
        yield Attention(Severity.WARNING, text, path)
    if row.state is CredentialState.HALTED:
        text = Text(N_("%(name)s is halted: no entry is sent until a person ends the halt; closes still flow."), name)
        yield Attention(Severity.WARNING, text, "/halt" if row.halted_above else path)
    if overdue(book, now):
        text = Text(N_("%(name)s is overdue: no worker has run its next cycle."), name)
        yield Attention(Severity.ALARM, text, path, book.credential.wake_at)
    for symbol, why in book.stopped.items():
        text = Text(N_("%(name)s makes no entry in %(symbol)s."), {**name, "symbol": symbol})
        yield Attention(Severity.WARNING, text, path, detail=why)


def _of_agents(followed: Sequence[Followed]) -> Iterator[Attention]:
    for agent in followed:
        if agent.health.holds:
            text = Text(
                N_("The signal of %(agent)s is not fresh: nothing is opened or closed because of it."),
                {"agent": agent.name},
            )
            yield Attention(Severity.WARNING, text, "/agents")


def _alarms(store: TenantStore, now: datetime) -> Iterator[Attention]:
    for event in store.reports.events(EventFilter(severity=Severity.ALARM), limit=_MOST_ALARMS):
        if now - event.at < _LATELY:
            path = f"/credentials/{event.credential_id}" if event.credential_id else "/activity?severity=alarm"
            yield Attention(Severity.ALARM, event.text, path, event.at)
