"""One tenant's database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nof1web.adapters.store.chronicle import SqliteChronicle
from nof1web.adapters.store.connections import SqliteFile
from nof1web.adapters.store.credentials import SqliteCredentials
from nof1web.adapters.store.journal import SqliteJournal
from nof1web.adapters.store.migrations import TENANT
from nof1web.adapters.store.trackers import SqliteTrackers
from nof1web.errors import N_, LeaseLost
from nof1web.services.stores import Chronicle, CredentialStore, Journal, TrackerStore


class SqliteTenant:
    """services.stores.TenantStore over the file at `path`, made when it is missing.

    A writing method called outside a transaction commits by itself. Raises what SqliteFile raises.
    """

    def __init__(self, user_id: str, path: Path, *, busy_ms: int = 5000) -> None:
        self.user_id = user_id
        self._file = SqliteFile(path, TENANT, busy_ms=busy_ms)
        credentials = SqliteCredentials(self._file)
        self._fence = credentials.fence
        self.credentials: CredentialStore = credentials
        self.trackers: TrackerStore = SqliteTrackers(self._file)
        self.journal: Journal = SqliteJournal(self._file)
        self.chronicle: Chronicle = SqliteChronicle(self._file)

    @contextmanager
    def transaction(self, *, fence: tuple[str, int] | None = None, durable: bool = False) -> Iterator[None]:
        """One write transaction around several calls (BEGIN IMMEDIATE; nested joins).

        `fence` is (credential id, fence): LeaseLost when the database holds a larger one or the credential is gone.
        `durable` fsyncs the commit; ValueError when it is asked for inside a transaction that doesn't.
        """
        with self._file.transaction(durable=durable):
            if fence is not None:
                self._require(*fence)
            yield

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._file.close()

    def _require(self, credential_id: str, fence: int) -> None:
        newest = self._fence(credential_id)
        if newest is None or newest > fence:
            raise LeaseLost(N_("Another worker has taken over this credential: nothing was written."))
