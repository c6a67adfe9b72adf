"""Brings a database file to the code's schema, step by step; refuses one that is ahead of the code."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from nof1web.adapters.store.failures import plainly
from nof1web.errors import N_, ConfigError

APPLIED: list[tuple[Path, str]] = []
"""every step this process has taken, in order: the file and the step's name"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a database file has come: steps of this code that it waits for, and of its own that are unknown here.

    `unread` says why nobody can tell, empty when somebody can.
    """

    path: Path
    pending: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unread: str = ""

    @property
    def ready(self) -> bool:
        """Whether it is exactly at this code's version."""
        return not (self.pending or self.unknown or self.unread)


def standing(path: Path, migrations: Migrations) -> Standing:
    """Return how far a file has come, changing nothing; Damaged when it is none of SQLite's, Unavailable if unread."""
    with plainly(path):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        database = Database(connection, execute_plugins=False)
        try:
            pending = tuple(step.name for step in migrations.pending(database))
            known = _known(migrations)
            unknown = tuple(step.name for step in migrations.applied(database) if step.name not in known)
        finally:
            database.close()
    return Standing(path, pending, unknown)


def bring_up_to_date(database: Database, migrations: Migrations, path: Path) -> None:
    """Apply what is pending, each step in one transaction with the record of it.

    A step that fails leaves schema and record as they were, and is the first to run next time.
    Raises ConfigError when the file holds a step this code doesn't know.
    """
    # Read from the file at every opening, not remembered: a restored backup may have taken its place since.
    if [step.name for step in migrations.applied(database)] == _known(migrations):
        return
    _refuse_newer(database, migrations, path)
    while migrations.pending(database):
        APPLIED.extend((path, step) for step in _apply_next(database, migrations))


def _known(migrations: Migrations) -> list[str]:
    # To an empty database every step the code has is pending.
    empty = Database(memory=True, execute_plugins=False)
    try:
        return [step.name for step in migrations.pending(empty)]
    finally:
        empty.close()


def _refuse_newer(database: Database, migrations: Migrations, path: Path) -> None:
    known = _known(migrations)
    unknown = [step.name for step in migrations.applied(database) if step.name not in known]
    if unknown:
        raise ConfigError(
            N_(
                "%(path)s was written by a newer version of nof1web (%(step)s): "
                "install that version, or restore a backup made with this one."
            ),
            path=str(path),
            step=unknown[-1],
        )


def _apply_next(database: Database, migrations: Migrations) -> list[str]:
    """Apply one step and return its name; nothing when another process was quicker."""
    connection = database.conn
    # The write lock comes first, so that of two processes that start together one waits and finds nothing to do.
    connection.execute("BEGIN IMMEDIATE")
    try:
        next_, *later = [step.name for step in migrations.pending(database)] or [""]
        migrations.apply(database, stop_before=later)
        connection.execute("COMMIT")
        return [next_] if next_ else []
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
