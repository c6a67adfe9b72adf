"""`flask nof1 token …`: bearer tokens for the HTTP API."""

from __future__ import annotations

import click

from nof1web import wiring
from nof1web.cli.completing import names
from nof1web.cli.options import USER, the_user
from nof1web.cli.output import Answer, command, shown_example
from nof1web.cli.saying import moved
from nof1web.cli.tables import Table
from nof1web.services import key_documents, tokens
from nof1web.services.stores import Scope
from nof1web.services.tokens import Made

TOKEN = click.option(
    "--token", required=True, metavar="NAME", help="The token's name or id.", shell_complete=names
)


def _made(made: Made, before: str = "") -> Answer:
    until = f"until {made.token.expires_at:%Y-%m-%d}" if made.token.expires_at else "until it is revoked"
    ended = (moved(f"The value of {made.token.name}", f"…{before}", f"…{made.token.ending}"),) if before else ()
    shown = (*ended, f"{made.token.name} ({made.token.scope}) works {until}. It is not shown again:", made.value)
    return Answer({**key_documents.token(made.token), "token": made.value}, shown)


@command("add", example="token add --user anna@example.org --name reports --scope read --days 90")
@USER
@click.option("--name", required=True, help="What to call it.")
@click.option(
    "--scope",
    type=click.Choice([each.value for each in Scope]),
    default=Scope.READ.value,
    show_default=True,
    help="What it may do; trade includes read, admin both.",
)
@click.option("--days", type=int, default=tokens.USUAL_DAYS, show_default=True, help="How long it works.")
@click.option("--forever", is_flag=True, help="It works until it is revoked.")
def add(user: str, name: str, scope: str, *, days: int, forever: bool) -> Answer:
    """Make a token for a program and show it this once."""
    p = wiring.ports()
    return _made(tokens.make(p, the_user(p, user).id, name=name, scope=scope, days=None if forever else days))


@command("list", example="token list --user anna@example.org")
@USER
def listing(user: str) -> Answer:
    """List a user's tokens; what they are isn't kept."""
    p = wiring.ports()
    found = tokens.listing(p, the_user(p, user).id)
    rows = [
        (each.name, each.id, each.scope, f"…{each.ending}", each.expires_at, each.last_used_at, each.revoked_at)
        for each in found
    ]
    empty = "No token yet. Make one with: flask nof1 token add"
    columns = ("Name", "Id", "Scope", "Ends with", "Works until", "Last used", "Revoked")
    return Answer([key_documents.token(each) for each in found], (Table(columns, rows, empty),))


@command("regenerate", example="token regenerate --user anna@example.org --token reports")
@USER
@TOKEN
def regenerate(user: str, token: str) -> Answer:
    """Give a token a new value and show it this once; the old value opens nothing any more."""
    p = wiring.ports()
    owner = the_user(p, user).id
    before = tokens.find(p, owner, token).ending
    return _made(tokens.renew(p, owner, token), before)


@command("revoke", example="token revoke --user anna@example.org --token reports")
@USER
@TOKEN
def revoke(user: str, token: str) -> Answer:
    """End a token, from the next request on."""
    p = wiring.ports()
    owner = the_user(p, user).id
    before = "revoked" if tokens.find(p, owner, token).revoked_at else "valid"
    ended = tokens.revoke(p, owner, token)
    return Answer(key_documents.token(ended), (moved(f"The token {ended.name}", before, "revoked"),))


group = click.Group(
    "token",
    commands=[add, listing, regenerate, revoke],
    help="Tokens for programs (HTTP API).",
    epilog=shown_example("token list --user anna@example.org"),
)
