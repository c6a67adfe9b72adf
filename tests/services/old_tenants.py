"""Many tenants' databases of an older version, and a process that migrates them until it is killed."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from nof1web.adapters.store import migrating
from nof1web.adapters.store.migrations import TENANT
from nof1web.adapters.store.registry import SqliteRegistry
from nof1web.adapters.store.tenants import Tenants
from nof1web.services.stores import User

CREDENTIAL = (
    "INSERT INTO credentials VALUES ('c_1', 'Main', 'main', 'testnet', 'key', 'stopped', 1, 0, 1772600767890123, '',"
    " NULL, NULL, NULL, NULL, NULL, '[]', 0)"
)


def make(folder: Path, count: int) -> None:
    """Write so many tenants as they were before levels, each with a credential."""
    registry = SqliteRegistry(folder / "registry.db")
    template = folder / "template.db"
    with Database(template) as database:
        TENANT.apply(database, stop_before=["0006_levels"])
        database.execute(CREDENTIAL)
        database.conn.commit()
    now = datetime.now(UTC)
    for number in range(count):
        user = User(f"u_{number:016}", f"p{number}@example.org", "", "user", True, "en", now)
        registry.add_user(user)
        (folder / user.id).mkdir(mode=0o700)
        shutil.copy(template, folder / user.id / "tenant.db")
    template.unlink()
    registry.close()


def current(folder: Path) -> int:
    """Return how many of the databases are up to date; none may have lost its credential."""
    count = 0
    for path in sorted(folder.glob("u_*/tenant.db")):
        with Database(path) as database:
            assert database["credentials"].count == 1
            count += not TENANT.pending(database)
    return count


def migrate(folder: Path, steps: int) -> None:
    """Open every tenant; be killed before the transaction of the n-th step commits, unless 0."""
    done = 0
    real = migrating.Migrations.apply

    def apply(self: migrating.Migrations, database: Database, **options: object) -> None:
        nonlocal done
        real(self, database, **options)
        done += 1
        if done == steps:
            os.kill(os.getpid(), signal.SIGKILL)

    migrating.Migrations.apply = apply
    registry = SqliteRegistry(folder / "registry.db")
    tenants = Tenants(folder, registry)
    for user_id in tenants.all_ids():
        with tenants(user_id) as store:
            store.credentials.all()
        tenants.close()


if __name__ == "__main__":
    migrate(Path(sys.argv[1]), int(sys.argv[2]))
