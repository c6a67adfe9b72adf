"""What a credential's page shows beside its books: what rests on the exchange, past cycles, what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core.execution import Execution, executed
from nof1web.core.records import Intent, IntentStatus, Severity
from nof1web.core.trading import Leg, Side
from nof1web.errors import Text
from nof1web.services.books import Book
from nof1web.services.context import Ports
from nof1web.services.stores import Cycle, Earned, EventFilter, TenantStore

_CYCLES = 12
_TROUBLES = 8
_EXECUTED = 100


@dataclass(frozen=True, slots=True)
class RestingRow:
    """An order that rests, or whose answer is awaited: a stop or target (`leg`, `trigger`), else a plain order.

    Quantity unsigned; `verified` says that a listing of the exchange has shown it.
    """

    symbol: str
    side: Side
    quantity: Decimal
    leg: Leg | None
    trigger: Decimal | None
    verified: bool
    tracker_id: str
    tracker: str
    at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that went wrong: a sentence, the exchange's code where it gave one, and which try it was."""

    at: datetime
    severity: Severity
    text: Text | None
    symbol: str
    tracker_id: str
    code: int | None = None
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class CycleRow:
    """A past cycle and how long it took, in whole milliseconds."""

    cycle: Cycle
    took_ms: int


@dataclass(frozen=True, slots=True)
class Beside:
    """Everything of a credential's page that is neither account nor position; `median_ms` of the cycles shown.

    `execution` tells how the newest real orders were executed, None before the first.
    """

    resting: tuple[RestingRow, ...]
    cycles: tuple[CycleRow, ...]
    median_ms: int | None
    troubles: tuple[Trouble, ...]
    today: Earned
    ever: Earned
    execution: Execution | None


def beside(p: Ports, store: TenantStore, book: Book) -> Beside:
    """Return what a credential's page shows beside account, positions, orders and verdicts."""
    id, midnight = book.credential.id, p.clock().replace(hour=0, minute=0, second=0, microsecond=0)
    cycles = tuple(_cycle(each) for each in store.reports.cycles(id, limit=_CYCLES))
    lengths = sorted(each.took_ms for each in cycles)
    return Beside(
        resting=_resting(store, book),
        cycles=cycles,
        median_ms=lengths[len(lengths) // 2] if lengths else None,
        troubles=_troubles(store, id),
        today=store.reports.earned(midnight).get(id, Earned()),
        ever=store.reports.earned().get(id, Earned()),
        execution=_execution(store, id),
    )


def _execution(store: TenantStore, credential_id: str) -> Execution | None:
    found = executed(store.journal.intents(credential_id, limit=_EXECUTED), shadow=False)
    return found if found.orders else None


def _resting(store: TenantStore, book: Book) -> tuple[RestingRow, ...]:
    rows = [
        RestingRow(
            symbol=each.symbol,
            side=each.side,
            quantity=each.quantity,
            leg=each.leg,
            trigger=each.trigger,
            verified=each.verified,
            tracker_id=each.tracker_id,
            tracker=book.name(each.tracker_id)[0],
            at=each.created_at,
            id=each.client_algo_id,
        )
        for each in book.protections
        if each.status.open
    ]
    rows += [_awaited(each, book) for each in store.journal.unresolved(book.credential.id)]
    return tuple(sorted(rows, key=lambda row: (row.symbol, row.leg or "", row.id)))


def _awaited(intent: Intent, book: Book) -> RestingRow:
    return RestingRow(
        symbol=intent.symbol,
        side=intent.side,
        quantity=intent.quantity,
        leg=None,
        trigger=intent.limit,
        verified=False,
        tracker_id=intent.tracker_id,
        tracker=book.name(intent.tracker_id)[0],
        at=intent.created_at,
        id=intent.client_order_id,
    )


def _cycle(cycle: Cycle) -> CycleRow:
    return CycleRow(cycle, (cycle.ended_at - cycle.began_at) // timedelta(milliseconds=1))


def _troubles(store: TenantStore, credential_id: str) -> tuple[Trouble, ...]:
    """Return the newest warnings and alarms, and the newest orders that the exchange refused."""
    told = [
        Trouble(each.at, each.severity, each.text, each.symbol, each.tracker_id)
        for severity in (Severity.WARNING, Severity.ALARM)
        for each in store.reports.events(EventFilter(credential_id, severity=severity), limit=_TROUBLES)
    ]
    refused = [
        Trouble(
            at=each.settled_at or each.created_at,
            severity=Severity.WARNING,
            text=None,
            symbol=each.symbol,
            tracker_id=each.tracker_id,
            code=each.exchange_code,
            attempt=each.attempt,
        )
        for each in store.journal.intents(credential_id, limit=50)
        if each.status is IntentStatus.REJECTED and each.exchange_code is not None
    ]
    return tuple(sorted(told + refused, key=lambda each: each.at, reverse=True)[:_TROUBLES])
