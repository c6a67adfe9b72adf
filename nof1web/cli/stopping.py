"""`flask nof1 pause|resume|close-only|halt|unhalt|flatten`: what may still be entered, and ending what is held."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from nof1web import wiring
from nof1web.cli import credentials as shown
from nof1web.cli.options import ANY_CREDENTIAL, ANY_TRACKER, ANY_USER, USER, the_user
from nof1web.cli.output import Answer, Command, command
from nof1web.cli.progress import wait_for
from nof1web.cli.tables import Figure, Table
from nof1web.core.records import Credential, Tracker
from nof1web.errors import InvalidInput, Refused
from nof1web.services import asking, credentials, halting, trackers

FLATTEN_SECONDS = 120
BY = "command line"
T = TypeVar("T")


def _tracker(tracker: Tracker) -> dict[str, object]:
    return {"tracker_id": tracker.id, "name": tracker.name, "started": tracker.started, "state": tracker.flow}


def _change(p: wiring.Wiring, user_id: str, verb: str, *, credential: str | None, tracker: str | None) -> Answer:
    if (credential is None) == (tracker is None):
        raise click.UsageError("Name either --credential or --tracker.")
    if tracker is not None:
        found = trackers.find(p, user_id, tracker)
        changed = halting.change_tracker(p, user_id, found.id, verb)
        return Answer(_tracker(changed), (f"{changed.name} is {changed.flow}.",))
    account = halting.change(p, user_id, credentials.find(p, user_id, credential or "").id, verb)
    return Answer(shown.document(account), (f"{account.name} is {account.state}.",))


def _switch(name: str, help: str) -> Command:
    @command(name, example=f"{name} --user anna@example.org --credential Main")
    @USER
    @ANY_CREDENTIAL
    @ANY_TRACKER
    def switch(user: str, credential: str | None, tracker: str | None) -> Answer:
        p = wiring.ports()
        return _change(p, the_user(p, user).id, name.replace("-", "_"), credential=credential, tracker=tracker)

    switch.help = help
    return switch


pause = _switch("pause", "Make no entries; closes and reductions still flow.")
resume = _switch("resume", "Make entries again, after the account was reconciled.")
close_only = _switch("close-only", "Make no entries; the agent's closes and reductions still flow.")

SITE = click.option("--site", is_flag=True, help="Everybody's credentials.")


def _halting(name: str, help: str) -> Command:
    @command(name, example=f"{name} --user anna@example.org --credential Main")
    @SITE
    @ANY_USER
    @ANY_CREDENTIAL
    @ANY_TRACKER
    def switch(site: bool, user: str | None, credential: str | None, tracker: str | None) -> Answer:
        if site is (user is not None):
            raise click.UsageError("Name either --site or --user.")
        p = wiring.ports()
        if user is None:
            (halting.halt_site if name == "halt" else halting.unhalt_site)(p, by=BY)
            return _halted("site", name == "halt")
        owner = the_user(p, user).id
        if credential is None and tracker is None:
            (halting.halt_user if name == "halt" else halting.unhalt_user)(p, owner, by=BY)
            return _halted("user", name == "halt")
        return _change(p, owner, name, credential=credential, tracker=tracker)

    switch.help = help
    return switch


def _halted(scope: str, halted: bool) -> Answer:
    told = "Halted: no entry is sent any more; closes flow." if halted else "The halt is over."
    return Answer({"scope": scope, "halted": halted}, (told,))


halt = _halting("halt", "Send no entry any more: of a tracker, a credential, all of a user's, or the whole site's.")
unhalt = _halting("unhalt", "End a halt; the accounts are reconciled before the first entry.")


@command("flatten", example="flatten --user anna@example.org --credential Main --symbol BTCUSDT")
@USER
@ANY_CREDENTIAL
@ANY_TRACKER
@click.option("--all-credentials", is_flag=True, help="Every credential of this user.")
@click.option("--symbol", default="", metavar="S", help="Only this symbol, such as BTCUSDT.")
@click.option("--everything", is_flag=True, help="The account's own positions too, not only what trackers hold.")
@click.option("--confirm", default="", metavar="NAME", help="The credential's name, to confirm --everything.")
@click.option("--cancel", is_flag=True, help="End a flatten that is under way; what is left stays open.")
def flatten(
    user: str,
    credential: str | None,
    tracker: str | None,
    *,
    all_credentials: bool,
    symbol: str,
    everything: bool,
    confirm: str,
    cancel: bool,
) -> Answer:
    """Close what trackers hold now, and show what is left; entries wait until it is flat. A worker does it."""
    p = wiring.ports()
    owner = the_user(p, user).id
    if [credential is not None, tracker is not None, all_credentials].count(True) != 1:
        raise click.UsageError("Name one of --credential, --tracker and --all-credentials.")
    if everything and (all_credentials or cancel):
        raise click.UsageError("--everything needs one --credential, and no --cancel.")
    followed = trackers.find(p, owner, tracker) if tracker is not None else None
    if all_credentials:
        accounts = credentials.listing(p, owner)
    else:
        accounts = (credentials.find(p, owner, followed.credential_id if followed else credential or ""),)
    only = {"tracker_id": followed.id if followed else "", "symbol": symbol}
    if cancel:
        return _cancelled(_of_each(accounts, lambda each: _cancel(p, owner, each, only), without=Refused))
    if everything:
        typed = confirm or click.prompt(f"Type {accounts[0].name} to confirm", default="", err=True)
        asking.require_typed(accounts[0], typed)
    flattened = _of_each(
        accounts, lambda each: _flatten(p, owner, each, only, everything=everything), without=InvalidInput
    )
    return _told(flattened)


def _of_each(
    accounts: tuple[Credential, ...], act: Callable[[Credential], T], *, without: type[Exception]
) -> list[T]:
    """Do something to each account; those it is nothing for are left out, unless it is nothing for all."""
    done, last = list[T](), None
    for account in accounts:
        try:
            done.append(act(account))
        except without as error:
            last = error
    if last is not None and not done:
        raise last
    return done


def _cancel(p: wiring.Wiring, user_id: str, account: Credential, only: Mapping[str, str]) -> list[dict[str, str]]:
    ended = asking.cancel_flatten(p, user_id, account.id, by=BY, **only)
    return [{"credential": account.name, "flatten_id": each.id, "symbol": each.symbol} for each in ended]


def _cancelled(answers: list[list[dict[str, str]]]) -> Answer:
    rows = [row for answer in answers for row in answer]
    told = (f"{row['credential']}: the flatten of {row['symbol'] or 'all symbols'} is cancelled." for row in rows)
    return Answer({"cancelled": rows}, tuple(told))


def _flatten(
    p: wiring.Wiring, user_id: str, account: Credential, only: Mapping[str, str], *, everything: bool
) -> dict[str, Any]:
    asked = asking.ask_flatten(p, user_id, account.id, by=BY, everything=everything, **only)
    result = wait_for(p.queue.flatten(user_id, account.id, asked.id), FLATTEN_SECONDS)
    return {name: [{"credential": account.name, **row} for row in result[name]] for name in ("closed", "residual")}


def _told(answers: list[dict[str, Any]]) -> Answer:
    closed = [row for answer in answers for row in answer["closed"]]
    residual = [row for answer in answers for row in answer["residual"]]
    done = [(row["credential"], row["tracker"], row["symbol"], Figure(row["quantity"])) for row in closed]
    left = [(*(row[name] for name in ("credential", "tracker", "symbol", "quantity", "reason")),) for row in residual]
    first = Table(("Credential", "Tracker", "Symbol", "Closed"), done, "Nothing was closed.")
    second = Table(("Credential", "Tracker", "Symbol", "Left", "Why"), left, "Nothing is left.")
    return Answer({"closed": closed, "residual": residual}, (first, second))
