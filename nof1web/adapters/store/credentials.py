"""Credentials in a tenant's database: their state, fence and sealed secrets, the last sync, keys being tested."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from nof1web.adapters.store import units
from nof1web.adapters.store.columns import EXACT, FLAG, PLAIN, SENTENCE, TIME, Column, Columns, maybe, one_of
from nof1web.adapters.store.connections import SqliteFile, Values
from nof1web.adapters.store.drafts import Drafts
from nof1web.adapters.store.failures import not_unique
from nof1web.adapters.store.snapshots import Snapshots
from nof1web.core.records import Credential, CredentialState, Watch
from nof1web.core.trading import Environment
from nof1web.errors import N_, InvalidInput, NotFound, Text

_MISSING = N_("This credential does not exist any more.")

_WATCH = Columns(Watch, {"symbol": PLAIN, "price": EXACT, "above": FLAG})

_WATCHES = Column(
    lambda watches: units.to_json([_WATCH.values(watch) for watch in watches]),
    lambda text: tuple(_WATCH.read(watch) for watch in units.from_json(text)),
)

_CREDENTIAL = Columns(
    Credential,
    {
        "id": PLAIN, "name": PLAIN, "environment": one_of(Environment), "api_key": PLAIN,
        "state": one_of(CredentialState), "enabled": FLAG, "armed": FLAG, "created_at": TIME,
        "account_alias": PLAIN, "tested_at": maybe(TIME), "last_cycle_at": maybe(TIME), "last_sync_at": maybe(TIME),
        "last_error": maybe(SENTENCE), "wake_at": maybe(TIME), "watches": _WATCHES,
    },
)


class SqliteCredentials(Snapshots, Drafts):
    """services.stores.CredentialStore. Changing a credential or draft that doesn't exist is NotFound."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def add(self, credential: Credential) -> None:
        """Insert; InvalidInput when the tenant already has that name (case-insensitive)."""
        values = _CREDENTIAL.values(credential) | {"name_key": credential.name.casefold()}
        try:
            with self._file.transaction():
                self._file.insert("credentials", values)
                facts = {"credential_id": credential.id, "added_at": units.to_micros(credential.created_at)}
                self._file.insert("key_facts", facts)
        except sqlite3.IntegrityError as error:
            if not not_unique(error, "credentials.name_key"):
                raise
            sentence = N_("You already have a credential named %(name)s: choose another name.")
            fields = {"name": Text(sentence, {"name": credential.name})}
            raise InvalidInput(sentence, fields=fields, name=credential.name) from error

    def get(self, id_or_name: str) -> Credential | None:
        """Return the credential of that id, else of that name."""
        row = self._file.row(
            "SELECT * FROM credentials WHERE (id = ? OR name_key = ?) AND removed_at IS NULL"
            " ORDER BY id = ? DESC LIMIT 1",
            (id_or_name, id_or_name.casefold(), id_or_name),
        )
        return _CREDENTIAL.read(row) if row else None

    def all(self) -> tuple[Credential, ...]:
        """Return the tenant's credentials, oldest first; removed ones are no more."""
        sql = "SELECT * FROM credentials WHERE removed_at IS NULL ORDER BY created_at, id"
        return _CREDENTIAL.all(self._file.rows(sql))

    def set_state(self, credential_id: str, state: CredentialState, *, error: Text | None = None) -> None:
        """Set the state and what is wrong; None says that nothing is."""
        self._set(
            "UPDATE credentials SET state = ?, last_error = ? WHERE id = ?",
            (state.value, maybe(SENTENCE).write(error), credential_id),
        )

    def set_enabled(self, credential_id: str, enabled: bool) -> None:
        """Enable or disable."""
        self._set("UPDATE credentials SET enabled = ? WHERE id = ?", (int(enabled), credential_id))

    def set_tested(self, credential_id: str, at: datetime, *, alias: str, error: Text | None) -> None:
        """Note a connection test; an empty alias keeps the one that is known."""
        self._set(
            "UPDATE credentials SET tested_at = :at, last_error = :error,"
            " account_alias = CASE :alias WHEN '' THEN account_alias ELSE :alias END WHERE id = :id",
            {"at": units.to_micros(at), "error": maybe(SENTENCE).write(error), "alias": alias, "id": credential_id},
        )

    def set_cycled(self, credential_id: str, at: datetime, *, error: Text | None) -> None:
        """Note a cycle's time and what went wrong in it."""
        self._set(
            "UPDATE credentials SET last_cycle_at = ?, last_error = ? WHERE id = ?",
            (units.to_micros(at), maybe(SENTENCE).write(error), credential_id),
        )

    def set_wake(self, credential_id: str, at: datetime | None, watches: Iterable[Watch]) -> None:
        """Replace when and at which prices the credential wants to be looked at again."""
        self._set(
            "UPDATE credentials SET wake_at = ?, watches = ? WHERE id = ?",
            (maybe(TIME).write(at), _WATCHES.write(watches), credential_id),
        )

    def data_key(self) -> bytes | None:
        """Return the tenant's wrapped data key."""
        row = self._file.row("SELECT wrapped FROM data_key")
        return row["wrapped"] if row else None

    def put_data_key(self, wrapped: bytes) -> bytes:
        """Store the first wrapped data key; return the one that is stored (a racing writer's wins)."""
        with self._file.transaction():
            self._file.change("INSERT INTO data_key (one, wrapped) VALUES (1, ?) ON CONFLICT DO NOTHING", (wrapped,))
            return self.data_key() or wrapped

    def put_secret(self, credential_id: str, field: str, sealed: bytes) -> None:
        """Store a sealed secret, over the one that was there."""
        values = {"credential_id": credential_id, "field": field, "sealed": sealed}
        self._file.insert("secrets", values, replacing=("credential_id", "field"))

    def secret(self, credential_id: str, field: str) -> bytes | None:
        """Return a sealed secret."""
        row = self._file.row(
            "SELECT sealed FROM secrets WHERE credential_id = ? AND field = ?", (credential_id, field)
        )
        return row["sealed"] if row else None

    def paper_state(self, credential_id: str) -> str | None:
        """Return a paper account's state as its exchange wrote it, None before its first use."""
        row = self._file.row("SELECT state FROM paper_accounts WHERE credential_id = ?", (credential_id,))
        return row["state"] if row else None

    def put_paper_state(self, credential_id: str, text: str) -> None:
        """Replace a paper account's state; NotFound when the credential doesn't exist."""
        values = {"credential_id": credential_id, "state": text}
        self._file.insert("paper_accounts", values, replacing=("credential_id",))

    def claim_fence(self, credential_id: str) -> int:
        """Add one to the credential's fence and return it (DESIGN §5)."""
        with self._file.transaction():
            row = self._file.row(
                "UPDATE credentials SET fence = fence + 1 WHERE id = ? AND removed_at IS NULL RETURNING fence",
                (credential_id,),
            )
        if row is None:
            raise NotFound(_MISSING)
        return int(row["fence"])

    def fence(self, credential_id: str) -> int | None:
        """Return the fence last claimed, None when the credential is gone."""
        row = self._file.row("SELECT fence FROM credentials WHERE id = ? AND removed_at IS NULL", (credential_id,))
        return row["fence"] if row else None

    def _set(self, sql: str, values: Values) -> None:
        if not self._file.change(sql, values):
            raise NotFound(_MISSING)
