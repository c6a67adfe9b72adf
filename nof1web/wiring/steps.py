"""Which steps databases wait for, and which this process has taken to bring them up to date."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nof1web.adapters.store import migrating
from nof1web.adapters.store.migrating import APPLIED, Standing
from nof1web.adapters.store.migrations import MARKET, REGISTRY, TENANT
from nof1web.errors import Nof1Error

__all__ = ["Standing", "standings", "taken"]


def taken() -> tuple[tuple[Path, str], ...]:
    """Return (file, name of the step) of every step, in order."""
    return tuple(APPLIED)


def standings(folder: Path) -> Iterator[Standing]:
    """Yield how far each database below the tenants folder has come; nothing is changed."""
    shared = ((folder / "registry.db", REGISTRY), (folder / "market.db", MARKET))
    for path, migrations in (*shared, *((path, TENANT) for path in sorted(folder.glob("u_*/tenant.db")))):
        if path.is_file():
            try:
                yield migrating.standing(path, migrations)
            except Nof1Error as error:
                yield Standing(path, unread=str(error))
