"""Answers what a person asks to see: one call per page, read from the tenant's store at live marks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain

from nof1web.core.book import health_at, shown
from nof1web.core.records import Tracker
from nof1web.core.settings import of
from nof1web.core.signals import Signal
from nof1web.core.trading import Environment
from nof1web.errors import N_, NotFound
from nof1web.services.histories import event_rows, order_rows, verdict_rows
from nof1web.services.ports import Ports
from nof1web.services.reading import (
    Book,
    credential_row,
    environments,
    epoch_rows,
    position_rows,
    read_book,
    read_books,
    tracker_rows,
)
from nof1web.services.rows import (
    AgentPosition,
    AgentView,
    CredentialRow,
    EventRow,
    Line,
    PositionRow,
    SourceRow,
    Total,
    VerdictRow,
)
from nof1web.services.standing import standing
from nof1web.services.stores import TenantStore
from nof1web.services.views import CredentialView, Overview, TrackerView

_ZERO = Decimal(0)
_SAMPLES = 96
_MICRO = timedelta(microseconds=1)


def overview(p: Ports, user_id: str, *, missed: int = 0) -> Overview:
    """Return everything of a tenant at a glance, with no fewer than `missed` of the newest events."""
    with p.tenants(user_id) as store:
        books = read_books(p, store)
        rows = tuple(credential_row(p, store, book) for book in books)
        return Overview(
            totals=tuple(total(rows, environment) for environment in environments(books)),
            credentials=rows,
            positions=_sorted(chain.from_iterable(position_rows(book) for book in books)),
            events=_events(store, limit=max(12, missed)),
            sources=sources(p),
            last_event_id=store.chronicle.last_event_id(),
        )


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


def history(p: Ports, user_id: str, *, tracker_id: str | None = None, limit: int = 200) -> tuple[VerdictRow, ...]:
    """Return what became of each signal, newest first, of all trackers or of one; NotFound for an unknown id."""
    with p.tenants(user_id) as store:
        trackers = {tracker.id: tracker for tracker in store.trackers.all()}
        if tracker_id is not None and tracker_id not in trackers:
            raise NotFound(N_("There is no such tracker."))
        return verdict_rows(store.chronicle.verdict_history(tracker_id=tracker_id, limit=limit), trackers)


def total(rows: tuple[CredentialRow, ...], environment: Environment) -> Total:
    """Return the sum of an environment's credentials; those never synced count nothing."""
    mine = [row for row in rows if row.environment is environment]
    equity = sum((row.equity for row in mine if row.equity is not None), _ZERO)
    changes = [row.today for row in mine if row.today is not None]
    today = sum(changes, _ZERO) if changes else None
    before = equity - (today or _ZERO)
    return Total(
        environment=environment,
        equity=equity,
        unrealised=sum((row.unrealised for row in mine if row.unrealised is not None), _ZERO),
        margin=sum((row.margin for row in mine if row.margin is not None), _ZERO),
        today=today,
        today_share=today / before * 100 if today is not None and before else None,
        line=joined([row.line for row in mine if row.line]),
    )


def joined(lines: list[Line]) -> Line:
    """Return the sum of several lines at evenly spaced times.

    Before its first point a line counts with its first amount: the sum shows gains and losses,
    not that an account was added.
    """
    if not lines:
        return ()
    start, end = min(line[0][0] for line in lines), max(line[-1][0] for line in lines)
    if start == end:
        return ((end, sum((line[-1][1] for line in lines), _ZERO)),)
    times = [start + (end - start) * step / _SAMPLES for step in range(_SAMPLES + 1)]
    columns = zip(*(_sampled(line, times) for line in lines), strict=True)
    return tuple((at, sum(amounts, _ZERO)) for at, amounts in zip(times, columns, strict=True))


def _sampled(line: Line, times: list[datetime]) -> list[Decimal]:
    """Return a line's amounts at these times, in between on the straight way from point to point."""
    out, index = [], 0
    for at in times:
        while index + 1 < len(line) and line[index + 1][0] <= at:
            index += 1
        (since, amount), (until, later) = line[index], line[min(index + 1, len(line) - 1)]
        if at > since and until > since:
            amount += (later - amount) * Decimal((at - since) // _MICRO) / Decimal((until - since) // _MICRO)
        out.append(amount)
    return out


def _book(p: Ports, store: TenantStore, credential_id: str) -> Book:
    found = store.credentials.get(credential_id)
    if found is None or found.id != credential_id:
        raise NotFound(N_("There is no such credential."))
    return read_book(store, found, p.bus.marks(p.host(found.environment)))


def _events(
    store: TenantStore, *, limit: int, after: int = 0, credential_id: str | None = None
) -> tuple[EventRow, ...]:
    owners = {credential.id: credential for credential in store.credentials.all()}
    return event_rows(store.chronicle.events(after=after, limit=limit, credential_id=credential_id), owners)


def _present(store: TenantStore, book: Book, *, only: Tracker | None = None) -> tuple[VerdictRow, ...]:
    trackers = {only.id: only} if only else dict(book.by_id)
    return verdict_rows(store.chronicle.verdicts(only.id if only else None), trackers)


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
        recorded_at=signal.recorded_at,
        age_s=_age(p, signal.recorded_at),
        health=health_at(signal, p.clock()),
        positions=tuple(rows),
        unmapped=signal.unmapped,
        line=p.market.equity_history(signal.source, signal.agent, p.clock() - timedelta(days=1)),
    )


def _age(p: Ports, at: datetime) -> int:
    return max(0, int((p.clock() - at).total_seconds()))


def _sorted(rows: Iterable[PositionRow]) -> tuple[PositionRow, ...]:
    return tuple(sorted(rows, key=lambda row: (row.shadow, -row.notional, row.credential, row.symbol)))
