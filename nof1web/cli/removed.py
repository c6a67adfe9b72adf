"""`flask nof1 credential removed`: credentials that are gone, and what is left of each."""

from __future__ import annotations

import click

from nof1web import wiring
from nof1web.cli.options import LIMIT, USER, the_user
from nof1web.cli.output import Answer, command
from nof1web.cli.tables import Figure, Table
from nof1web.services import figures, key_documents, remembering, removing
from nof1web.services.remembering import Remembered


@command("removed", example="credential removed --user anna@example.org")
@USER
@click.option("--credential", "name", metavar="NAME", help="The orders and keys of this one: its name or id.")
@LIMIT
def removed(user: str, name: str | None, limit: int) -> Answer:
    """List the credentials that were removed, or the history of one of them."""
    p = wiring.ports()
    owner = the_user(p, user)
    gone = removing.removed(p, owner.id)
    if name is not None:
        # Of several with one name it is the last one.
        called = (each.id for each in gone if name == each.id or name.casefold() == each.name.casefold())
        return _history(remembering.remembered(p, owner.id, next(called, name), limit=limit))
    found = [key_documents.removed(each) for each in gone[:limit]]
    columns = ("Id", "Name", "Environment", "Removed")
    return Answer(found, (Table(columns, [tuple(each.values()) for each in found], "Nothing was removed."),))


def _history(found: Remembered) -> Answer:
    document = key_documents.remembered(found)
    rows = [
        (row.intent.created_at, row.tracker, row.intent.symbol, row.intent.kind, row.intent.side,
         Figure(figures.quantity(row.intent.executed)), row.intent.status)
        for row in found.orders
    ]  # fmt: skip
    table = Table(("At", "Tracker", "Symbol", "Kind", "Side", "Executed", "Status"), rows, "No order.")
    return Answer(document, (table, f"Realised by these orders: {document['realised']} USDT."))
