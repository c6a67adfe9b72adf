"""What is left of a credential that was removed: its orders and results, its events and the keys it had."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core.trading import Environment
from nof1web.errors import N_, NotFound
from nof1web.services.key_stores import PastKey, Removed
from nof1web.services.ports import Ports
from nof1web.services.rows import EventRow, Line, OrderRow
from nof1web.services.stores import TenantStore

_YEARS = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Remembered:
    """A removed credential's history, newest first; `realised` (USDT) sums these orders, shadow ones left out.

    `line` is its equity over time, oldest first.
    """

    credential: Removed
    orders: tuple[OrderRow, ...]
    events: tuple[EventRow, ...]
    keys: tuple[PastKey, ...]
    line: Line
    realised: Decimal


def remembered(p: Ports, user_id: str, credential_id: str, *, limit: int = 200) -> Remembered:
    """Return what is left of a removed credential, at most `limit` orders; NotFound for any other id."""
    with p.tenants(user_id) as store:
        found = next((each for each in store.keys.removed() if each.id == credential_id), None)
        if found is None:
            raise NotFound(N_("There is no removed credential %(name)s."), name=credential_id)
        orders = _orders(store, found, limit)
        return Remembered(
            credential=found,
            orders=orders,
            events=_events(store, found, limit),
            keys=store.keys.past(found.id),
            line=_line(store, found, found.removed_at),
            realised=sum(
                (each.intent.realised or Decimal(0) for each in orders if not each.intent.shadow), Decimal(0)
            ),
        )


def _orders(store: TenantStore, found: Removed, limit: int) -> tuple[OrderRow, ...]:
    trackers = {each.id: each for each in store.trackers.all(found.id)}
    rows = []
    for intent in store.journal.intents(found.id, limit=limit):
        tracker = trackers.get(intent.tracker_id)
        names = (tracker.name, tracker.agent) if tracker else ("", "")
        rows.append(OrderRow(intent, found.name, Environment(found.environment), *names))
    return tuple(rows)


def _events(store: TenantStore, found: Removed, limit: int) -> tuple[EventRow, ...]:
    environment = Environment(found.environment)
    return tuple(
        EventRow(
            id=each.id, at=each.at, severity=each.severity, kind=each.kind, text=each.text, credential_id=found.id,
            credential=found.name, environment=environment, tracker_id=each.tracker_id, symbol=each.symbol,
        )
        for each in store.chronicle.events(limit=limit, credential_id=found.id)
    )  # fmt: skip


def _line(store: TenantStore, found: Removed, until: datetime) -> Line:
    return tuple((point.at, point.equity) for point in store.credentials.equity(found.id, until - _YEARS))
