"""API tokens in registry.db."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from nof1web.adapters.store import units
from nof1web.adapters.store.columns import PLAIN, TIME, Columns, maybe, one_of
from nof1web.adapters.store.connections import SqliteFile
from nof1web.adapters.store.failures import not_unique
from nof1web.errors import N_, InvalidInput, NotFound, Text
from nof1web.services.stores import ApiToken, Scope

_TOKEN = Columns(
    ApiToken,
    {
        "id": PLAIN, "user_id": PLAIN, "name": PLAIN, "scope": one_of(Scope), "ending": PLAIN, "created_at": TIME,
        "expires_at": maybe(TIME), "last_used_at": maybe(TIME), "revoked_at": maybe(TIME),
    },
)


class SqliteTokens:
    """services.stores.TokenStore."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def add(self, token: ApiToken, token_hash: str) -> None:
        """Insert; InvalidInput when the user has a token of that name (any case) that isn't revoked."""
        values = _TOKEN.values(token) | {"token_hash": token_hash, "name_key": token.name.casefold()}
        try:
            with self._file.transaction(durable=True):
                self._file.insert("api_tokens", values)
        except sqlite3.IntegrityError as error:
            if not not_unique(error, "api_tokens."):
                raise
            sentence = N_("You already have a token called %(name)s: choose another name.")
            fields = {"name": Text(sentence, {"name": token.name})}
            raise InvalidInput(sentence, fields=fields, name=token.name) from error

    def by_hash(self, token_hash: str) -> ApiToken | None:
        """Return the token of an enabled user, whether it still works or not."""
        row = self._file.row(
            "SELECT api_tokens.* FROM api_tokens JOIN users ON users.id = api_tokens.user_id"
            " WHERE api_tokens.token_hash = ? AND users.enabled = 1",
            (token_hash,),
        )
        return _TOKEN.read(row) if row else None

    def of_user(self, user_id: str) -> tuple[ApiToken, ...]:
        """Return a user's tokens, newest first."""
        rows = self._file.rows("SELECT * FROM api_tokens WHERE user_id = ? ORDER BY created_at DESC, id", (user_id,))
        return _TOKEN.all(rows)

    def renew(self, token: ApiToken, token_hash: str) -> None:
        """Put a new value in the place of a token's old one, which opens nothing from then on."""
        values = _TOKEN.values(token) | {"token_hash": token_hash}
        with self._file.transaction(durable=True):
            changed = self._file.change(
                "UPDATE api_tokens SET token_hash = :token_hash, ending = :ending, created_at = :created_at,"
                " expires_at = :expires_at, last_used_at = NULL WHERE id = :id AND revoked_at IS NULL",
                values,
            )
            if not changed:
                raise NotFound(N_("This token does not exist any more."))

    def used(self, token_id: str, at: datetime) -> None:
        """Note when a token was last used."""
        self._file.change("UPDATE api_tokens SET last_used_at = ? WHERE id = ?", (units.to_micros(at), token_id))

    def revoke(self, token_id: str, at: datetime) -> None:
        """End a token for good; a second time changes nothing."""
        with self._file.transaction(durable=True):
            self._file.change(
                "UPDATE api_tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
                (units.to_micros(at), token_id),
            )
