"""`flask nof1 start|stop|poll|reconcile`: whether and when a credential's cycles and syncs run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from nof1web import wiring
from nof1web.cli import moving
from nof1web.cli.options import ALL_CREDENTIALS, CREDENTIAL, PROFILE_CREDENTIAL, USER, the_user
from nof1web.cli.output import Answer, Command, command
from nof1web.cli.progress import wait_for
from nof1web.cli.tables import Figure, Table
from nof1web.core.refusals import words
from nof1web.errors import N_, Refused
from nof1web.services import credentials, open_orders

POLL_SECONDS = 120


def _switch(verb: str, help: str) -> Command:
    @command(verb, example=f"{verb} --user anna@example.org --credential Main")
    @USER
    @PROFILE_CREDENTIAL
    @ALL_CREDENTIALS
    def switch(user: str, credential: str | None, every: bool) -> Answer:
        p = wiring.ports()
        return moving.change(p, the_user(p, user).id, verb, credential=credential, every=every)

    switch.help = help
    return switch


start = _switch("start", "Start polling: cycles run, started trackers trade.")
stop = _switch("stop", "Stop polling: nothing is ordered any more, protection rests on the exchange.")


@command("poll", example="poll --user anna@example.org --credential Main --dry-run")
@USER
@CREDENTIAL
@click.option("--dry-run", is_flag=True, help="Decide and show, send nothing and keep nothing.")
def poll(user: str, credential: str, dry_run: bool) -> Answer:
    """Run one cycle now, before anything that waits, and show its orders and verdicts; a worker does it."""
    p = wiring.ports()
    owner = the_user(p, user)
    found = credentials.find(p, owner.id, credential)
    if not dry_run and not (found.enabled and found.state.polls):
        raise Refused(
            N_("%(name)s does not poll, so nothing would be ordered. Start it first, or add --dry-run."),
            name=found.name,
        )
    if not dry_run:
        open_orders.ask(p, owner.id, found)
    job = p.queue.cycle(owner.id, found.id, front=True, dry_run=dry_run)
    result = wait_for(job, POLL_SECONDS)
    return Answer(result, (_orders(result["orders"]), _verdicts(result["verdicts"])))


@command("reconcile", example="reconcile --user anna@example.org --credential Main")
@USER
@CREDENTIAL
def reconcile(user: str, credential: str) -> Answer:
    """Compare the account with what is believed, before anything that waits; a worker does it."""
    p = wiring.ports()
    owner = the_user(p, user)
    found = credentials.find(p, owner.id, credential)
    result = wait_for(p.queue.reconcile(owner.id, found.id), POLL_SECONDS)
    rows = [(row["kind"], row["symbol"], row["message"]) for row in result["drift"]]
    return Answer(result, (Table(("Kind", "Symbol", "What was found"), rows, "Everything is as believed."),))


_ORDER = ("tracker", "symbol", "kind", "side", "quantity", "leverage", "mark", "status")


def _orders(rows: list[Mapping[str, Any]]) -> Table:
    amounts = ("quantity", "mark")
    cells = [[Figure(row[name]) if name in amounts else row[name] for name in _ORDER] for row in rows]
    return Table([name.capitalize() for name in _ORDER], cells, "No orders.")


def _verdicts(rows: list[Mapping[str, Any]]) -> Table:
    cells = [
        (row["tracker"], row["symbol"], row["verdict"], row["code"], words(row["code"], row["numbers"])) for row in rows
    ]
    return Table(("Tracker", "Symbol", "Verdict", "Code", "Why"), cells, "No verdict: nothing is followed.")
