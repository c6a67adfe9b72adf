"""`flask nof1 credential removed`: credentials that are gone, and what is left of each."""

from __future__ import annotations

from typing import Any

import click

from nof1web import wiring
from nof1web.cli.options import LIMIT, USER, the_user
from nof1web.cli.output import Answer, command
from nof1web.cli.tables import Figure, Table
from nof1web.services import figures, remembering, removing
from nof1web.services.remembering import Remembered
from nof1web.services.rows import OrderRow


@command("removed", example="credential removed --user anna@example.org")
@USER
@click.option("--credential", "id", metavar="ID", help="The orders and keys of this one; the list names the ids.")
@LIMIT
def removed(user: str, id: str | None, limit: int) -> Answer:
    """List the credentials that were removed, or the history of one of them."""
    p = wiring.ports()
    owner = the_user(p, user)
    if id is not None:
        return _history(remembering.remembered(p, owner.id, id, limit=limit))
    found = removing.removed(p, owner.id)[:limit]
    names = ("id", "name", "environment", "removed_at")
    rows = [[getattr(each, name) for name in names] for each in found]
    table = Table(("Id", "Name", "Environment", "Removed"), rows, "Nothing was removed.")
    return Answer([dict(zip(("credential_id", *names[1:]), row, strict=True)) for row in rows], (table,))


def _history(found: Remembered) -> Answer:
    document = {
        "credential_id": found.credential.id,
        "name": found.credential.name,
        "environment": found.credential.environment,
        "removed_at": found.credential.removed_at,
        "realised": figures.money(found.realised),
        "orders": [_order(row) for row in found.orders],
        "keys": [{"api_key": key.api_key, "added_at": key.added_at, "ended_at": key.ended_at} for key in found.keys],
    }
    rows = [
        (row.intent.created_at, row.tracker, row.intent.symbol, row.intent.kind, row.intent.side,
         Figure(figures.quantity(row.intent.executed)), row.intent.status)
        for row in found.orders
    ]  # fmt: skip
    table = Table(("At", "Tracker", "Symbol", "Kind", "Side", "Executed", "Status"), rows, "No order.")
    return Answer(document, (table, f"Realised by these orders: {document['realised']} USDT."))


def _order(row: OrderRow) -> dict[str, Any]:
    intent = row.intent
    return {
        "created_at": intent.created_at,
        "tracker": row.tracker,
        "agent": row.agent,
        "symbol": intent.symbol,
        "kind": intent.kind,
        "side": intent.side,
        "quantity": figures.quantity(intent.quantity),
        "executed": figures.quantity(intent.executed),
        "price": None if intent.price is None else figures.price(intent.price),
        "realised": None if intent.realised is None else figures.money(intent.realised),
        "status": intent.status,
        "shadow": intent.shadow,
    }
