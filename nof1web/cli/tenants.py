"""`flask nof1 user disable|enable|quota|export|import|remove`: a user as a whole."""

from __future__ import annotations

import os
from pathlib import Path

import click

from nof1web import wiring
from nof1web.cli.options import EMAIL, read_secret, the_user
from nof1web.cli.output import Answer, command
from nof1web.cli.progress import turning
from nof1web.cli.saying import moved
from nof1web.cli.tables import Table
from nof1web.errors import N_, InvalidInput
from nof1web.services import keys, tenancy, users
from nof1web.services.stores import Quota, User

_PASSPHRASE = click.option("--passphrase-stdin", is_flag=True, help="Read the passphrase from stdin, one line.")
_TAKEN = N_("%(path)s can't be written (%(reason)s): choose a new file in a folder of yours.")

_UNREADABLE = N_("%(path)s can't be read (%(reason)s): choose a bundle that user export wrote.")


@command("disable", example="user disable anna@example.org")
@EMAIL
def disable(email: str) -> Answer:
    """End somebody's sessions, let them in no more and halt all of their credentials; closes still flow."""
    return _enabled(email, False)


@command("enable", example="user enable anna@example.org")
@EMAIL
def enable(email: str) -> Answer:
    """Let somebody log in again; a halt of their credentials stays until `unhalt --user`."""
    return _enabled(email, True)


def _enabled(email: str, enabled: bool) -> Answer:
    p = wiring.ports()
    user = the_user(p, email)
    users.set_enabled(p, user, enabled)
    with p.tenants(user.id) as store:
        halted = store.halts.user_halted()
    words = {True: "enabled", False: "disabled"}
    then = "May log in." if enabled else "May not log in any more."
    shown = f"{moved(user.email, words[user.enabled], words[enabled])} {then}"
    still = f"All credentials are halted: no entry is sent; end it with: flask nof1 unhalt --user {user.email}"
    document = {"user_id": user.id, "email": user.email, "enabled": enabled, "halted": halted}
    return Answer(document, (shown, still) if halted else (shown,))


@command("quota", example="user quota anna@example.org 50 --interval 30 --entries-per-hour 100")
@EMAIL
@click.argument("credentials", type=click.IntRange(0, 10_000), required=False)
@click.option("--interval", type=click.IntRange(1, 3600), metavar="S", help="Least seconds between two cycles.")
@click.option("--entries-per-hour", type=click.IntRange(1, 100_000), metavar="N", help="Over all credentials.")
def quota(email: str, credentials: int | None, *, interval: int | None, entries_per_hour: int | None) -> Answer:
    """Set how many credentials, cycles and entries somebody may have; what is left out is as for everybody."""
    p = wiring.ports()
    user = the_user(p, email)
    before = _quota(p, user)
    users.set_quota(p, user, Quota(credentials, interval, entries_per_hour))
    now = _quota(p, user)
    words = ("Credentials", "Least seconds between two cycles", "Entries an hour; closes always flow")
    rows = [
        (word, *(_free(each[name]) for each in (before, now)))
        for word, name in zip(words, now, strict=True)
        if before[name] != now[name]
    ]
    return Answer({"user_id": user.id, **now}, (Table(("Quota", "Before", "Now"), rows, "Nothing is different now."),))


def _quota(p: wiring.Wiring, user: User) -> dict[str, int | None]:
    own = p.registry.quota(user.id)
    most = keys.quota_of(p, user.id)
    return {"credentials": most, "interval": own.interval, "entries_per_hour": own.entries_per_hour}


def _free(most: int | None) -> str:
    return "as everybody" if most is None else str(most)


@command("export", example="user export anna@example.org anna.zip")
@EMAIL
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--bundle", is_flag=True, help="With secrets, for another host; sealed under a passphrase.")
@_PASSPHRASE
def export(email: str, path: Path, *, bundle: bool, passphrase_stdin: bool) -> Answer:
    """Write everything of a user to a zip of JSON and CSV without secrets, or to a sealed bundle with them."""
    p = wiring.ports()
    user = the_user(p, email)
    if bundle:
        word = read_secret("--passphrase-stdin", from_stdin=passphrase_stdin, prompt="Passphrase", confirm=True)
        with turning("Everything is sealed …"):
            data = tenancy.pack(p, p.bundles, user, word)
    else:
        with turning("Everything is read …"):
            data = tenancy.export(p, user)
    _write(path, data)
    secrets = "secrets sealed under the passphrase" if bundle else "without secrets"
    shown = f"{path} holds everything of {user.email}, {secrets}."
    return Answer({"user_id": user.id, "path": str(path), "bytes": len(data), "secrets": bundle}, (shown,))


@command("import", example="user import anna.bundle")
@click.argument("path", type=click.Path(path_type=Path))
@_PASSPHRASE
def restore(path: Path, *, passphrase_stdin: bool) -> Answer:
    """Make the user of a bundle here; all credentials are stopped and none is armed."""
    p = wiring.ports()
    word = read_secret("--passphrase-stdin", from_stdin=passphrase_stdin, prompt="Passphrase")
    with turning("The bundle is opened …"):
        user = tenancy.unpack(p, p.bundles, _read(path), word)
    shown = f"Added {user.email} ({user.id}); start the credentials when the other host is off."
    return Answer({"user_id": user.id, "email": user.email}, (shown,))


@command("remove", example="user remove anna@example.org --email anna@example.org")
@EMAIL
@click.option("--email", "typed", metavar="EMAIL", help="The address once more, to confirm.")
@click.option("--ledger", type=click.Path(path_type=Path), help="First write what the law wants kept to this zip.")
@click.option("--unreadable", is_flag=True, help="Although the database is damaged: you looked at the exchange.")
def remove(email: str, typed: str | None, *, ledger: Path | None, unreadable: bool) -> Answer:
    """Erase a user: secrets, database and login; nothing can be read afterwards."""
    p = wiring.ports()
    user = the_user(p, email)
    if typed is None:
        typed = str(click.prompt(f"Type {user.email} to confirm", err=True))
    tenancy.require_removable(p, user, typed=typed, unreadable=unreadable)
    if ledger is not None:
        # Orders, fills and results without any secret, as an export has them.
        _write(ledger, tenancy.export(p, user))
    tenancy.remove(p, user, typed=typed, unreadable=unreadable)
    document = {"user_id": user.id, "email": user.email, "removed": True, "ledger": str(ledger) if ledger else None}
    words = {True: "enabled", False: "disabled"}
    kept = (f"{ledger} holds what was ordered and earned, without secrets.",) if ledger else ()
    told = f"{moved(user.email, words[user.enabled], 'removed')} Secrets, database and login are erased."
    return Answer(document, (told, *kept))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(_UNREADABLE, path=str(path), reason=error.strerror or str(error)) from error


def _write(path: Path, data: bytes) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InvalidInput(_TAKEN, path=str(path), reason=error.strerror or str(error)) from error
    with os.fdopen(handle, "wb") as file:
        file.write(data)


COMMANDS = (disable, enable, quota, export, restore, remove)
