"""A user as a whole: taking their data along, moving to another host, leaving for good (DESIGN §6)."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from nof1web.core.records import CredentialState
from nof1web.errors import N_, InvalidInput, Nof1Error
from nof1web.services.holdings import require_nothing_open
from nof1web.services.keys import SECRET, open_secret
from nof1web.services.ports import Ports, TenantStore
from nof1web.services.proxies import FIELD
from nof1web.services.reading import masked
from nof1web.services.removing import require_name
from nof1web.services.stores import User

_FORMAT = 1
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

    InvalidInput when the bundle doesn't open, or the user is here already.
    """
    about, data = _opened(bundles.open(sealed, passphrase))
    user = _user(about)
    if p.registry.user(user.id) is not None:
        raise InvalidInput(N_("%(email)s is on this host already: remove the user here first."), email=user.email)
    p.registry.add_user(user)
    try:
        p.tenants.put_image(user.id, data)
        with p.tenants(user.id) as store, store.transaction(durable=True):
            _settle_in(p, store, about["secrets"])
    except Nof1Error:
        # Half a user is none: the bundle can be unpacked again.
        p.tenants.remove(user.id)
        p.registry.remove_user(user.id)
        raise
    p.registry.audit(p.clock(), user.id, "user.unpack", "")
    return user


def remove(p: Ports, user: User, *, typed: str) -> None:
    """Erase a user: first the key of their secrets, then their database, then their login.

    InvalidInput unless their address was typed, Refused while an account holds positions. Killed in between, another
    call goes on.
    """
    require_removable(p, user, typed=typed)
    with p.tenants(user.id) as store:
        credentials = store.credentials.all()
        with store.transaction(durable=True):
            for credential in credentials:
                store.keys.erase(credential.id, p.clock())
            if store.credentials.data_key() is not None:
                store.keys.replace_data_key(b"")
    for credential in credentials:
        p.queue.follow(user.id, credential.id, frozenset())
        p.queue.wake(user.id, credential.id, None)
    p.registry.set_enabled(user.id, False)
    p.tenants.remove(user.id)
    p.registry.remove_user(user.id)
    p.registry.audit(p.clock(), "host", "user.remove", user.id)


def require_removable(p: Ports, user: User, *, typed: str) -> None:
    """InvalidInput unless a user's address was typed, Refused while one of their accounts holds positions."""
    require_name(user.email, typed)
    with p.tenants(user.id) as store:
        _require_flat(store)


def _require_flat(store: TenantStore) -> None:
    for credential in store.credentials.all():
        require_nothing_open(store, credential.id, credential.name)


def _settle_in(p: Ports, store: TenantStore, secrets: list[list[str]]) -> None:
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
