"""`flask nof1 pause|resume|close-only|halt|unhalt|flatten`: what may still be entered, and ending what is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import click
from redis.exceptions import RedisError

from nof1web import wiring
from nof1web.cli import moving
from nof1web.cli.options import (
    ALL_CREDENTIALS,
    ANY_CREDENTIAL,
    ANY_TRACKER,
    PROFILE_CREDENTIAL,
    PROFILE_USER,
    USER,
    instead,
    the_user,
)
from nof1web.cli.output import Answer, Command, command
from nof1web.cli.progress import wait_for
from nof1web.cli.saying import moved
from nof1web.cli.tables import Figure, Table
from nof1web.core.records import Credential, CredentialState, Tracker
from nof1web.errors import N_, Damaged, InvalidInput, Nof1Error, Refused, Unavailable
from nof1web.services import asking, credentials, halting, trackers
from nof1web.services.stores import User

FLATTEN_SECONDS = 120
MOST_NAMED = 5
"""how many halts that remain are named"""
BY = "command line"
Answers = list[tuple[Credential, Mapping[str, Any]]]
Failures = list[tuple[Credential, Nof1Error]]
_NO_REDIS = N_("Redis does not answer. Start everything with: flask nof1 up")


def _switch(name: str, help: str) -> Command:
    @command(name, example=f"{name} --user anna@example.org --credential Main")
    @USER
    @PROFILE_CREDENTIAL
    @ANY_TRACKER
    @ALL_CREDENTIALS
    def switch(user: str, credential: str | None, tracker: str | None, every: bool) -> Answer:
        p = wiring.ports()
        verb = name.replace("-", "_")
        return moving.change(p, the_user(p, user).id, verb, credential=credential, tracker=tracker, every=every)

    switch.help = help
    return switch


pause = _switch("pause", "Make no entries; closes and reductions still flow.")
resume = _switch("resume", "Make entries again, after the account was reconciled.")
close_only = _switch("close-only", "Make no entries; the agent's closes and reductions still flow.")

SITE = click.option("--site", is_flag=True, help="Everybody's credentials.")


def _halting(name: str, help: str) -> Command:
    @command(name, example=f"{name} --user anna@example.org --credential Main")
    @SITE
    @PROFILE_USER
    @ANY_CREDENTIAL
    @ANY_TRACKER
    def switch(site: bool, user: str | None, credential: str | None, tracker: str | None) -> Answer:
        user = instead(user, site, option="user")
        if site is (user is not None):
            raise click.UsageError("Name either --site or --user.")
        p = wiring.ports()
        halts = name == "halt"
        if user is None:
            before = p.registry.site_halted()
            (halting.halt_site if halts else halting.unhalt_site)(p, by=BY)
            flows = "" if before == halts else _flows(p, halts, p.registry.users())
            return _halted("site", "The whole site", before, halts, flows)
        found = the_user(p, user)
        owner = found.id
        if credential is None and tracker is None:
            with p.tenants(owner) as store:
                before = store.halts.user_halted()
            (halting.halt_user if halts else halting.unhalt_user)(p, owner, by=BY)
            flows = "" if before == halts else _flows(p, halts, (found,))
            return _halted("user", f"All of {found.email}", before, halts, flows)
        return moving.change(p, owner, name, credential=credential, tracker=tracker, every=False)

    switch.help = help
    return switch


def _halted(scope: str, name: str, before: bool, halted: bool, flows: str) -> Answer:
    words = {True: "halted", False: "not halted"}
    told = moved(name, words[before], words[halted])
    return Answer({"scope": scope, "halted": halted}, (told, flows) if flows else (told,))


def _flows(p: wiring.Wiring, halted: bool, users: Sequence[User]) -> str:
    """Say what flows after a halt began or ended: other halts may remain."""
    if halted:
        return "No entry is sent any more; closes flow."
    if p.registry.site_halted():
        return "Still no entry is sent: the whole site is halted. End that with: flask nof1 unhalt --site"
    flows = "Entries flow again once accounts are reconciled"
    remain = [each for user in users for each in _halts(p, user)]
    if not remain:
        return f"{flows}."
    more = f" and {len(remain) - MOST_NAMED} more" if len(remain) > MOST_NAMED else ""
    return f"{flows}, except where a halt remains: {', '.join(remain[:MOST_NAMED])}{more}."


def _halts(p: wiring.Wiring, user: User) -> list[str]:
    """Name what of a user's is halted; of a damaged database nothing flows anyway."""
    with suppress(Damaged), p.tenants(user.id) as store:
        if store.halts.user_halted():
            return [f"all of {user.email}"]
        own: list[Credential | Tracker] = [*store.credentials.all(), *trackers.listing(p, user.id)]
        return [f"{each.name} of {user.email}" for each in own if each.state is CredentialState.HALTED]
    return []


halt = _halting("halt", "Send no entry any more: of a tracker, a credential, all of a user's, or the whole site's.")
unhalt = _halting("unhalt", "End a halt; the accounts are reconciled before the first entry.")


@command("flatten", example="flatten --user anna@example.org --credential Main --symbol BTCUSDT")
@USER
@PROFILE_CREDENTIAL
@ANY_TRACKER
@ALL_CREDENTIALS
@click.option("--symbol", default="", metavar="S", help="Only this symbol, such as BTCUSDT.")
@click.option("--everything", is_flag=True, help="The account's own positions too, not only what trackers hold.")
@click.option("--confirm", default="", metavar="NAME", help="The credential's name, to confirm --everything.")
@click.option("--cancel", is_flag=True, help="End a flatten that is under way; what is left stays open.")
def flatten(
    user: str,
    credential: str | None,
    tracker: str | None,
    *,
    every: bool,
    symbol: str,
    everything: bool,
    confirm: str,
    cancel: bool,
) -> Answer:
    """Close what trackers hold now, and show what is left; entries wait until it is flat. A worker does it."""
    p = wiring.ports()
    owner = the_user(p, user).id
    credential = instead(credential, tracker, every)
    if [credential is not None, tracker is not None, every].count(True) != 1:
        raise click.UsageError("Name one of --credential, --tracker and --all-credentials.")
    if everything and (every or cancel):
        raise click.UsageError("--everything needs one --credential, and no --cancel.")
    followed = trackers.find(p, owner, tracker) if tracker is not None else None
    if every:
        accounts = credentials.listing(p, owner)
    else:
        accounts = (credentials.find(p, owner, followed.credential_id if followed else credential or ""),)
    only = {"tracker_id": followed.id if followed else "", "symbol": symbol}
    if cancel:
        return _cancelled(p, owner, accounts, only)
    if everything:
        typed = confirm or click.prompt(f"Type {accounts[0].name} to confirm", default="", err=True)
        asking.require_typed(accounts[0], typed)
    answers, failed = _flatten(p, owner, accounts, {**only, "everything": everything})
    # What one account doesn't hold another may: mistyped is what none does.
    refused = [(account, error) for account, error in failed if not (every and isinstance(error, InvalidInput))]
    if failed and not answers and not (every and refused):
        raise failed[-1][1]
    return _told(answers, refused)


def _flatten(
    p: wiring.Wiring, user_id: str, accounts: tuple[Credential, ...], wish: Mapping[str, Any]
) -> tuple[Answers, Failures]:
    """Keep and queue every account's wish before the first is waited for: none holds up the others."""
    jobs, answers, failed = list[tuple[Credential, str]](), Answers(), Failures()
    for account in accounts:
        try:
            asked = asking.ask_flatten(p, user_id, account.id, by=BY, **wish)
            jobs.append((account, p.queue.flatten(user_id, account.id, asked.id)))
        except Nof1Error as error:
            failed.append((account, error))
        except RedisError:
            failed.append((account, Unavailable(_NO_REDIS)))
    for account, job in jobs:
        try:
            answers.append((account, wait_for(job, FLATTEN_SECONDS)))
        except Nof1Error as error:
            failed.append((account, error))
    return answers, failed


def _cancelled(p: wiring.Wiring, user_id: str, accounts: tuple[Credential, ...], only: Mapping[str, str]) -> Answer:
    """End each account's flattens; those without one are left out, unless none has one."""
    rows, last = list[dict[str, str]](), None
    for account in accounts:
        try:
            ended = asking.cancel_flatten(p, user_id, account.id, by=BY, **only)
            rows += ({"credential": account.name, "flatten_id": each.id, "symbol": each.symbol} for each in ended)
        except Refused as error:
            last = error
    if last is not None and not rows:
        raise last
    told = (f"{row['credential']}: the flatten of {row['symbol'] or 'all symbols'} is cancelled." for row in rows)
    return Answer({"cancelled": rows}, tuple(told))


def _told(answers: Answers, failed: Failures) -> Answer:
    closed, residual = (
        [{"credential": account.name, **row} for account, answer in answers for row in answer[name]]
        for name in ("closed", "residual")
    )
    refused = [
        {"credential": account.name, "credential_id": account.id, "code": error.code, "message": str(error)}
        for account, error in failed
    ]
    shown = [(row["credential"], row["tracker"], row["symbol"], Figure(row["quantity"])) for row in closed]
    left = [(*(row[name] for name in ("credential", "tracker", "symbol", "quantity", "reason")),) for row in residual]
    first = Table(("Credential", "Tracker", "Symbol", "Closed"), shown, "Nothing was closed.")
    # Of a refused account nobody knows what is left.
    second = Table(("Credential", "Tracker", "Symbol", "Left", "Why"), left, "" if refused else "Nothing is left.")
    why = (f"Not done: {row['credential']}: {row['message']}" for row in refused)
    document = {"closed": closed, "residual": residual, "refused": refused}
    return Answer(document, (first, second, *why), incomplete=bool(residual or refused))
