"""Answers what a person asks to see: one call per page, read from the tenant's store at live marks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain

from nof1web.core.book import health_at, seen_at, shown
from nof1web.core.records import Tracker
from nof1web.core.settings import of
from nof1web.core.signals import Signal
from nof1web.core.trading import Environment
from nof1web.errors import N_, NotFound
from nof1web.services.account_pages import beside
from nof1web.services.books import Book, read_book, read_books
from nof1web.services.histories import event_rows, order_rows, verdict_rows
from nof1web.services.ports import Ports
from nof1web.services.reading import credential_row, epoch_rows, equity, position_rows, tracker_rows
from nof1web.services.rows import (
    AgentPosition,
    AgentView,
    EventRow,
    PositionRow,
    SourceRow,
    VerdictRow,
)
from nof1web.services.standing import standing
from nof1web.services.stores import TenantStore
from nof1web.services.views import Accounts, CredentialView, TrackerView


def accounts(p: Ports, user_id: str) -> Accounts:
    """Return all of a tenant's credentials."""
    with p.tenants(user_id) as store:
        rows = tuple(credential_row(p, store, book) for book in read_books(p, store))
        return Accounts(rows, store.chronicle.last_event_id())


def credential(p: Ports, user_id: str, credential_id: str, *, missed: int = 0) -> CredentialView:
    """Return a credential's page with no fewer than `missed` of its newest events; NotFound for an unknown id."""
    with p.tenants(user_id) as store:
        book = _book(p, store, credential_id)
        return CredentialView(
            credential=credential_row(p, store, book),
            positions=position_rows(book),
            standing=standing(p, store, book),
            orders=order_rows(store, book),
            verdicts=_present(store, book),
            events=_events(store, limit=max(12, missed), credential_id=book.credential.id),
            last_event_id=store.chronicle.last_event_id(),
            beside=beside(p, store, book),
        )


def tracker(p: Ports, user_id: str, tracker_id: str, *, missed: int = 0) -> TrackerView:
    """Return a tracker's page with no fewer than `missed` of the newest events; NotFound for an unknown id."""
    with p.tenants(user_id) as store:
        found = store.trackers.get(tracker_id)
        if found is None or found.id != tracker_id:
            raise NotFound(N_("There is no such tracker."))
        book = _book(p, store, found.credential_id)
        epochs = store.trackers.epochs(found.credential_id, since=p.clock() - timedelta(days=2))
        signal = p.market.signal(found.source, found.agent)
        return TrackerView(
            row=next(row for row in tracker_rows(book) if row.tracker_id == found.id),
            tracker=found,
            settings=of(found),
            credential=credential_row(p, store, book),
            agent=_agent(p, signal, environment=book.credential.environment) if signal else None,
            epochs=epoch_rows(book, [e for e in epochs if e.tracker_id == found.id]),
            orders=order_rows(store, book, tracker_id=found.id, limit=10),
            verdicts=_present(store, book, only=found),
            events=_events(store, limit=max(8, missed), credential_id=found.credential_id),
            last_event_id=store.chronicle.last_event_id(),
        )


def positions(p: Ports, user_id: str, credential_id: str | None = None) -> tuple[PositionRow, ...]:
    """Return a tenant's positions and shadow holdings, of one credential or of all."""
    with p.tenants(user_id) as store:
        if credential_id is not None:
            return position_rows(_book(p, store, credential_id))
        return _sorted(chain.from_iterable(position_rows(book) for book in read_books(p, store)))


def equities(p: Ports, user_id: str) -> Mapping[str, Decimal | None]:
    """Return the equity of each of a tenant's credentials at live marks, by id; None before its first reading."""
    with p.tenants(user_id) as store:
        books = read_books(p, store)
        return {book.credential.id: equity(book) for book in books}


def equity_of(p: Ports, user_id: str, credential_id: str) -> Decimal | None:
    """Return one credential's equity at live marks, None before its first reading; NotFound for an unknown id."""
    with p.tenants(user_id) as store:
        return equity(_book(p, store, credential_id))


def agents(p: Ports) -> tuple[AgentView, ...]:
    """Return every agent of every source with its book, best equity first."""
    environment = Environment.TESTNET if p.demo else Environment.LIVE
    views = (_agent(p, signal, environment=environment) for signal in p.market.signals())
    return tuple(sorted(views, key=lambda view: (view.source, -view.equity)))


def sources(p: Ports) -> tuple[SourceRow, ...]:
    """Return how each source that can be followed is doing."""
    states = {state.source: state for state in p.market.source_states()}
    rows = []
    for name in p.sources:
        state = states.get(name)
        good_at = state.good_at if state else None
        age = _age(p, good_at) if good_at else None
        rows.append(SourceRow(name=name, good_at=good_at, age_s=age, error=state.error if state else None))
    return tuple(rows)


def events(p: Ports, user_id: str, *, after: int = 0, limit: int = 200) -> tuple[EventRow, ...]:
    """Return a tenant's events newer than `after`, newest first."""
    with p.tenants(user_id) as store:
        return _events(store, after=after, limit=limit)


def _book(p: Ports, store: TenantStore, credential_id: str) -> Book:
    found = store.credentials.get(credential_id)
    if found is None or found.id != credential_id:
        raise NotFound(N_("There is no such credential."))
    return read_book(store, found, p.bus.marks(p.host(found.environment)), p.clock())


def _events(
    store: TenantStore, *, limit: int, after: int = 0, credential_id: str | None = None
) -> tuple[EventRow, ...]:
    owners = {credential.id: credential for credential in store.credentials.all()}
    return event_rows(store.chronicle.events(after=after, limit=limit, credential_id=credential_id), owners)


def _present(store: TenantStore, book: Book, *, only: Tracker | None = None) -> tuple[VerdictRow, ...]:
    trackers = {only.id: only} if only else book.by_id
    return verdict_rows(chain.from_iterable(map(store.chronicle.verdicts, trackers)), trackers)


def _agent(p: Ports, signal: Signal, *, environment: Environment) -> AgentView:
    marks = p.bus.marks(p.host(environment))
    rows = []
    for position in shown(signal, p.clock()):
        mark = marks.get(position.symbol)
        rows.append(
            AgentPosition(
                symbol=position.symbol,
                epoch=position.epoch,
                quantity=position.quantity,
                entry=position.entry_price,
                mark=mark,
                unrealised=None if mark is None else position.quantity * (mark - position.entry_price),
                leverage=position.leverage,
                stop=position.stop,
                target=position.target,
                first_seen_at=position.first_seen_at,
                missing=position.missing is not None,
            )
        )
    return AgentView(
        source=signal.source,
        agent=signal.agent,
        equity=signal.equity,
        recorded_at=seen_at(signal),
        age_s=_age(p, seen_at(signal)),
        health=health_at(signal, p.clock()),
        positions=tuple(rows),
        unmapped=signal.unmapped,
        line=p.market.equity_history(signal.source, signal.agent, p.clock() - timedelta(days=1)),
    )


def _age(p: Ports, at: datetime) -> int:
    return max(0, int((p.clock() - at).total_seconds()))


def _sorted(rows: Iterable[PositionRow]) -> tuple[PositionRow, ...]:
    return tuple(sorted(rows, key=lambda row: (row.shadow, -row.notional, row.credential, row.symbol)))
