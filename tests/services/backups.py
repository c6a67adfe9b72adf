"""A tenant's database saved, and put back after more was done."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from nof1web.core.signals import RecordedPosition
from tests.services.stage import USER, Stage
from tests.services.test_explaining import quiet


def saved(stage: Stage) -> Path:
    """Copy the tenant's database as a backup does."""
    copy = stage.folder / "backup.db"
    with closing(sqlite3.connect(stage.folder / USER / "tenant.db")) as source, closing(sqlite3.connect(copy)) as to:
        source.backup(to)
    return copy


def restored(stage: Stage, copy: Path) -> None:
    """Put the backup in the database's place, as after a disk was lost."""
    stage.store.close()  # type: ignore[attr-defined]
    folder = stage.folder / USER
    for name in ("tenant.db-wal", "tenant.db-shm"):
        (folder / name).unlink(missing_ok=True)
    shutil.copyfile(copy, folder / "tenant.db")
    os.chmod(folder / "tenant.db", 0o600)


def copied_and_forgotten(stage: Stage, *positions: RecordedPosition) -> None:
    """Copy what the agent has next, then restore the backup of right before."""
    quiet(stage)
    copy = saved(stage)
    stage.agent("deepseek", *positions)
    stage.cycle()
    restored(stage, copy)
