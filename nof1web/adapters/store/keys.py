"""Keys in a tenant's database: facts, sealed secrets, former keys, and the traces removal leaves none of."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from nof1web.adapters.store import units
from nof1web.adapters.store.columns import PLAIN, TIME, Column, Columns, maybe
from nof1web.adapters.store.connections import SqliteFile, Values
from nof1web.adapters.store.failures import not_unique
from nof1web.core.trading import Environment
from nof1web.errors import N_, InvalidInput, NotFound, Text
from nof1web.services.stores import KeyFacts, PastKey, Removed, SealedSecret

_MISSING = N_("This credential does not exist any more.")
_CODES = Column(lambda codes: units.to_json(list(codes)), lambda text: tuple(units.from_json(text)))

_FACTS = Columns(
    KeyFacts,
    {
        "credential_id": PLAIN, "added_at": TIME, "label": PLAIN, "proxy": PLAIN, "warnings": _CODES,
        "refused_at": maybe(TIME), "confirmed_at": maybe(TIME), "refusals": PLAIN, "locked_from": PLAIN,
    },
)
_PAST = Columns(PastKey, {"credential_id": PLAIN, "api_key": PLAIN, "added_at": TIME, "ended_at": TIME})
_SEALED = Columns(
    SealedSecret,
    {"credential_id": PLAIN, "field": PLAIN, "sealed": PLAIN, "wrapped": PLAIN},
    remembers=False,
)
_REMOVED = Columns(Removed, {"id": PLAIN, "name": PLAIN, "environment": PLAIN, "removed_at": TIME})

# One statement, so that key and secret are always of the same moment while another process renews both.
_SECRETS = "SELECT credential_id, field, sealed, wrapped FROM secrets, data_key"


class SqliteKeys:
    """services.key_stores.KeyStore."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def facts(self, credential_id: str) -> KeyFacts | None:
        """Return what is known of a credential's key."""
        row = self._file.row("SELECT * FROM key_facts WHERE credential_id = ?", (credential_id,))
        return _FACTS.read(row) if row else None

    def all_facts(self) -> tuple[KeyFacts, ...]:
        """Return what is known of every key in use."""
        sql = (
            "SELECT key_facts.* FROM key_facts JOIN credentials ON id = credential_id"
            " WHERE removed_at IS NULL ORDER BY created_at, id"
        )
        return _FACTS.all(self._file.rows(sql))

    def put_facts(self, facts: KeyFacts) -> None:
        """Insert or replace by credential; NotFound when there is no such credential."""
        self._file.insert("key_facts", _FACTS.values(facts), replacing=("credential_id",))

    def past(self, credential_id: str) -> tuple[PastKey, ...]:
        """Return the keys before the present one, newest first."""
        sql = "SELECT * FROM past_keys WHERE credential_id = ? ORDER BY ended_at DESC, rowid DESC"
        return _PAST.all(self._file.rows(sql, (credential_id,)))

    def add_past(self, key: PastKey) -> None:
        """Append a key that is used no more."""
        self._file.insert("past_keys", _PAST.values(key))

    def put_api_key(self, credential_id: str, api_key: str, alias: str) -> None:
        """Replace the public part of a credential's key; NotFound when there is no such credential."""
        self._set("UPDATE credentials SET api_key = ?, account_alias = ? WHERE id = ?", (api_key, alias, credential_id))

    def put_environment(self, credential_id: str, environment: Environment) -> None:
        """Move a credential to another environment: stopped, not armed; whoever worked for it writes nothing more."""
        self._set(
            "UPDATE credentials SET environment = ?, armed = 0, state = 'stopped', fence = fence + 1 WHERE id = ?",
            (environment.value, credential_id),
        )

    def set_armed(self, credential_id: str, armed: bool) -> None:
        """Let a live credential send orders, or take that back; NotFound when there is no such credential."""
        self._set("UPDATE credentials SET armed = ? WHERE id = ?", (int(armed), credential_id))

    def rename(self, credential_id: str, name: str) -> None:
        """Give it another name; InvalidInput when it is taken, NotFound when there is no such credential."""
        try:
            sql = "UPDATE credentials SET name = ?, name_key = ? WHERE id = ?"
            self._set(sql, (name, name.casefold(), credential_id))
        except sqlite3.IntegrityError as error:
            if not not_unique(error, "credentials.name_key"):
                raise
            sentence = N_("You already have a credential named %(name)s: choose another name.")
            raise InvalidInput(sentence, fields={"name": Text(sentence, {"name": name})}, name=name) from error

    def sealed(self, credential_id: str, field: str) -> SealedSecret | None:
        """Return a sealed secret with the wrapped data key it was sealed under."""
        row = self._file.row(f"{_SECRETS} WHERE credential_id = ? AND field = ?", (credential_id, field))
        return _SEALED.read(row) if row else None

    def all_sealed(self) -> tuple[SealedSecret, ...]:
        """Return every sealed secret of the tenant."""
        return _SEALED.all(self._file.rows(f"{_SECRETS} ORDER BY credential_id, field"))

    def drop_secret(self, credential_id: str, field: str) -> None:
        """Erase one sealed secret from the file and its log; none is fine."""
        with self._file.transaction():
            self._file.change("DELETE FROM secrets WHERE credential_id = ? AND field = ?", (credential_id, field))
            self._file.erase_behind()

    def replace_data_key(self, wrapped: bytes) -> None:
        """Replace the tenant's wrapped data key; NotFound when there is none to replace."""
        with self._file.transaction():
            if not self._file.change("UPDATE data_key SET wrapped = ?", (wrapped,)):
                raise NotFound(N_("This user has no key to replace."))
            self._file.erase_behind()

    def erase_data_key(self) -> None:
        """Erase the tenant's wrapped data key from the file and its log; none is fine."""
        with self._file.transaction():
            self._file.change("DELETE FROM data_key")
            self._file.erase_behind()

    def erase(self, credential_id: str, at: datetime) -> None:
        """Mark a credential as removed; its key, secrets and drafts are gone from the file and its log.

        Its name is free again; NotFound when there is no such credential.
        """
        with self._file.transaction():
            self._set(
                "UPDATE credentials SET removed_at = ?, name_key = id, api_key = '', armed = 0, enabled = 0,"
                " state = 'stopped', wake_at = NULL, watches = '[]', fence = fence + 1"
                " WHERE id = ? AND removed_at IS NULL",
                (units.to_micros(at), credential_id),
            )
            for table in ("secrets", "key_facts", "paper_accounts"):
                self._file.change(f"DELETE FROM {table} WHERE credential_id = ?", (credential_id,))
            self._file.change("DELETE FROM drafts WHERE credential_id = :id OR replaces = :id", {"id": credential_id})
            self._file.erase_behind()

    def removed(self) -> tuple[Removed, ...]:
        """Return the removed credentials, newest first."""
        sql = "SELECT * FROM credentials WHERE removed_at IS NOT NULL ORDER BY removed_at DESC, id"
        return _REMOVED.all(self._file.rows(sql))

    def was_used(self, credential_id: str) -> bool:
        """Whether an order was ever written for it."""
        return self._file.row("SELECT 1 FROM intents WHERE credential_id = ? LIMIT 1", (credential_id,)) is not None

    def _set(self, sql: str, values: Values) -> None:
        if not self._file.change(sql, values):
            raise NotFound(_MISSING)
