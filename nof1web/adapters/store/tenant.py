"""One tenant's database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nof1web.adapters.store.chronicle import SqliteChronicle
from nof1web.adapters.store.connections import SqliteFile
from nof1web.adapters.store.credentials import SqliteCredentials
from nof1web.adapters.store.flattens import SqliteCovers, SqliteFlattens
from nof1web.adapters.store.halts import SqliteHalts
from nof1web.adapters.store.journal import SqliteJournal
from nof1web.adapters.store.keys import SqliteKeys
from nof1web.adapters.store.labels import SqliteLabels
from nof1web.adapters.store.migrations import TENANT
from nof1web.adapters.store.open_orders import SqliteOpenOrders
from nof1web.adapters.store.pages import SqlitePages, SqliteReplays
from nof1web.adapters.store.reports import SqliteReports
from nof1web.adapters.store.trackers import SqliteTrackers
from nof1web.errors import N_, LeaseLost
from nof1web.services.stores import (
    Chronicle,
    CoverStore,
    CredentialStore,
    FlattenStore,
    HaltStore,
    Journal,
    KeyStore,
    LabelStore,
    OpenOrderStore,
    Pages,
    Quota,
    ReplayStore,
    ReportStore,
    TrackerStore,
)


class SqliteTenant:
    """services.stores.TenantStore over the file at `path`, made when it is missing.

    A writing method called outside a transaction commits by itself. Raises what SqliteFile raises. `site_halted` tells
    whether entries are off for everybody, `quota` what the user is allowed; a file outside of an installation has no
    site that could say either.
    """

    def __init__(
        self,
        user_id: str,
        path: Path,
        *,
        busy_ms: int = 5000,
        site_halted: Callable[[], bool] = lambda: False,
        quota: Callable[[], Quota] = Quota,
    ) -> None:
        self.user_id = user_id
        self._file = SqliteFile(path, TENANT, busy_ms=busy_ms)
        credentials = SqliteCredentials(self._file)
        self._fence = credentials.fence
        self.credentials: CredentialStore = credentials
        self.keys: KeyStore = SqliteKeys(self._file)
        self.trackers: TrackerStore = SqliteTrackers(self._file)
        self.journal: Journal = SqliteJournal(self._file)
        self.chronicle: Chronicle = SqliteChronicle(self._file)
        self.halts: HaltStore = SqliteHalts(self._file, site_halted, quota)
        self.flattens: FlattenStore = SqliteFlattens(self._file)
        self.covers: CoverStore = SqliteCovers(self._file)
        self.reports: ReportStore = SqliteReports(self._file)
        self.pages: Pages = SqlitePages(self._file)
        self.replays: ReplayStore = SqliteReplays(self._file)
        self.labels: LabelStore = SqliteLabels(self._file)
        self.open_orders: OpenOrderStore = SqliteOpenOrders(self._file)

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

    def rest(self) -> None:
        """Give back the memory of what was read."""
        self._file.rest()

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._file.close()

    def _require(self, credential_id: str, fence: int) -> None:
        newest = self._fence(credential_id)
        if newest is None or newest > fence:
            raise LeaseLost(N_("Another worker has taken over this credential: nothing was written."))
