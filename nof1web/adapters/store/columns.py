"""How a frozen dataclass becomes a row and a row becomes it again: one column per field, named like it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from nof1web.adapters.store import units

T = TypeVar("T")


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


def one_of(kind: type[StrEnum]) -> Column:
    """A column that holds a word of an enumeration."""
    return Column(str, kind)


def maybe(column: Column) -> Column:
    """The same column, with None kept as NULL."""
    return Column(
        lambda value: None if value is None else column.write(value),
        lambda value: None if value is None else column.read(value),
    )


@dataclass(frozen=True, slots=True)
class Columns(Generic[T]):
    """The columns of one dataclass, by field name."""

    kind: Callable[..., T]
    by_name: Mapping[str, Column]

    def values(self, record: T) -> dict[str, Any]:
        """Return what to store, by column name."""
        return {name: column.write(getattr(record, name)) for name, column in self.by_name.items()}

    def read(self, row: Row) -> T:
        """Return the record of a row; columns the dataclass doesn't have are ignored."""
        return self.kind(**{name: column.read(row[name]) for name, column in self.by_name.items()})
