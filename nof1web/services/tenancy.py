"""A user as a whole: taking their data along, moving to another host, leaving for good (DESIGN §6)."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from nof1web.core.records import Credential, CredentialState
from nof1web.core.trading import Environment
from nof1web.errors import N_, Damaged, InvalidInput, Refused
from nof1web.services.holdings import require_nothing_open
from nof1web.services.keys import SECRET, open_secret
from nof1web.services.ports import Ports, TenantStore
from nof1web.services.proxies import FIELD
from nof1web.services.reading import masked
from nof1web.services.removing import require_name
from nof1web.services.stores import User

_FORMAT = 1
UNREADABLE = N_(
    "%(why)s To remove this user all the same, close at the exchange what the accounts hold, then say --unreadable."
)
LIVE_IN_DEMO = N_("This is the demo, and the bundle has live accounts: import it where NOF1_MODE=production.")
NO_BUNDLE = N_("This file is no bundle of nof1web: choose one that user export wrote.")


class Bundles(Protocol):
    """Seals what leaves the installation under a passphrase."""

    def seal(self, data: bytes, passphrase: str) -> bytes:
        """Return the data sealed; InvalidInput for a passphrase that is too short."""
        ...

    def open(self, sealed: bytes, passphrase: str) -> bytes:
        """Return the data; InvalidInput when it doesn't open."""
        ...


def export(p: Ports, user: User) -> bytes:
    """Return everything of a user as a zip: each table as JSON and as CSV. No secret is in it, keys are masked."""
    tables = {name: [_shown(row) for row in rows] for name, rows in p.tenants.tables(user.id).items()}
    about = {"email": user.email, "created_at": user.created_at.isoformat(), "exported_at": p.clock().isoformat()}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("user.json", json.dumps(about, indent=2))
        for name, rows in tables.items():
            archive.writestr(f"{name}.json", json.dumps(rows, indent=1, ensure_ascii=False))
            archive.writestr(f"{name}.csv", _csv(rows))
    p.registry.audit(p.clock(), user.id, "user.export", "")
    return file.getvalue()


def pack(p: Ports, bundles: Bundles, user: User, passphrase: str) -> bytes:
    """Return everything of a user, secrets included, sealed under a passphrase for another host.

    SecretUnreadable when a secret doesn't open. Only on the host.
    """
    with p.tenants(user.id) as store:
        secrets = [
            [credential.id, field, open_secret(p, store, credential, field)]
            for credential in store.credentials.all()
            for field in (SECRET, FIELD)
            if store.keys.sealed(credential.id, field) is not None
        ]
    about = {
        "format": _FORMAT,
        "id": user.id,
        "email": user.email,
        "password_hash": user.password_hash,
        "language": user.language,
        "created_at": user.created_at.isoformat(),
        "secrets": secrets,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bundle.json", json.dumps(about))
        archive.writestr("tenant.db", p.tenants.image(user.id))
    p.registry.audit(p.clock(), user.id, "user.pack", "")
    return bundles.seal(file.getvalue(), passphrase)


def unpack(p: Ports, bundles: Bundles, sealed: bytes, passphrase: str) -> User:
    """Make the user of a bundle here: everything stopped and nothing armed, secrets under this host's own keys.

    InvalidInput when the bundle doesn't open, or the user is here already; killed in between, another call goes on.
    """
    about, data = _opened(bundles.open(sealed, passphrase))
    user, secrets = _user(about), _secrets(about)
    here = p.registry.user(user.id)
    if here is not None and not _half(here):
        raise InvalidInput(N_("%(email)s is on this host already: remove the user here first."), email=user.email)
    with ExitStack() as on_failure:
        # Half a user is none: the bundle can be unpacked again.
        on_failure.callback(p.registry.remove_user, user.id)
        if here is None:
            p.registry.add_user(replace(user, password_hash=""))
        else:
            p.tenants.remove(user.id)
        p.tenants.put_image(user.id, data)
        on_failure.callback(p.tenants.remove, user.id)
        with p.tenants(user.id) as store, store.transaction(durable=True):
            _settle_in(p, store, secrets)
        on_failure.pop_all()
    p.registry.set_password_hash(user.id, user.password_hash)
    p.registry.audit(p.clock(), user.id, "user.unpack", "")
    return user


def _half(user: User) -> bool:
    """Whether the import of a user was cut short: only what is here whole has a password."""
    return not user.password_hash


def remove(p: Ports, user: User, *, typed: str, unreadable: bool = False) -> None:
    """Erase a user: first the key of their secrets, then their database, then their login.

    InvalidInput unless their address was typed, Refused while an account holds positions, or nobody can read whether
    one does: `unreadable` says that a person looked at the exchange. Killed in between, another call goes on.
    """
    require_removable(p, user, typed=typed, unreadable=unreadable)
    credentials: tuple[Credential, ...] = ()
    with suppress(Damaged):
        credentials = _unkeyed(p, user)
    for credential in credentials:
        p.queue.follow(user.id, credential.id, frozenset())
        p.queue.wake(user.id, credential.id, None)
    p.registry.set_enabled(user.id, False)
    p.tenants.remove(user.id)
    p.registry.remove_user(user.id)
    p.registry.audit(p.clock(), "host", "user.remove", user.id)


def _unkeyed(p: Ports, user: User) -> tuple[Credential, ...]:
    """Erase a user's secrets and what they are sealed under; return whose they were."""
    with p.tenants(user.id) as store:
        credentials = store.credentials.all()
        with store.transaction(durable=True):
            for credential in credentials:
                store.keys.erase(credential.id, p.clock())
            store.keys.erase_data_key()
    return credentials


def require_removable(p: Ports, user: User, *, typed: str, unreadable: bool = False) -> None:
    """InvalidInput unless a user's address was typed, Refused while an account holds positions, as `remove`."""
    require_name(user.email, typed)
    if _half(user):
        # Its accounts are still the other host's.
        return
    try:
        with p.tenants(user.id) as store:
            _require_flat(store)
    except Damaged as error:
        if not unreadable:
            raise Refused(UNREADABLE, why=str(error.text)) from error


def _require_flat(store: TenantStore) -> None:
    for credential in store.credentials.all():
        require_nothing_open(store, credential.id, credential.name)


def _settle_in(p: Ports, store: TenantStore, secrets: list[tuple[str, str, str]]) -> None:
    if p.demo and any(each.environment is Environment.LIVE for each in store.credentials.all()):
        raise Refused(LIVE_IN_DEMO)
    wrapped = store.credentials.put_data_key(p.vault.new_data_key(store.user_id))
    for credential_id, field, secret in secrets:
        sealed = p.vault.seal(wrapped, secret, user_id=store.user_id, credential_id=credential_id, field=field)
        store.credentials.put_secret(credential_id, field, sealed)
    for credential in store.credentials.all():
        # Two hosts that trade one account would each undo what the other does.
        store.credentials.set_state(credential.id, CredentialState.STOPPED)
        store.keys.set_armed(credential.id, False)
        facts = store.keys.facts(credential.id)
        if facts is not None:
            store.keys.put_facts(replace(facts, locked_from=""))


def _opened(data: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            about = json.loads(archive.read("bundle.json"))
            if about["format"] != _FORMAT:
                raise InvalidInput(N_("A newer version of nof1web wrote this bundle: install that version first."))
            return about, archive.read("tenant.db")
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise InvalidInput(NO_BUNDLE) from error


def _user(about: Mapping[str, Any]) -> User:
    try:
        created_at = datetime.fromisoformat(about["created_at"]).astimezone(UTC)
        texts = {name: str(about[name]) for name in ("id", "email", "password_hash", "language")}
    except (KeyError, ValueError, TypeError) as error:
        raise InvalidInput(NO_BUNDLE) from error
    # Who may administer this host is decided on this host.
    return User(role="user", enabled=True, created_at=created_at, **texts)


def _secrets(about: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    try:
        return [(str(credential_id), str(field), str(secret)) for credential_id, field, secret in about["secrets"]]
    except (KeyError, ValueError, TypeError) as error:
        raise InvalidInput(NO_BUNDLE) from error


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: masked(value) if name == "api_key" and value else value.hex() if isinstance(value, bytes) else value
        for name, value in row.items()
    }


def _csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    # A spreadsheet would run what begins like a formula; numbers below zero are none.
    formula = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
    number = formula and value.lstrip("-+").replace(".", "").isdigit()
    return f"'{value}" if formula and not number else value
