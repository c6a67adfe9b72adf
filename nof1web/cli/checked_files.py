"""What `doctor` looks at in the databases: how far each has come, whether the master key opens them, people's keys."""

from __future__ import annotations

from collections.abc import Iterator

from nof1web.cli.checks import Check
from nof1web.cli.progress import track
from nof1web.cli.saying import counted
from nof1web.core.records import Credential
from nof1web.core.trading import Environment
from nof1web.errors import Nof1Error
from nof1web.services import hygiene
from nof1web.services.key_stores import KeyFacts
from nof1web.services.stores import User
from nof1web.wiring import Wiring, steps


def all_of(w: Wiring) -> Iterator[Check]:
    """Yield every check of the databases; none is opened that opening would change, or that can't be opened."""
    folder = w.config.tenants_dir
    if not (folder / "registry.db").is_file():
        yield Check("migrations", None, f"{folder} has no database yet", "Start everything with: flask nof1 up")
        return
    found = list(steps.standings(folder))
    yield from _migrations(found)
    ready = {each.path for each in found if each.ready}
    if folder / "registry.db" in ready:
        yield _master_key(w)
        users = [user for user in w.registry.users() if folder / user.id / "tenant.db" in ready]
        for user in track(users, "Databases"):
            yield from _keys(w, user)


def _migrations(found: list[steps.Standing]) -> Iterator[Check]:
    for each in found:
        if each.unread:
            yield Check("migrations", False, each.unread, "Stop everything and restore its newest backup.")
        elif each.unknown:
            told = f"{each.path} was written by a newer version ({each.unknown[-1]})"
            yield Check("migrations", False, told, "Install that version, or restore a backup made with this one.")
    waiting = [each for each in found if each.pending and not each.unknown]
    if waiting:
        told = f"{counted(len(waiting), 'database is', 'databases are')} behind this version"
        told += f": {waiting[0].path} waits for {waiting[0].pending[0]}"
        yield Check("migrations", None, told, "Run: flask nof1 migrate")
    if all(each.ready for each in found):
        yield Check("migrations", True, f"{counted(len(found), 'database is', 'databases are')} up to date")


def _master_key(w: Wiring) -> Check:
    try:
        installed = w.registry.installation()
        if installed is not None:
            w.vault.require(installed.sealing_private)
        else:
            _ = w.vault
    except Nof1Error as error:
        todo = "Give this command the environment of the workers, with the key that sealed the secrets."
        return Check("master key", False, str(error), todo)
    return Check("master key", True, "it opens what is sealed here" if installed else "it is there; nothing is sealed")


def _keys(w: Wiring, user: User) -> Iterator[Check]:
    try:
        with w.tenants(user.id) as store:
            found = [(each, store.keys.facts(each.id)) for each in store.credentials.all()]
    except Nof1Error as error:
        yield Check(f"database of {user.email}", False, str(error), "Stop everything and restore its newest backup.")
        return
    for credential, facts in found:
        if facts is not None and credential.environment is not Environment.PAPER:
            yield _key(w, f"key {user.email} / {credential.name}", credential, facts)


def _key(w: Wiring, name: str, credential: Credential, facts: KeyFacts) -> Check:
    kept = hygiene.of(facts, credential.environment, w.clock())
    if facts.refused_at is not None:
        return Check(name, False, "the exchange refuses it", "Test it, or replace it by a new one.")
    bad = [point for point in kept.points if point.good is False] if kept else []
    todo = " ".join(str(point.text) for point in bad)
    if any(point.name == "permissions" for point in bad):
        return Check(name, False, "it may move money away; nothing is entered with it", todo)
    told = f"{kept.score} of {kept.of} points good" if kept else "nothing is known of it"
    return Check(name, None if bad else True, told, todo)
