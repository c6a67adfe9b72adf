"""tenants/registry.db: the installation, logins, sessions, the site's halt and its audit trail."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from nof1web.adapters.store import units
from nof1web.adapters.store.columns import FLAG, PLAIN, TIME, Columns
from nof1web.adapters.store.connections import SqliteFile
from nof1web.adapters.store.failures import not_unique
from nof1web.adapters.store.migrations import REGISTRY
from nof1web.adapters.store.tokens import SqliteTokens
from nof1web.errors import N_, InvalidInput, NotFound, Text
from nof1web.services.stores import Installation, Quota, TokenStore, User

_USER_ID = re.compile(r"u_[a-z0-9]{16}")

_INSTALLATION = Columns(
    Installation,
    {"id": PLAIN, "code": PLAIN, "sealing_public": PLAIN, "sealing_private": PLAIN},
    remembers=False,
)

_USER = Columns(
    User,
    {
        "id": PLAIN, "email": PLAIN, "password_hash": PLAIN, "role": PLAIN, "enabled": FLAG, "language": PLAIN,
        "created_at": TIME,
    },
)


def well_formed(user_id: str) -> bool:
    """Whether this could be an id the registry issued: `u_` and 16 lower-case letters or digits."""
    return _USER_ID.fullmatch(user_id) is not None


class SqliteRegistry:
    """services.stores.Registry over the file at `path`, made when it is missing. Raises what SqliteFile raises."""

    def __init__(self, path: Path, *, busy_ms: int = 5000) -> None:
        self._file = SqliteFile(path, REGISTRY, busy_ms=busy_ms)
        self.tokens: TokenStore = SqliteTokens(self._file)

    def installation(self) -> Installation | None:
        """Return the installation's row, None before the first start."""
        row = self._file.row("SELECT * FROM installation")
        return _INSTALLATION.read(row) if row else None

    def install(self, installation: Installation) -> None:
        """Write the installation's row once, durably; a second call changes nothing."""
        with self._file.transaction(durable=True):
            self._file.insert("installation", {"one": 1} | _INSTALLATION.values(installation), unless=("one",))

    def put_sealing_key(self, wrapped: bytes) -> None:
        """Replace the installation's private key by itself wrapped anew; durable, and gone from the log."""
        with self._file.transaction(durable=True):
            self._file.change("UPDATE installation SET sealing_private = ?", (wrapped,))
            self._file.erase_behind()

    def demo(self) -> bool | None:
        """Return whether the installation was made by the demo, None before the first start."""
        row = self._file.row("SELECT demo FROM installation")
        return None if row is None or row["demo"] is None else bool(row["demo"])

    def put_demo(self, demo: bool) -> None:
        """Note once whether the installation is a demo, durably; a second call changes nothing."""
        with self._file.transaction(durable=True):
            self._file.change("UPDATE installation SET demo = ? WHERE demo IS NULL", (int(demo),))

    def add_user(self, user: User) -> None:
        """Insert a user; InvalidInput when the e-mail is taken (case-insensitive) or the id is not well formed."""
        if not well_formed(user.id):
            raise InvalidInput(N_("%(id)s is not a user id: it must be u_ and 16 letters or digits."), id=user.id)
        try:
            self._file.insert("users", _USER.values(user) | {"email_key": _email_key(user.email)})
        except sqlite3.IntegrityError as error:
            if not not_unique(error, "users.email_key"):
                raise
            sentence = N_("%(email)s has an account already: use another address.")
            fields = {"email": Text(sentence, {"email": user.email})}
            raise InvalidInput(sentence, fields=fields, email=user.email) from error

    def user(self, user_id: str) -> User | None:
        """Return the user of that id."""
        row = self._file.row("SELECT * FROM users WHERE id = ?", (user_id,))
        return _USER.read(row) if row else None

    def user_by_email(self, email: str) -> User | None:
        """Return the user of that address, whatever its case."""
        row = self._file.row("SELECT * FROM users WHERE email_key = ?", (_email_key(email),))
        return _USER.read(row) if row else None

    def users(self) -> tuple[User, ...]:
        """Return all users, oldest first."""
        return _USER.all(self._file.rows("SELECT * FROM users ORDER BY created_at, id"))

    def user_ids(self) -> tuple[str, ...]:
        """Return the ids issued, oldest first."""
        return tuple(row["id"] for row in self._file.rows("SELECT id FROM users ORDER BY created_at, id"))

    def set_language(self, user_id: str, language: str) -> None:
        """Set the language of a user's pages; NotFound when there is no such user."""
        if not self._file.change("UPDATE users SET language = ? WHERE id = ?", (language, user_id)):
            raise NotFound(N_("This user does not exist any more."))

    def set_enabled(self, user_id: str, enabled: bool) -> None:
        """Let a user log in, or end their sessions and let them in no more; NotFound when there is no such user."""
        with self._file.transaction():
            if not self._file.change("UPDATE users SET enabled = ? WHERE id = ?", (int(enabled), user_id)):
                raise NotFound(N_("This user does not exist any more."))
            if not enabled:
                self._file.change("DELETE FROM sessions WHERE user_id = ?", (user_id,))

    def set_password_hash(self, user_id: str, password_hash: str) -> None:
        """Replace what a password is compared with; NotFound when there is no such user."""
        if not self._file.change("UPDATE users SET password_hash = ? WHERE id = ?", (password_hash, user_id)):
            raise NotFound(N_("This user does not exist any more."))

    def quota(self, user_id: str) -> Quota:
        """Return what a user is allowed; nothing is said of somebody unknown."""
        sql = "SELECT credentials, interval, entries_per_hour FROM allowances WHERE user_id = ?"
        row = self._file.row(sql, (user_id,))
        return Quota(*row) if row else Quota()

    def set_quota(self, user_id: str, quota: Quota) -> None:
        """Set what a user is allowed."""
        self._file.insert("allowances", {"user_id": user_id, **asdict(quota)}, replacing=("user_id",))

    def remove_user(self, user_id: str) -> None:
        """Forget a user, their sessions and quota, and wipe them from the write-ahead log; gone already is fine."""
        with self._file.transaction(durable=True):
            self._file.change("UPDATE audit SET detail = '' WHERE actor = ?", (user_id,))
            self._file.change("DELETE FROM users WHERE id = ?", (user_id,))
            self._file.erase_behind()

    def open_session(self, token_hash: str, user_id: str, *, at: datetime, expires_at: datetime) -> None:
        """Insert a session and forget those that have expired by `at`; NotFound when there is no such user."""
        now = units.to_micros(at)
        values = {
            "token_hash": token_hash, "user_id": user_id, "opened_at": now, "expires_at": units.to_micros(expires_at)
        }
        with self._file.transaction():
            self._file.change("DELETE FROM sessions WHERE expires_at <= ?", (now,))
            self._file.insert("sessions", values)

    def session_user(self, token_hash: str, at: datetime) -> User | None:
        """Return the enabled user of an unexpired session."""
        row = self._file.row(
            "SELECT users.* FROM sessions JOIN users ON users.id = sessions.user_id"
            " WHERE sessions.token_hash = ? AND sessions.expires_at > ? AND users.enabled = 1",
            (token_hash, units.to_micros(at)),
        )
        return _USER.read(row) if row else None

    def close_session(self, token_hash: str) -> None:
        """Forget a session; one that is gone already is fine."""
        self._file.change("DELETE FROM sessions WHERE token_hash = ?", (token_hash,))

    def site_halted(self) -> bool:
        """Whether entries are off for everybody."""
        row = self._file.row("SELECT halted FROM site")
        return bool(row and row["halted"])

    def set_site_halted(self, halted: bool) -> None:
        """Turn entries off, or on again, for everybody; durable."""
        with self._file.transaction(durable=True):
            self._file.change("UPDATE site SET halted = ?", (int(halted),))

    def all_locked(self) -> bool:
        """Whether a start under a wrong master key has locked everybody's credentials."""
        row = self._file.row("SELECT locked FROM site")
        return bool(row and row["locked"])

    def set_all_locked(self, locked: bool) -> None:
        """Note that everybody's credentials are locked for want of the right master key, or are so no more."""
        self._file.change("UPDATE site SET locked = ?", (int(locked),))

    def audit(self, at: datetime, actor: str, action: str, detail: str) -> None:
        """Append who did what."""
        self._file.insert("audit", {"at": units.to_micros(at), "actor": actor, "action": action, "detail": detail})

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._file.close()


def _email_key(email: str) -> str:
    return email.strip().casefold()
