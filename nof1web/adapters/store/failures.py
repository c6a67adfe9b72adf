"""What SQLite refuses, as failures that say what the caller may do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nof1web.errors import N_, Damaged, Nof1Error, NotFound, Unavailable

_DAMAGED = N_("The database %(path)s is damaged: stop nof1web and restore the newest backup of it.")
_BUSY = N_("The database %(path)s is busy: try again in a moment.")
_FULL = N_("The disk is full, %(path)s could not be written: free some space and try again.")
_UNWRITABLE = N_("The database %(path)s can't be read or written: check the disk and the rights of its folder.")

# The low byte of SQLite's extended result codes.
_SENTENCES = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _UNWRITABLE,
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: _UNWRITABLE,
}


@contextmanager
def plainly(path: Path) -> Iterator[None]:
    """Turn what SQLite says of the file at `path` into Unavailable or NotFound; mistakes in SQL stay as they are."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        failure = _failure(error, path)
        if failure is None:
            raise
        raise failure from error


def not_unique(error: sqlite3.IntegrityError, column: str) -> bool:
    """Whether a write failed because `column` (table.column) has that value already."""
    names = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
    return error.sqlite_errorname in names and column in str(error)


def _failure(error: sqlite3.DatabaseError, path: Path) -> Nof1Error | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    if code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
        return NotFound(N_("The credential or tracker this belongs to does not exist."))
    sentence = _SENTENCES.get(code & 0xFF)
    if sentence is None:
        return None
    return (Damaged if sentence is _DAMAGED else Unavailable)(sentence, path=str(path))
