"""`flask nof1 positions|orders|verdicts`: what a user's credentials hold, what was ordered and traded, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click
from redis.exceptions import RedisError

from nof1web import wiring
from nof1web.cli.options import ANY_CREDENTIAL, ANY_TRACKER, LIMIT, USER, the_user
from nof1web.cli.output import Answer, command
from nof1web.cli.tables import Figure, Table
from nof1web.core.records import Credential
from nof1web.services import credentials, documents, open_orders, reporting, trackers
from nof1web.services.open_orders import Resting


def _figure(text: str | None) -> Figure | None:
    return None if text is None else Figure(text)


_AMOUNTS = ("quantity", "holding", "entry", "mark", "stop", "target", "unrealised")


@command("positions", example="positions --user anna@example.org --json")
@USER
@ANY_CREDENTIAL
@click.option("--targets", is_flag=True, help="What each tracker should hold against what it holds, and why.")
def positions(user: str, credential: str | None, *, targets: bool) -> Answer:
    """Show the positions, which agent's they are, and where their protection rests."""
    p = wiring.ports()
    owner = the_user(p, user)
    if targets:
        return _targets(p, owner.id, credential)
    account = credentials.find(p, owner.id, credential).id if credential else None
    found = [documents.position(row) for row in reporting.positions(p, owner.id, account)]
    rows = [
        (row["credential"], row["symbol"], *(_figure(row[name]) for name in _AMOUNTS), row["agent"]) for row in found
    ]
    columns = ("Credential", "Symbol", "Quantity", "Holding", "Entry", "Mark", "Stop", "Target", "PnL (USDT)", "Agent")
    return Answer(found, (Table(columns, rows, "No open position."),))


def _targets(p: wiring.Wiring, user_id: str, credential: str | None) -> Answer:
    views = [reporting.credential(p, user_id, each.id).standing for each in _chosen(p, user_id, credential)]
    rows = [row for view in views for row in view.rows]
    found = [documents.standing(row) for row in rows]
    amounts = ("agent_quantity", "wanted", "holding", "live", "missing")
    cells = [
        (shown["credential"], shown["tracker"], shown["symbol"], *map(_figure, map(shown.get, amounts)), row.reason)
        for shown, row in zip(found, rows, strict=True)
    ]
    names = ("Credential", "Tracker", "Symbol", "Agent", "Wanted", "Holding", "Live", "Missing", "Why")
    shares = [each for view in views for each in view.covers.items()]
    told = [f"{name}: holdings had their stop on the exchange {share:.2f} % of the time." for name, share in shares]
    return Answer(found, (Table(names, cells, "Nothing to compare."), *told))


_ORDER_AMOUNTS = ("quantity", "executed", "price")


def _chosen(p: wiring.Wiring, user_id: str, credential: str | None) -> tuple[Credential, ...]:
    return (credentials.find(p, user_id, credential),) if credential else credentials.listing(p, user_id)


@command("orders", example="orders --user anna@example.org --credential Main --limit 20")
@USER
@ANY_CREDENTIAL
@ANY_TRACKER
@LIMIT
@click.option("--fills", is_flag=True, help="The account's trades instead, with what each cost and earned.")
@click.option("--open", "resting", is_flag=True, help="What rests on the exchange or awaits its answer instead.")
def orders(
    user: str, credential: str | None, tracker: str | None, limit: int, *, fills: bool, resting: bool
) -> Answer:
    """List the orders that were decided, newest first, with what became of them."""
    if (fills or resting) and (tracker or (fills and resting)):
        raise click.UsageError("--fills and --open are an account's: name one of them and no --tracker.")
    p = wiring.ports()
    owner = the_user(p, user)
    if fills:
        return _fills(p, owner.id, credential, limit)
    if resting:
        return _resting(p, owner.id, credential, limit)
    only = trackers.find(p, owner.id, tracker).id if tracker else None
    names = {item.id: item.name for item in trackers.listing(p, owner.id)}
    with p.tenants(owner.id) as store:
        found = [
            documents.order(account.name, account.environment, names.get(intent.tracker_id, ""), intent)
            for account in _chosen(p, owner.id, credential)
            for intent in store.journal.intents(account.id, limit=limit, tracker_id=only)
        ]
    newest = sorted(found, key=lambda row: row["created_at"], reverse=True)[:limit]
    return Answer(newest, (_order_table(newest),))


def _order_table(found: Iterable[dict[str, Any]]) -> Table:
    names = ("created_at", "credential", "environment", "tracker", "symbol", "kind", "side", *_ORDER_AMOUNTS, "status")
    rows = [[_figure(row[name]) if name in _ORDER_AMOUNTS else row[name] for name in names] for row in found]
    told = ("At", "Credential", "Environment", "Tracker", "Symbol", "Kind", "Side", "Quantity", "Executed", "Price")
    columns = (*told, "Status")
    return Table(columns, rows, "No order yet.")


def _fills(p: wiring.Wiring, user_id: str, credential: str | None, limit: int) -> Answer:
    only = credentials.find(p, user_id, credential).id if credential else None
    names = {each.id: each.name for each in credentials.listing(p, user_id)}
    with p.tenants(user_id) as store:
        rows = store.pages.fills(limit=limit, credential_id=only).rows
    found = [documents.fill(id, names.get(id, ""), each) for id, each in rows]
    amounts = ("quantity", "price", "fee")
    cells = [
        (row["traded_at"], row["credential"], row["symbol"], row["side"], *(_figure(row[name]) for name in amounts),
         row["fee_asset"], _figure(row["realised"]))
        for row in found
    ]  # fmt: skip
    columns = ("At", "Credential", "Symbol", "Side", "Quantity", "Price", "Fee", "Asset", "Realised (USDT)")
    return Answer(found, (Table(columns, cells, "No fill yet."),))


def _resting(p: wiring.Wiring, user_id: str, credential: str | None, limit: int) -> Answer:
    known = [
        (account, reporting.credential(p, user_id, account.id).beside.resting)
        for account in _chosen(p, user_id, credential)
    ]
    found = [
        {"credential": account.name, "credential_id": account.id, **documents.resting(row)}
        for account, of in known
        for row in of.rows
    ][:limit]
    readings = [
        {"credential": account.name, "credential_id": account.id, "read_at": of.read_at} for account, of in known
    ]
    told = [
        _reading(account.name, of, open_orders.look(p, user_id, account, of, away=RedisError)) for account, of in known
    ]
    unread = any(of.read_at is None for _account, of in known)
    empty = f"No order{' of a tracker' if unread else ''} rests and none is awaited."
    return Answer({"orders": found, "readings": readings}, (_resting_table(found, empty), *told))


def _resting_table(found: Iterable[dict[str, Any]], empty: str) -> Table:
    rows = [
        (row["credential"], row["symbol"], row["leg"] or row["kind"] or "order", row["side"],
         Figure("all") if row["whole"] else _figure(row["quantity"]), _figure(row["executed"]),
         _figure(row["trigger"]), _figure(row["price"]), row["tracker"] or row["owner"] or None, row["placed_at"])
        for row in found
    ]  # fmt: skip
    amounts = ("Quantity", "Executed", "Trigger", "Price")
    return Table(("Credential", "Symbol", "Kind", "Side", *amounts, "Whose", "Placed"), rows, empty)


def _reading(name: str, known: Resting, awaited: bool) -> str:
    told = f"read at {known.read_at:%Y-%m-%d %H:%M:%S} UTC" if known.read_at else "not read yet"
    told += "; the last attempt failed" if known.failed else ""
    return f"{name}: others' orders {told}.{' They are being read: look again in a minute.' if awaited else ''}"


@command("verdicts", example="verdicts --user anna@example.org --tracker grok-4")
@USER
@ANY_TRACKER
@click.option("--history", is_flag=True, help="Earlier verdicts too, not only the present ones.")
@LIMIT
def verdicts(user: str, tracker: str | None, history: bool, limit: int) -> Answer:
    """Show what became of every signal, per tracker and symbol: order, hold or the reason against it."""
    p = wiring.ports()
    owner = the_user(p, user)
    only = trackers.find(p, owner.id, tracker).id if tracker else None
    names = {item.id: item.name for item in trackers.listing(p, owner.id)}
    with p.tenants(owner.id) as store:
        read = store.chronicle
        present = read.verdict_history(tracker_id=only, limit=limit) if history else read.verdicts(only)[:limit]
    found = [documents.verdict(names.get(item.tracker_id, ""), item) for item in present]
    rows = [
        (row["tracker"], row["symbol"], row["verdict"], row["code"], row["message"], row["decided_at"]) for row in found
    ]
    columns = ("Tracker", "Symbol", "Verdict", "Code", "Why", "Decided at")
    return Answer(found, (Table(columns, rows, "No verdict yet."),))
