"""What a credential's page shows beside its books: what rests on the exchange, fills, cycles, what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from nof1web.core.execution import Execution, executed
from nof1web.core.records import IntentStatus, Severity
from nof1web.core.trading import Fill
from nof1web.errors import Text
from nof1web.services.books import Book
from nof1web.services.context import Ports
from nof1web.services.open_orders import Resting, resting
from nof1web.services.stores import Cycle, Earned, EventFilter, TenantStore

_CYCLES = 12
_FILLS = 12
_TROUBLES = 8
_EXECUTED = 100


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

    resting: Resting
    fills: tuple[Fill, ...]
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
        resting=resting(p, store, book),
        fills=tuple(fill for _credential, fill in store.pages.fills(limit=_FILLS, credential_id=id).rows),
        cycles=cycles,
        median_ms=lengths[len(lengths) // 2] if lengths else None,
        troubles=_troubles(store, id),
        today=store.reports.earned(midnight, credential_id=id).get(id, Earned()),
        ever=store.reports.earned(credential_id=id).get(id, Earned()),
        execution=_execution(store, id),
    )


def _execution(store: TenantStore, credential_id: str) -> Execution | None:
    found = executed(store.journal.intents(credential_id, limit=_EXECUTED), shadow=False)
    return found if found.orders else None


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
