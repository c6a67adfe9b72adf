"""The state in a SQLite file: one row per thing, written before the answer that announces it is sent."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nof1web.sim.codec import encode

VERSION = 1
FILE_NAME = "exchange.db"
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS rows (kind TEXT, name TEXT, data TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID"
)


class StateError(Exception):
    """The state file can't be used; says why."""


@dataclass(slots=True)
class StateStore:
    """An open state file. A committed row survives kill -9: WAL, handed to the operating system at commit."""

    connection: sqlite3.Connection = field(repr=False)

    def write(self, changes: Mapping[tuple[str, str], object]) -> None:
        """Write all changes in one transaction; None removes a row."""
        if not changes:
            return
        kept = [(kind, name, encode(value)) for (kind, name), value in changes.items() if value is not None]
        gone = [key for key, value in changes.items() if value is None]
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany("INSERT OR REPLACE INTO rows (kind, name, data) VALUES (?, ?, ?)", kept)
        self.connection.executemany("DELETE FROM rows WHERE kind = ? AND name = ?", gone)
        self.connection.execute("COMMIT")

    def read(self, kind: str) -> Iterator[tuple[str, str]]:
        """Names and data of one kind, in the order of their numbers where names are numbers."""
        query = "SELECT name, data FROM rows WHERE kind = ? ORDER BY CAST(name AS INTEGER), name"
        return self.connection.execute(query, (kind,))

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


def open_state(folder: Path) -> StateStore:
    """Open or create the state file in a folder; raises StateError for a file of a newer version.

    Only its owner may read it, whatever the folder allows: it holds the secrets of keys.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _keep_private(folder)
    connection = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA busy_timeout=3000")
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        connection.close()
        raise StateError(f"{folder / FILE_NAME} was written by a newer version ({version} > {VERSION}).")
    connection.execute(_SCHEMA)
    connection.execute(f"PRAGMA user_version={VERSION}")
    return StateStore(connection)


def _keep_private(folder: Path) -> None:
    # SQLite gives what it puts beside the file the file's own mode.
    (folder / FILE_NAME).touch(mode=0o600)
    for path in folder.glob(f"{FILE_NAME}*"):
        path.chmod(0o600)
