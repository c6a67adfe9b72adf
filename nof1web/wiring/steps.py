"""Which steps this process has taken to bring databases up to date."""

from __future__ import annotations

from pathlib import Path

from nof1web.adapters.store.migrating import APPLIED


def taken() -> tuple[tuple[Path, str], ...]:
    """Return (file, name of the step) of every step, in order."""
    return tuple(APPLIED)
