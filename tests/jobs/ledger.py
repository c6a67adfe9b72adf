"""What test jobs did, in a file of its own so that no FLUSHALL and no kill -9 takes it away; and their fences."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from nof1web.jobs.leases import now


class Ledger:
    """Events in the order in which they happened: (id, credential, number, what, pid)."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute("CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, credential, number, what, pid)")
        self._db.execute("CREATE TABLE IF NOT EXISTS fences (credential PRIMARY KEY, fence INTEGER)")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS sent (id INTEGER PRIMARY KEY, credential, number, part, fence)"
        )

    def write(self, credential: str, number: int, what: str, pid: int) -> None:
        """Append an event."""
        self._db.execute(
            "INSERT INTO events (credential, number, what, pid) VALUES (?, ?, ?, ?)", (credential, number, what, pid)
        )

    def events(self, credential: str | None = None, what: str | None = None) -> list[tuple[str, int, str, int]]:
        """Return events oldest first."""
        rows = self._db.execute("SELECT credential, number, what, pid FROM events ORDER BY id").fetchall()
        return [row for row in rows if credential in (None, row[0]) and what in (None, row[2])]

    def claim_fence(self, user_id: str, credential: str) -> int:
        """Add one to a credential's fence and return it."""
        taken = self._db.execute(
            "INSERT INTO fences VALUES (?, 1) ON CONFLICT (credential) DO UPDATE SET fence = fence + 1 RETURNING fence",
            (credential,),
        )
        return int(taken.fetchall()[0][0])

    def fence(self, credential: str) -> int:
        """Return the highest fence that was taken."""
        row = self._db.execute("SELECT fence FROM fences WHERE credential = ?", (credential,)).fetchone()
        return int(row[0]) if row else 0

    def sent(self, credential: str | None = None) -> list[tuple[str, int, int, int]]:
        """Return what reached the exchange, in order: (credential, job, part, fence)."""
        rows = self._db.execute("SELECT credential, number, part, fence FROM sent ORDER BY id").fetchall()
        return [row for row in rows if credential in (None, row[0])]

    def knows(self, credential: str, number: int, part: int) -> bool:
        """Whether the exchange has an order: what is asked about one that was written down before."""
        asked = (credential, number, part)
        query = "SELECT 1 FROM sent WHERE credential = ? AND number = ? AND part = ?"
        return self._db.execute(query, asked).fetchone() is not None

    def send(self, credential: str, number: int, part: int, fence: int, *, until: float) -> bool:
        """Let an order reach the exchange, which knows nothing of fences and takes the same one twice.

        False for one that comes later than it was signed for, `until` by the clock of leases.
        """
        self._db.execute("BEGIN IMMEDIATE")
        try:
            if now() > until:
                return False
            self._db.execute(
                "INSERT INTO sent (credential, number, part, fence) VALUES (?, ?, ?, ?)",
                (credential, number, part, fence),
            )
            return True
        finally:
            self._db.execute("COMMIT")
