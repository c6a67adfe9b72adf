"""The orders that rest on an account, everybody's: read when a person looks, since reading them costs much weight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core.open_orders import OpenOrder
from nof1web.core.records import Credential, CredentialState, Intent, Protection
from nof1web.core.trading import Leg, Side
from nof1web.errors import CredentialRefused, ExchangeError, OverBudget
from nof1web.services.books import Book
from nof1web.services.ports import AccountPorts, Ports
from nof1web.services.recognising import Whose, whose
from nof1web.services.stores import TenantStore
from nof1web.services.syncing import run_sync

FRESH = timedelta(minutes=2)
"""how long a reading serves a page that is opened"""
PATIENCE = timedelta(minutes=1)
"""how long a wish is waited for before it is given up, or may be uttered again"""
APART = timedelta(seconds=20)
"""how far readings are apart at least, however often somebody asks"""


@dataclass(frozen=True, slots=True)
class RestingRow:
    """An order that rests, or whose answer is awaited (`awaited`). Quantities unsigned.

    `own`: a tracker's, known here; else `owner` tells whose mark it has. `leg` is a tracker's stop or target, `kind`
    the exchange's word for others'. `verified` says that a listing of the exchange has shown it.
    """

    id: str
    symbol: str
    side: Side
    quantity: Decimal
    executed: Decimal
    price: Decimal | None
    trigger: Decimal | None
    leg: Leg | None
    kind: str
    own: bool
    owner: Whose
    verified: bool
    awaited: bool
    whole: bool
    tracker_id: str
    tracker: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Resting:
    """All open orders of an account: own ones as they are known now, others' as of `read_at` (None: never read).

    `asked`: a reading is under way. `failed`: the last one was given up. `due`: whoever opens the page has them read.
    """

    rows: tuple[RestingRow, ...]
    read_at: datetime | None
    asked: bool
    failed: bool
    due: bool

    @property
    def foreign(self) -> int:
        """How many of them no tracker placed."""
        return sum(not row.own for row in self.rows)


def readable(credential: Credential) -> bool:
    """Whether the exchange may be asked: the key works as far as known, and the person hasn't disabled it."""
    return credential.enabled and credential.state is not CredentialState.LOCKED


def ask(p: Ports, user_id: str, credential: Credential) -> bool:
    """Have a worker read a credential's open orders; return whether it was asked.

    Not where the exchange may not be asked, while a wish is young, or right after a reading, whatever came of it.
    """
    if not readable(credential):
        return False
    with p.tenants(user_id) as store:
        kept, now = store.open_orders, p.clock()
        if _waits(kept.asked_at(credential.id), now):
            return False
        tried = (kept.read_at(credential.id), kept.failed_at(credential.id))
        if any(at is not None and timedelta(0) <= now - at < APART for at in tried):
            return False
        kept.ask(credential.id, now)
    p.queue.reconcile(user_id, credential.id)
    return True


def look(p: Ports, user_id: str, credential: Credential, known: Resting, *, away: type[Exception]) -> bool:
    """Have them read for somebody who looks at `known`, where that is due; return whether a reading is awaited.

    `away` is what the queue raises where it can't be reached: what is known is shown all the same.
    """
    try:
        return known.asked or (known.due and ask(p, user_id, credential))
    except away:
        return False


def sync_and_read(ports: AccountPorts) -> dict[str, object]:
    """Sync an account as `run_sync` does, then read its open orders where a person waits for them.

    Only here, after everything else: nothing that is ordered, and no other sync, waits for what a person looks at.
    """
    found = run_sync(ports)
    read_if_asked(ports)
    return found


def read_if_asked(ports: AccountPorts) -> bool:
    """Read them where a person waits for them, and tell open pages; return whether they were read.

    Where the budget has no room the next sync tries again, as long as a page waits; what the exchange refuses, or says
    in a way nobody understands, is given up at once.
    """
    kept, credential_id = ports.store.open_orders, ports.credential_id
    asked_at, read_at = kept.asked_at(credential_id), ports.clock()
    if asked_at is None:
        return False
    try:
        found = ports.exchange.open_orders()
    except CredentialRefused:
        raise
    except ExchangeError as error:
        if not (isinstance(error, OverBudget) and _waits(asked_at, read_at)):
            kept.give_up(credential_id, read_at)
            _refresh(ports)
        return False
    with ports.store.transaction(fence=(credential_id, ports.lease.fence)):
        kept.put(credential_id, found, read_at)
    _refresh(ports)
    return True


def _waits(asked_at: datetime | None, now: datetime) -> bool:
    return asked_at is not None and timedelta(0) <= now - asked_at < PATIENCE


def _refresh(ports: AccountPorts) -> None:
    ports.bus.publish(ports.user_id, ports.store.chronicle.last_event_id())


def resting(p: Ports, store: TenantStore, book: Book) -> Resting:
    """Return all open orders of a credential's account, by symbol."""
    credential, now = book.credential, p.clock()
    kept = store.open_orders
    asked_at, read_at, failed_at = (of(credential.id) for of in (kept.asked_at, kept.read_at, kept.failed_at))
    asked = readable(credential) and _waits(asked_at, now)
    fresh = any(at is not None and timedelta(0) <= now - at < FRESH for at in (read_at, failed_at))
    rows = [_leg(each, book) for each in book.protections if each.status.open]
    rows += [_awaited(each, book) for each in store.journal.unresolved(credential.id)]
    # Before the first start nothing was read, and nobody has a mark yet.
    if (installed := p.registry.installation()) is not None:
        rows += [_listed(each, installed.code) for each in _foreign(store, credential.id, installed.code)]
    rows.sort(key=lambda row: (row.symbol, not row.own, row.leg or "", row.at, row.id))
    # A wish that nobody answered in time was for nothing, too.
    failed, due = (asked_at or failed_at) is not None and not asked, readable(credential) and not fresh and not asked
    return Resting(tuple(rows), read_at, asked, failed, due)


def _foreign(store: TenantStore, credential_id: str, code: str) -> list[OpenOrder]:
    """Return what was read and isn't written here: of what is, the journal knows more than any reading."""
    found = store.open_orders.all(credential_id)
    # Only what has our mark can be written here.
    if not any(whose(each.id, code) is Whose.OURS for each in found):
        return list(found)
    known = {each.client_algo_id for each in store.journal.protections(credential_id, open_only=False)}
    known |= {each.id for each in found if whose(each.id, code) is Whose.OURS and store.journal.intent_of(each.id)}
    return [each for each in found if each.id not in known]


def _leg(protection: Protection, book: Book) -> RestingRow:
    return RestingRow(
        id=protection.client_algo_id,
        symbol=protection.symbol,
        side=protection.side,
        quantity=protection.quantity,
        executed=Decimal(0),
        price=None,
        trigger=protection.trigger,
        leg=protection.leg,
        kind="",
        own=True,
        owner=Whose.OURS,
        verified=protection.verified,
        awaited=False,
        whole=False,
        tracker_id=protection.tracker_id,
        tracker=book.name(protection.tracker_id)[0],
        at=protection.created_at,
    )


def _awaited(intent: Intent, book: Book) -> RestingRow:
    return RestingRow(
        id=intent.client_order_id,
        symbol=intent.symbol,
        side=intent.side,
        quantity=intent.quantity,
        executed=Decimal(0),
        price=intent.limit,
        trigger=None,
        leg=None,
        kind="MARKET" if intent.limit is None else "LIMIT",
        own=True,
        owner=Whose.OURS,
        verified=False,
        awaited=True,
        whole=False,
        tracker_id=intent.tracker_id,
        tracker=book.name(intent.tracker_id)[0],
        at=intent.created_at,
    )


def _listed(order: OpenOrder, code: str) -> RestingRow:
    return RestingRow(
        id=order.id,
        symbol=order.symbol,
        side=order.side,
        quantity=order.quantity,
        executed=order.executed,
        price=order.price,
        trigger=order.trigger,
        leg=None,
        kind=order.kind,
        own=False,
        owner=whose(order.id, code),
        verified=True,
        awaited=False,
        whole=order.whole,
        tracker_id="",
        tracker="",
        at=order.placed_at,
    )
