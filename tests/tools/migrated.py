"""New databases for tests about something else: what all migrations leave behind is written in one go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from nof1web.adapters.store import connections
from nof1web.adapters.store.migrating import APPLIED, bring_up_to_date


@contextmanager
def new_databases_at_once() -> Iterator[None]:
    """Let this process give an empty database its whole schema in one step; every other one migrates as ever."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "bring_up_to_date", _bring)
        yield


def _bring(database: Database, migrations: Migrations, path: Path) -> None:
    if _empty(database):
        _fill(database, migrations, path)
    bring_up_to_date(database, migrations, path)


def _fill(database: Database, migrations: Migrations, path: Path) -> None:
    connection = database.conn
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have been quicker.
        if _empty(database):
            for statement in _statements(migrations):
                connection.execute(statement)
            APPLIED.extend((path, step.name) for step in migrations.applied(database))
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _empty(database: Database) -> bool:
    return database.conn.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0


@cache
def _statements(migrations: Migrations) -> tuple[str, ...]:
    made = Database(memory=True, execute_plugins=False)
    migrations.apply(made)
    # The first and the last begin and commit, which is done by whoever writes them.
    return tuple(made.conn.iterdump())[1:-1]
