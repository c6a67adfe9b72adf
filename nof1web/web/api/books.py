"""Operations that read what accounts hold, and what was ordered, traded and decided."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC

from redis.exceptions import RedisError

from nof1web.core.records import Intent, Verdict
from nof1web.services import credentials, documents, histories, open_orders, reporting, trackers
from nof1web.services.books import read_books
from nof1web.services.reading import epoch_rows
from nof1web.services.rows import PositionRow
from nof1web.services.stores import EventFilter, VerdictFilter
from nof1web.web.api.accounts import own
from nof1web.web.api.bearer import Caller
from nof1web.web.api.following import own_tracker
from nof1web.web.api.models import Listing, asked, books, made
from nof1web.web.api.operations import operation
from nof1web.web.api.paging import encoded, numbers, sliced

TAG = "Books"
OF = "/credentials/{credential}"


@operation("GET", "/positions", tag=TAG, name="list_positions")
def positions(caller: Caller, query: asked.OfCredential) -> Listing[books.Position]:
    """List the positions of all accounts with the holdings in them."""
    return _positions(caller, query, query.credential)


@operation("GET", f"{OF}/positions", tag=TAG, name="positions")
def positions_of(caller: Caller, credential: str, query: asked.Paging) -> Listing[books.Position]:
    """List an account's positions with the holdings in them."""
    return _positions(caller, query, credential)


def _positions(caller: Caller, query: asked.Paging, credential: str) -> Listing[books.Position]:
    only = own(caller, credential).id if credential else None

    def key(row: PositionRow) -> str:
        return "|".join((row.credential_id, row.symbol, str(row.long), str(row.shadow), row.tracker_id))

    found = reporting.positions(caller.p, caller.user_id, only)
    return sliced(found, key, query, lambda row: made(books.Position, documents.position(row)))


@operation("GET", "/holdings", tag=TAG, name="list_holdings")
def holdings(caller: Caller, query: asked.OfOrders) -> Listing[books.Holding]:
    """List what trackers hold, in all accounts."""
    return _holdings(caller, query, query.credential, query.tracker)


@operation("GET", f"{OF}/holdings", tag=TAG, name="holdings")
def holdings_of(caller: Caller, credential: str, query: asked.Paging) -> Listing[books.Holding]:
    """List what an account's trackers hold."""
    return _holdings(caller, query, credential, "")


def _holdings(caller: Caller, query: asked.Paging, credential: str, tracker: str) -> Listing[books.Holding]:
    account = own(caller, credential).id if credential else ""
    follower = own_tracker(caller, tracker).id if tracker else ""
    found: dict[str, dict[str, object]] = {}
    with caller.p.tenants(caller.user_id) as store:
        for book in read_books(caller.p, store):
            for epoch in book.epochs:
                wanted = account in ("", book.credential.id) and follower in ("", epoch.tracker_id)
                if wanted and epoch.quantity and epoch.tracker_id in book.by_id:
                    (row,) = epoch_rows(book, [epoch])
                    key = "|".join((book.credential.id, epoch.tracker_id, epoch.symbol, epoch.epoch))
                    found[key] = documents.holding(book.credential, book.by_id[epoch.tracker_id], row)
    return sliced(found.items(), lambda each: each[0], query, lambda each: made(books.Holding, each[1]))


@operation("GET", "/orders", tag=TAG, name="list_orders")
def orders(caller: Caller, query: asked.OfOrders) -> Listing[books.Order]:
    """List the orders of all accounts, newest first, with what became of them."""
    return _orders(caller, query, query.credential, query.tracker)


@operation("GET", f"{OF}/orders", tag=TAG, name="orders")
def orders_of(caller: Caller, credential: str, query: asked.Paging) -> Listing[books.Order]:
    """List an account's orders, newest first, with what became of them."""
    return _orders(caller, query, credential, "")


def _orders(caller: Caller, query: asked.Paging, credential: str, tracker: str) -> Listing[books.Order]:
    account = own(caller, credential).id if credential else None
    follower = own_tracker(caller, tracker).id if tracker else None
    owners = {each.id: each for each in credentials.listing(caller.p, caller.user_id)}
    names = {each.id: each.name for each in trackers.listing(caller.p, caller.user_id)}
    with caller.p.tenants(caller.user_id) as store:
        page = store.pages.orders(
            limit=query.limit, after=numbers(query.cursor), credential_id=account, tracker_id=follower
        )

    def shown(intent: Intent) -> books.Order:
        owner = owners.get(intent.credential_id)
        name, environment = (owner.name, owner.environment) if owner else ("", None)
        return made(books.Order, documents.order(name, environment, names.get(intent.tracker_id, ""), intent))

    return Listing(items=[shown(each) for each in page.rows], next=encoded(page.next))


@operation("GET", "/fills", tag=TAG, name="list_fills")
def fills(caller: Caller, query: asked.OfCredential) -> Listing[books.Fill]:
    """List the trades of all accounts, newest first."""
    return _fills(caller, query, query.credential)


@operation("GET", f"{OF}/fills", tag=TAG, name="fills")
def fills_of(caller: Caller, credential: str, query: asked.Paging) -> Listing[books.Fill]:
    """List an account's trades, newest first."""
    return _fills(caller, query, credential)


def _fills(caller: Caller, query: asked.Paging, credential: str) -> Listing[books.Fill]:
    account = own(caller, credential).id if credential else None
    names = {each.id: each.name for each in credentials.listing(caller.p, caller.user_id)}
    with caller.p.tenants(caller.user_id) as store:
        page = store.pages.fills(limit=query.limit, after=numbers(query.cursor, count=2), credential_id=account)
    items = [made(books.Fill, documents.fill(id, names.get(id, ""), each)) for id, each in page.rows]
    return Listing(items=items, next=encoded(page.next))


@operation("GET", "/verdicts", tag=TAG, name="verdicts")
def verdicts(caller: Caller, query: asked.OfTracker) -> Listing[books.Verdict]:
    """List what became of every signal: the present verdicts, or with `history` all, newest first."""
    only = own_tracker(caller, query.tracker).id if query.tracker else ""
    names = {each.id: each.name for each in trackers.listing(caller.p, caller.user_id)}

    def shown(each: Verdict) -> books.Verdict:
        return made(books.Verdict, documents.verdict(names.get(each.tracker_id, ""), each))

    wanted = VerdictFilter(only, query.symbol, query.epoch, query.verdict, query.code)
    with caller.p.tenants(caller.user_id) as store:
        if not query.history:
            present = [each for each in store.chronicle.verdicts(only or None) if _is(each, wanted)]
            return sliced(present, lambda each: f"{each.tracker_id}|{each.symbol}", query, shown)
        before = (numbers(query.cursor) or (0,))[0]
        rows = store.reports.verdicts(wanted, before=before, limit=query.limit + 1)
    page = rows[: query.limit]
    more = encoded([page[-1][0]]) if len(rows) > len(page) else None
    return Listing(items=[shown(each) for _number, each in page], next=more)


def _is(verdict: Verdict, wanted: VerdictFilter) -> bool:
    """Whether a verdict has every value that is asked for."""
    return all(value in ("", getattr(verdict, name)) for name, value in asdict(wanted).items())


@operation("GET", "/events", tag=TAG, name="events")
def events(caller: Caller, query: asked.OfEvents) -> Listing[books.Event]:
    """List what happened, newest first; with `since` only what came after that event."""
    wanted = EventFilter(
        own(caller, query.credential).id if query.credential else "",
        own_tracker(caller, query.tracker).id if query.tracker else "",
        query.kind,
        query.severity,
        query.symbol,
    )
    owners = {each.id: each for each in credentials.listing(caller.p, caller.user_id)}
    with caller.p.tenants(caller.user_id) as store:
        page = store.pages.events(limit=query.limit, after=numbers(query.cursor), since=query.since, wanted=wanted)
    rows = histories.event_rows(page.rows, owners)
    return Listing(items=[made(books.Event, documents.event(row)) for row in rows], next=encoded(page.next))


@operation("GET", f"{OF}/equity", tag=TAG, name="equity")
def equity(caller: Caller, credential: str, query: asked.OfEquity) -> Listing[books.Equity]:
    """List an account's readings of equity, newest first."""
    found = own(caller, credential)
    since = query.since.replace(tzinfo=query.since.tzinfo or UTC) if query.since else None
    with caller.p.tenants(caller.user_id) as store:
        page = store.pages.equity(found.id, limit=query.limit, after=numbers(query.cursor), since=since)
    items = [made(books.Equity, documents.equity(point)) for point in page.rows]
    return Listing(items=items, next=encoded(page.next))


@operation("GET", f"{OF}/standing", tag=TAG, name="standing")
def standing(caller: Caller, credential: str, query: asked.Paging) -> Listing[books.Standing]:
    """List what an account's trackers should hold against what they hold, and why."""
    found = reporting.credential(caller.p, caller.user_id, own(caller, credential).id).standing.rows
    return sliced(
        found,
        lambda row: f"{row.tracker_id}|{row.symbol}",
        query,
        lambda row: made(books.Standing, documents.standing(row)),
    )


@operation("GET", f"{OF}/cycles", tag=TAG, name="cycles")
def cycles(caller: Caller, credential: str, query: asked.Paging) -> Listing[books.PastCycle]:
    """List an account's last cycles, oldest first, with what went wrong in them."""
    found = own(caller, credential)
    with caller.p.tenants(caller.user_id) as store:
        past = store.reports.cycles(found.id, limit=200)
    return sliced(
        past,
        lambda each: f"{each.began_at.isoformat()}|{each.id}",
        query,
        lambda each: made(books.PastCycle, documents.cycle(each)),
    )


@operation("GET", f"{OF}/resting", tag=TAG, name="resting")
def resting(caller: Caller, credential: str, query: asked.Paging) -> books.OpenOrders:
    """List an account's open orders: trackers' as known now, others' as of `read_at`; an old reading is renewed."""
    account = own(caller, credential)
    found = reporting.credential(caller.p, caller.user_id, account.id).beside.resting
    open_orders.look(caller.p, caller.user_id, account, found, away=RedisError)
    page = sliced(
        found.rows,
        lambda row: f"{row.symbol}|{row.leg or ''}|{row.id}",
        query,
        lambda row: made(books.Resting, documents.resting(row)),
    )
    return books.OpenOrders(items=page.items, next=page.next, read_at=found.read_at)
