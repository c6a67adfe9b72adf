"""The write-ahead log of a database file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from nof1web.errors import N_, ConfigError


def use_write_ahead_log(connection: sqlite3.Connection, path: Path) -> None:
    """Let readers and a writer work at the same time; ConfigError where the drive can't do that."""
    # The mode stays in the file: asking first spares every later opening the exclusive lock that setting it takes.
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        return
    if connection.execute("PRAGMA journal_mode=WAL").fetchone()[0] != "wal":
        raise ConfigError(
            N_("%(path)s is on a drive without shared memory: move the tenants folder to a local disk."), path=str(path)
        )
