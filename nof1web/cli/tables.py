"""Tables for people: aligned columns, numbers to the right, one sentence when there is nothing to show."""

from __future__ import annotations

import io
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from rich import box
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table as RichTable
from rich.text import Text as RichText

from nof1web.errors import Text

_ENDLESS = 4000
_WORDY = 24
"""a column with longer cells holds sentences"""
_NARROW, _DATE = 18, 10
"""how narrow a column of sentences, or of times, may become"""
_ROOMY, _TIGHT = 3, 2
"""how far columns are apart, and at least"""


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
        """Return the table as it is printed; full width when stdout is no terminal, so that nothing is cut off.

        Where a terminal is too narrow for it, the rows stand below each other: no figure is ever broken in two.
        """
        if not self.rows:
            return self.empty
        cells = [[_cell(value) for value in row] for row in self.rows]
        columns = [self._column(index, [row[index] for row in cells]) for index in range(len(self.columns))]
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _ENDLESS
        if sum(each.least for each in columns) + _TIGHT * (len(columns) - 1) > width:
            return "\n\n".join(_below_each_other([each.heading for each in columns], row, width) for row in cells)
        return _side_by_side(columns, cells, width)

    def _column(self, index: int, cells: Sequence[str]) -> _Column:
        values = [row[index] for row in self.rows]
        timed = any(isinstance(value, datetime) for value in values)
        heading = f"{self.columns[index]} (UTC)" if timed else self.columns[index]
        return _Column(heading, max(map(cell_len, cells)), any(map(_numeric, values)), timed)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column as it is drawn; `widest` is the width of its widest cell."""

    heading: str
    widest: int
    numeric: bool
    timed: bool

    @property
    def breaks(self) -> bool:
        """Whether its cells may be broken into lines: sentences between words, times between day and hour."""
        return self.timed or self.widest > _WORDY

    @property
    def least(self) -> int:
        """The width it needs at least."""
        if not self.breaks:
            return max(cell_len(self.heading), self.widest)
        return max(_DATE if self.timed else _NARROW, *map(cell_len, self.heading.split()), 0)


def _side_by_side(columns: Sequence[_Column], cells: Sequence[Sequence[str]], width: int) -> str:
    natural = sum(max(cell_len(each.heading), each.widest) for each in columns) + _ROOMY * (len(columns) - 1)
    padding = (0, 1) if natural <= width else (0, 1, 0, 0)
    table = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=padding)
    for each in columns:
        justify: JustifyMethod = "right" if each.numeric else "left"
        table.add_column(each.heading, justify=justify, overflow="fold", no_wrap=not each.breaks)
    for row in cells:
        # Names are typed by people: rich must not read [brackets] in them as markup.
        table.add_row(*map(RichText, row))
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=sys.stdout.isatty(), highlight=False).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _below_each_other(headings: Sequence[str], cells: Sequence[str], width: int) -> str:
    lines = [""]
    for heading, cell in zip(headings, cells, strict=True):
        if not cell:
            continue
        part = f"{heading}: {cell}" if heading else cell
        if lines[-1] and cell_len(lines[-1]) + _ROOMY + cell_len(part) > width:
            lines.append("")
        lines[-1] += (" " * _ROOMY if lines[-1] else "") + part
    return "\n".join(textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False) for line in lines)


def _numeric(value: Cell) -> bool:
    return isinstance(value, (int, Decimal, Figure)) and not isinstance(value, bool)


def harmless(text: str, kept: str = "\n\t") -> str:
    """Return a text without what would steer a terminal: names are typed by people, and read by others."""
    return "".join(
        each if each in kept or not unicodedata.category(each).startswith("C") else "\N{REPLACEMENT CHARACTER}"
        for each in text
    )


def _cell(value: Cell) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return harmless(str(value), kept="")
