"""How a frozen dataclass becomes a row and a row becomes it again: one column per field, named like it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from nof1web.adapters.store import units

T = TypeVar("T")
_REMEMBERED = 16
"""rows of a kind: a job asks for the same few again and again"""


class Row(Protocol):
    """Values by column name: a sqlite3.Row, or a mapping read from JSON."""

    def __getitem__(self, name: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Column:
    """How one field is written to SQLite and read back."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


PLAIN = Column(_same, _same)
FLAG = Column(int, bool)
AMOUNT = Column(units.to_units, units.from_units)
EXACT = Column(units.to_exact, Decimal)
TIME = Column(units.to_micros, units.from_micros)
SENTENCE = Column(units.text_to_json, units.text_from_json)
STRINGS = Column(units.strings, units.from_json)
NAMES = Column(lambda names: units.to_json(sorted(names)), lambda text: frozenset(units.from_json(text)))


class _Words(dict[str, StrEnum]):
    """An enumeration's members by their words: a page reads thousands of them, and asking the class takes longer."""

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__((str(each), each) for each in kind)
        self._kind = kind

    def __missing__(self, word: str) -> StrEnum:
        return self._kind(word)


def one_of(kind: type[StrEnum]) -> Column:
    """A column that holds a word of an enumeration; ValueError when a word that is read is none of it."""
    return Column(str, _Words(kind).__getitem__)


def maybe(column: Column) -> Column:
    """The same column, with None kept as NULL."""
    return Column(
        lambda value: None if value is None else column.write(value),
        lambda value: None if value is None else column.read(value),
    )


@dataclass(frozen=True, slots=True)
class Columns(Generic[T]):
    """The columns of one dataclass, by field name. Records are made once of rows that are alike: they never change."""

    kind: Callable[..., T]
    by_name: Mapping[str, Column]
    remembers: bool = True
    """not what holds a secret, though sealed: what was erased is to be gone here too"""
    _reads: Mapping[str, Callable[[Any], Any]] = field(init=False, repr=False, compare=False)
    _known: dict[Row, T] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_reads", {name: column.read for name, column in self.by_name.items()})

    def values(self, record: T) -> dict[str, Any]:
        """Return what to store, by column name."""
        return {name: column.write(getattr(record, name)) for name, column in self.by_name.items()}

    def all(self, rows: Sequence[sqlite3.Row]) -> tuple[T, ...]:
        """Return the records of one query's rows, as `read` would."""
        if len(rows) <= _REMEMBERED // 4:
            return tuple(map(self.read, rows))
        # A row looks for a name among all of its names; a place it knows at once.
        names = rows[0].keys()
        plan = [(name, names.index(name), None if read is _same else read) for name, read in self._reads.items()]
        return tuple(
            self.kind(**{name: row[at] if read is None else read(row[at]) for name, at, read in plan}) for row in rows
        )

    def read(self, row: Row) -> T:
        """Return the record of a row; columns the dataclass doesn't have are ignored."""
        if not (self.remembers and isinstance(row, sqlite3.Row)):
            return self._made(row)
        found = self._known.get(row)
        if found is None:
            found = self._made(row)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[row] = found
        return found

    def _made(self, row: Row) -> T:
        return self.kind(
            **{name: row[name] if read is _same else read(row[name]) for name, read in self._reads.items()}
        )
