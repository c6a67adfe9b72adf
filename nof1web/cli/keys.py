"""`flask nof1 credential rotate|edit|remove|arm|disarm|key|proxy`, and `rotate-key`: what becomes of a key later on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from nof1web import wiring
from nof1web.cli.completing import names
from nof1web.cli.options import CREDENTIAL, USER, read_proxy, read_secret, the_user
from nof1web.cli.output import Answer, command
from nof1web.cli.pairs import pair
from nof1web.cli.progress import track, turning
from nof1web.cli.removed import removed
from nof1web.cli.saying import counted, moved
from nof1web.cli.tables import Table
from nof1web.core.records import Credential
from nof1web.core.trading import MarginMode
from nof1web.errors import N_, Damaged, Refused, SecretUnreadable
from nof1web.services import (
    arming,
    credentials,
    describing,
    figures,
    key_documents,
    removing,
    replacing,
    rotating,
    warnings,
)
from nof1web.services.arming import WorstCase
from nof1web.services.reading import masked
from nof1web.wiring import passphrase

_TYPED = click.option("--name", "typed", metavar="NAME", help="The credential's name once more, to confirm.")


def _found(user: str, credential: str) -> tuple[wiring.Wiring, str, Credential]:
    p = wiring.ports()
    owner = the_user(p, user)
    return p, owner.id, credentials.find(p, owner.id, credential)


@command("rotate", example="credential rotate --user anna@example.org --credential Main --api-key KEY")
@USER
@CREDENTIAL
@click.option("--api-key", required=True, metavar="KEY", help="The new key's public part.")
@click.option("--api-secret-stdin", is_flag=True, help="Read the secret from stdin, one line.")
@click.option("--env", "environment", default="", help="Move it to testnet or live, while it has no orders yet.")
def rotate(user: str, credential: str, api_key: str, *, api_secret_stdin: bool, environment: str) -> Answer:
    """Put a new key of the same account in the place of the old one; it is tested first, the history stays."""
    p, owner, found = _found(user, credential)
    secret = read_secret("--api-secret-stdin", from_stdin=api_secret_stdin, prompt="API secret")
    row = replacing.begin(p, owner, found, api_key=api_key, api_secret=secret, environment=environment)
    with p.tenants(owner) as store, turning("The exchange is asked about the key …"):
        changed, check = replacing.replace_key(p, store, row, secret)
        facts = store.keys.facts(changed.id)
    codes = facts.warnings if facts else ()
    answer = {"credential_id": changed.id, "name": changed.name, "api_key": masked(changed.api_key), "warnings": codes}
    place = moved("Its environment", found.environment, changed.environment)
    told = (place,) if changed.environment is not found.environment else ()
    shown = (
        moved(f"The key of {changed.name}", masked(found.api_key), masked(changed.api_key)),
        *told,
        f"It works, equity {figures.money(check.equity)} USDT.",
    )
    return Answer(answer, (*shown, *(f"Warning: {warnings.words(code)}" for code in codes)))


@command("edit", example="credential edit --user anna@example.org --credential Main --name Savings --label sub")
@USER
@CREDENTIAL
@click.option("--name", help="What to call it from now on.")
@click.option("--label", type=click.Choice(["main", "sub", "none"]), help="Whether it is a main or a sub account.")
@click.option("--margin-mode", type=click.Choice([*map(str, MarginMode), "none"]), help="Its trackers' default.")
def edit(user: str, credential: str, name: str | None, label: str | None, margin_mode: str | None) -> Answer:
    """Change a credential's name, label or its trackers' margin mode; what is left out stays."""
    if name is None and label is None and margin_mode is None:
        raise click.UsageError("Name what to change: --name, --label or --margin-mode.")
    p, owner, found = _found(user, credential)
    said = {"label": label, "margin_mode": margin_mode}
    cleared = {field: "" if text == "none" else text for field, text in said.items()}
    before = _about(p, owner, found)
    now = _about(p, owner, describing.describe(p, owner, found.id, name=name, **cleared))
    rows = [(each, before[each] or "–", now[each] or "–") for each in now if before[each] != now[each]]
    table = Table(("What", "Before", "Now"), rows, "Nothing is different now.")
    return Answer({"credential_id": found.id, **now}, (table,))


def _about(p: wiring.Wiring, owner: str, credential: Credential) -> dict[str, str]:
    shown = key_documents.key(p, owner, credential)
    return {"name": credential.name, "label": shown["label"], "margin_mode": shown["margin_mode"]}


@command("remove", example="credential remove --user anna@example.org --credential Main --name Main")
@USER
@CREDENTIAL
@_TYPED
def remove(user: str, credential: str, typed: str | None) -> Answer:
    """Erase a credential's key and secrets for good; its orders and results stay."""
    p, owner, found = _found(user, credential)
    gone = removing.remove(p, owner, found.id, typed=_typed(typed, found))
    shown = f"{moved(gone.name, found.state, 'removed')} Its key and secrets are erased, its history stays."
    return Answer({"credential_id": gone.id, "name": gone.name, "removed": True}, (shown,))


@command("arm", example="credential arm --user anna@example.org --credential Main --name Main")
@USER
@CREDENTIAL
@_TYPED
def arm(user: str, credential: str, typed: str | None) -> Answer:
    """Let a live credential send orders, after showing what that could cost at worst."""
    p, owner, found = _found(user, credential)
    worst = arming.worst_case(p, owner, found.id)
    if typed is None:
        # Stdout is for the one answer; what a person reads before typing goes beside it.
        for line in _worst_lines(worst):
            click.echo(line, err=True)
    armed = arming.arm(p, owner, found.id, typed=_typed(typed, found))
    document = {"credential_id": armed.id, "name": armed.name, "armed": armed.armed}
    document["worst_case"] = key_documents.worst_case(worst)
    return Answer(document, (*_worst_lines(worst), _arming(found, armed)))


@command("disarm", example="credential disarm --user anna@example.org --credential Main")
@USER
@CREDENTIAL
def disarm(user: str, credential: str) -> Answer:
    """Take the right to send orders back; refused while the credential holds positions."""
    p, owner, found = _found(user, credential)
    changed = arming.disarm(p, owner, found.id)
    document = {"credential_id": changed.id, "name": changed.name, "armed": changed.armed}
    return Answer(document, (_arming(found, changed),))


def _arming(before: Credential, now: Credential) -> str:
    words = {True: "armed", False: "not armed"}
    then = "Its orders leave for the exchange." if now.armed else "It only records what it would order."
    return f"{moved(now.name, words[before.armed], words[now.armed])} {then}"


@command("proxy", example="credential proxy --user anna@example.org --credential Main socks5h://proxy.example.org:1080")
@USER
@CREDENTIAL
@click.argument("url", required=False, default="")
@click.option("--password-stdin", is_flag=True, help="Read the proxy's password from stdin, one line.")
def proxy(user: str, credential: str, url: str, *, password_stdin: bool) -> Answer:
    """Send this credential's requests through a proxy of its own; without a URL, directly again."""
    p, owner, found = _found(user, credential)
    before = _proxy(p, owner, found)
    replacing.store_proxy(p, owner, found, read_proxy(url, "--password-stdin", from_stdin=password_stdin))
    address = _proxy(p, owner, found)
    shown = moved(f"The way out of {found.name}", before or "direct", address or "direct")
    return Answer({"credential_id": found.id, "name": found.name, "proxy": address}, (shown,))


def _proxy(p: wiring.Wiring, owner: str, credential: Credential) -> str:
    with p.tenants(owner) as store:
        facts = store.keys.facts(credential.id)
    return facts.proxy if facts else ""


@command("key", example="credential key --user anna@example.org --credential Main")
@USER
@CREDENTIAL
def key(user: str, credential: str) -> Answer:
    """Show how well a key is kept, and the keys before it."""
    p, owner, found = _found(user, credential)
    shown = key_documents.key(p, owner, found)
    told = f"{shown['score']} of {shown['of']} points that can be looked up are good."
    scored = "A paper account has no key." if shown["score"] is None else told
    lines = (scored, *(str(point["text"]) for point in shown["points"]))
    table = Table(("Key", "Added", "Ended"), [tuple(each.values()) for each in shown["past"]], "")
    return Answer(shown, (*lines, table) if shown["past"] else lines)


@command("rotate-key", example="rotate-key --tenants")
@click.option("--user", metavar="EMAIL", help="Give only this user a new data key.", shell_complete=names)
@click.option("--tenants", is_flag=True, help="Give every user a new data key.")
@click.option("--new-passphrase-stdin", "phrase", is_flag=True, help="Read a new master passphrase from stdin.")
def rotate_key(user: str | None, *, tenants: bool, phrase: bool) -> Answer:
    """Seal everything under the current master key, or under new data keys; run it again if it was interrupted.

    For a new master key stop everything, put it first under a new number (NOF1_MASTER_KEY=2:NEW,1:OLD) for this
    command and for every process, run this, start everything with both, then drop the old one. Refused while a worker
    is alive: one without the new key could open nothing afterwards. For a new passphrase leave the old one in
    NOF1_MASTER_PASSPHRASE for this command; everything starts with the new one afterwards.
    """
    p = wiring.ports()
    if phrase:
        word = read_secret("--new-passphrase-stdin", from_stdin=True, prompt="Passphrase")
        return _rotated(passphrase.change(p, word))
    if not user and not tenants:
        return _rotated(rotating.rotate_master(p))
    owners = [the_user(p, user)] if user else list(p.registry.users())
    done, unreadable = [], []
    for owner in track(owners, "Users"):
        try:
            done.append(rotating.rotate_tenant(p, owner.id))
        except (SecretUnreadable, Damaged) as error:
            unreadable.append((owner.email, error.text))
    total = rotating.Rotated(
        sum(each.tenants for each in done),
        sum(each.current for each in done),
        sum(each.secrets for each in done),
        tuple(unreadable),
    )
    told = f"{counted(total.tenants, 'user has', 'users have')} a new data key now, {total.current} had none yet; "
    return _rotated(total, f"{told}{counted(total.secrets, 'secret')} sealed again.")


def _rotated(done: rotating.Rotated, told: str = "") -> Answer:
    if done.unreadable:
        email, why = done.unreadable[0]
        words = N_("%(count)s users' keys don't open, %(email)s among them: %(why)s All others are done.")
        raise Refused(words, count=len(done.unreadable), email=email, why=str(why))
    document: dict[str, Any] = {"renewed": done.tenants, "current": done.current, "secrets": done.secrets}
    moved_now = f"{counted(done.tenants, 'data key is', 'data keys are')} under the current master key now"
    return Answer(document, (told or f"{moved_now}, {done.current} needed nothing.",))


def _typed(typed: str | None, credential: Credential) -> str:
    if typed is not None:
        return typed
    return str(click.prompt(f"Type {credential.name} to confirm", err=True))


def _worst_lines(worst: WorstCase) -> Iterator[str]:
    yield f"{worst.credential.name} would trade real money with {counted(len(worst.trackers), 'tracker')}."
    yield f"Margin up to {figures.money(worst.margin)} USDT, leverage up to {worst.leverage}x,"
    yield f"positions up to {figures.money(worst.notional)} USDT."
    loss = "unknown: prices can't be read" if worst.loss is None else f"{figures.money(worst.loss)} USDT"
    yield f"Loss when all of this moment's entries are stopped: {loss}."
    yield f"Lost at most, when no stop is filled: {figures.money(worst.at_most)} USDT."


COMMANDS = (pair, rotate, edit, remove, removed, arm, disarm, proxy, key)
