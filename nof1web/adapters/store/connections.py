"""One SQLite file: opened privately, migrated once, shared by a process's threads, closed before a fork."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from nof1web.adapters.store import forks
from nof1web.adapters.store.failures import plainly
from nof1web.adapters.store.files import create_private
from nof1web.adapters.store.logs import use_write_ahead_log
from nof1web.adapters.store.migrating import bring_up_to_date

Values = Sequence[Any] | dict[str, Any]

_PRAGMAS = (
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    # An erased secret leaves no bytes behind in the file.
    "PRAGMA secure_delete=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA trusted_schema=OFF",
    # Hundreds of tenants are open at once: a quarter megabyte of pages each, not SQLite's two.
    "PRAGMA cache_size=-64",
    "PRAGMA journal_size_limit=4194304",
)
_OWED = 1
"""the application id of a file whose write-ahead log may still hold what was erased"""


class SqliteFile:
    """A database file and this process's one connection to it.

    Threads take turns (a transaction is one turn). The connection is closed before a fork and opened again by
    whoever uses it next, parent or child: SQLite's file locks don't survive one.
    Raises ConfigError when a newer version wrote the file, Damaged, Unavailable when it is busy or not writable.
    """

    def __init__(self, path: Path, migrations: Migrations, *, busy_ms: int = 5000) -> None:
        self.path = path
        self._migrations = migrations
        self._busy_ms = busy_ms
        self._turn = threading.RLock()
        self._opened: Database | None = None
        self._durable = False
        self._scrubs = False
        forks.watch(self)
        with self._turn:
            self._database()

    def rows(self, sql: str, values: Values = ()) -> list[sqlite3.Row]:
        """Return every row of a query."""
        with self._turn, plainly(self.path):
            rows: list[sqlite3.Row] = self._database().execute(sql, values).fetchall()
            return rows

    def row(self, sql: str, values: Values = ()) -> sqlite3.Row | None:
        """Return the first row of a query, None when there is none."""
        rows = self.rows(sql, values)
        return rows[0] if rows else None

    def change(self, sql: str, values: Values = ()) -> int:
        """Run one writing statement; return how many rows it touched.

        sqlite3.IntegrityError tells what was not unique; a reference to a missing row is NotFound.
        """
        with self._turn, plainly(self.path):
            return self._database().execute(sql, values).rowcount

    def insert(
        self, table: str, values: dict[str, Any], *, replacing: Sequence[str] = (), unless: Sequence[str] = ()
    ) -> int:
        """Insert a row; return how many rows were written.

        One with the same `replacing` columns is overwritten; one with the same `unless` columns stays (0).
        """
        names = ", ".join(f'"{name}"' for name in values)
        sql = f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in values)})"
        if replacing:
            updates = ", ".join(f'"{name}" = excluded."{name}"' for name in values if name not in replacing)
            sql += f" ON CONFLICT ({', '.join(replacing)}) DO UPDATE SET {updates}"
        elif unless:
            sql += f" ON CONFLICT ({', '.join(unless)}) DO NOTHING"
        return self.change(sql, values)

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """One write transaction (BEGIN IMMEDIATE); everything in it is kept, or nothing.

        A nested one joins: it commits with the outer, and undoes only itself when it fails and the outer goes on.
        `durable` fsyncs the commit; ValueError when it is asked for inside one that doesn't.
        """
        with self._turn, plainly(self.path):
            connection = self._database().conn
            if connection.in_transaction:
                if durable and not self._durable:
                    raise ValueError("a durable transaction can't join one that isn't: ask for it on the outermost")
                with _savepoint(connection):
                    yield
            else:
                with self._outermost(connection, durable=durable):
                    yield

    def version(self) -> tuple[object, ...] | None:
        """Return what differs after anybody's commit; None inside a transaction: what is read there may never be."""
        with self._turn, plainly(self.path):
            database = self._database()
            if database.conn.in_transaction:
                return None
            others = database.conn.execute("PRAGMA data_version").fetchone()[0]
            return database, others, database.conn.total_changes

    @contextmanager
    def view(self) -> Iterator[None]:
        """Several reads that see one state of the file; joins a transaction that is open."""
        with self._turn, plainly(self.path):
            connection = self._database().conn
            if connection.in_transaction:
                yield
                return
            try:
                connection.execute("BEGIN")
                yield
            finally:
                if connection.in_transaction:
                    connection.execute("COMMIT")

    def erase_behind(self) -> None:
        """Empty the write-ahead log after the present transaction's commit: what was overwritten is gone.

        Where somebody is reading meanwhile, the next write or opening by any process tries again."""
        with self.transaction():
            self._database().conn.execute(f"PRAGMA application_id={_OWED}")
            self._scrubs = True

    def rest(self) -> None:
        """Give back the memory of pages that were read; they are read again when they are needed."""
        with self._turn:
            if self._opened is not None and not self._opened.conn.in_transaction:
                self._opened.conn.execute("PRAGMA shrink_memory")

    def close(self) -> None:
        """Close the connection; the next use opens it again."""
        with self._turn:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def pause_for_fork(self) -> bool:
        """Take the turn and close, so that no child inherits a connection; False when another thread keeps the turn."""
        if not self._turn.acquire(timeout=5):
            return False
        if self._opened is not None and not self._opened.conn.in_transaction:
            self.close()
        return True

    def resume_after_fork(self) -> None:
        """Give the turn back."""
        self._turn.release()

    def renew_in_child(self) -> Database | None:
        """Forget what a fork copied while another thread used it; returns the connection, never to be closed here."""
        inherited, self._opened = self._opened, None
        self._turn = threading.RLock()
        return inherited

    @contextmanager
    def _outermost(self, connection: sqlite3.Connection, *, durable: bool) -> Iterator[None]:
        if durable:
            connection.execute("PRAGMA synchronous=FULL")
        self._durable, self._scrubs = durable, False
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("COMMIT")
        finally:
            # Still open means that it didn't get as far as its commit.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._durable = False
            if durable:
                connection.execute("PRAGMA synchronous=NORMAL")
        if self._scrubs or _owes(connection):
            self._scrub(connection, wait=self._scrubs)

    def _scrub(self, connection: sqlite3.Connection, *, wait: bool) -> None:
        connection.execute(f"PRAGMA busy_timeout={self._busy_ms if wait else 0}")
        try:
            if not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                connection.execute("PRAGMA application_id=0")
        except sqlite3.OperationalError:
            # Somebody writes: they, or the next one, will make it good.
            return
        finally:
            connection.execute(f"PRAGMA busy_timeout={self._busy_ms}")

    def _database(self) -> Database:
        if self._opened is None:
            with plainly(self.path):
                self._opened = self._open()
        return self._opened

    def _open(self) -> Database:
        create_private(self.path)
        connection = sqlite3.connect(
            self.path, timeout=self._busy_ms / 1000, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        with ExitStack() as on_failure:
            on_failure.callback(connection.close)
            connection.row_factory = sqlite3.Row
            use_write_ahead_log(connection, self.path)
            for pragma in _PRAGMAS:
                connection.execute(pragma)
            database = Database(connection, execute_plugins=False)
            bring_up_to_date(database, self._migrations, self.path)
            if _owes(connection):
                self._scrub(connection, wait=False)
            on_failure.pop_all()
        return database


def _owes(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA application_id").fetchone()[0] == _OWED)


@contextmanager
def _savepoint(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("SAVEPOINT joined")
    kept = False
    try:
        yield
        kept = True
    finally:
        # A full disk ends the whole transaction by itself; there is no savepoint left then.
        if connection.in_transaction:
            if not kept:
                connection.execute("ROLLBACK TO joined")
            connection.execute("RELEASE joined")
