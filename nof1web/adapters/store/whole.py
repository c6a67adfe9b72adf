"""A tenant's database as a whole: its tables for a person to take along, its image for another host."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from nof1web.adapters.store.files import create_private
from nof1web.errors import N_, InvalidInput

KEPT_HERE = ("data_key", "secrets", "drafts")
"""what never leaves the host in these ways: keys of this installation, and what is sealed under them"""


def tables(path: Path) -> Mapping[str, list[dict[str, Any]]]:
    """Return every table's rows by name, without anything sealed; one state of the file."""
    with closing(_copied(path)) as copy:
        names = [row["name"] for row in _tables(copy)]
        return {name: [dict(row) for row in copy.execute(f'SELECT * FROM "{name}"')] for name in names}


def image(path: Path) -> bytes:
    """Return the database file as bytes, without anything sealed and without traces of it."""
    with closing(_copied(path)) as copy:
        return copy.serialize()


def put_image(path: Path, data: bytes) -> None:
    """Write an image to a new file, its credentials stopped and not armed from the first moment on.

    InvalidInput when it is none, or a database is there already.
    """
    if path.exists():
        raise InvalidInput(N_("This user has a database here already: remove the user first."))
    with closing(sqlite3.connect(":memory:")) as copy:
        try:
            copy.deserialize(data)
            # Here already: whoever dies right after the writing must not leave an account to two hosts.
            copy.execute("UPDATE credentials SET state = 'stopped', armed = 0")
            copy.commit()
        except sqlite3.Error as error:
            raise InvalidInput(N_("This bundle holds no user's database.")) from error
        with ExitStack() as on_failure:
            on_failure.callback(path.unlink, missing_ok=True)
            create_private(path)
            with closing(sqlite3.connect(path)) as file:
                copy.backup(file)
            on_failure.pop_all()


def _copied(path: Path) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", isolation_level=None)
    copy.row_factory = sqlite3.Row
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        file.backup(copy)
    for name in KEPT_HERE:
        copy.execute(f'DELETE FROM "{name}"')
    # An image in memory has no log of its own, and a serialised one must not ask for one.
    copy.execute("PRAGMA journal_mode=MEMORY")
    copy.execute("VACUUM")
    return copy


def _tables(copy: sqlite3.Connection) -> Iterator[sqlite3.Row]:
    marks = ", ".join("?" for _ in KEPT_HERE)
    sql = f"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT IN ({marks})"
    yield from copy.execute(f"{sql} ORDER BY name", KEPT_HERE).fetchall()
