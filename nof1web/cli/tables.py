"""Tables for people: aligned columns, numbers to the right, one sentence when there is nothing to show."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text as RichText

from nof1web.errors import Text


class Figure(str):
    """A number that is already text; aligned to the right."""

    __slots__ = ()


Cell = str | int | bool | Decimal | datetime | Text | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; `empty` is the sentence shown when there are none."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str

    def text(self) -> str:
        """Return the table as it is printed; full width when stdout is no terminal, so that nothing is cut off."""
        if not self.rows:
            return self.empty
        table = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for index, heading in enumerate(self.columns):
            numeric = any(_numeric(row[index]) for row in self.rows)
            table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
        for row in self.rows:
            # Names are typed by people: rich must not read [brackets] in them as markup.
            table.add_row(*(RichText(_cell(value)) for value in row))
        terminal = sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if terminal else 4000
        out = io.StringIO()
        Console(file=out, width=width, force_terminal=terminal, highlight=False).print(table)
        return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _numeric(value: Cell) -> bool:
    return isinstance(value, (int, Decimal, Figure)) and not isinstance(value, bool)


def _cell(value: Cell) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return str(value)
