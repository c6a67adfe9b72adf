"""Tables of measured facts: each module of a registry gives rows of what, measured and how."""

from __future__ import annotations

import importlib
import os
import platform
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

Row = tuple[str, str, str]


def registered(package: str, prefix: str) -> Iterator[Row]:
    """Yield the rows of every module `<prefix>*.py` in a package's folder, in the order of their names."""
    folder = Path(str(importlib.import_module(package).__file__)).parent
    for path in sorted(folder.glob(f"{prefix}*.py")):
        yield from importlib.import_module(f"{package}.{path.stem}").rows()


def machine() -> Iterator[Row]:
    """Yield what numbers depend on: processor, memory, system, Python, SQLite, the day."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    yield "cores", str(os.cpu_count()), processor()
    yield "memory", f"{memory:.0f} GiB", "whole machine"
    yield "system", platform.system(), platform.release()
    yield "Python", platform.python_version(), platform.python_implementation()
    yield "SQLite", sqlite3.sqlite_version, "the one Python uses"
    yield "measured", f"{datetime.now(UTC):%Y-%m-%d %H:%M}", "UTC"


def processor() -> str:
    """Return the processor's name as Linux gives it, else the architecture."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text(encoding="utf-8").splitlines() if facts.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def aligned(rows: Iterable[Row]) -> str:
    """Return rows as a Markdown table, aligned for reading as plain text too."""
    cells = [("what", "measured", "how"), *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in cells]
    lines = ["| " + " | ".join(row) + " |" for row in padded]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
