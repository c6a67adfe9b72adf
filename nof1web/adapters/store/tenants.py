"""Where tenants' databases are, and the few of them that are open."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from nof1web.adapters.store import whole
from nof1web.adapters.store.files import erase_folder, private_folder
from nof1web.adapters.store.registry import well_formed
from nof1web.adapters.store.tenant import SqliteTenant
from nof1web.errors import N_, NotFound
from nof1web.services.stores import Registry, TenantStore

_WARM = 48
"""where more than these are open, none keeps what it has read: that is a third of the memory it takes"""


class _Open:
    """An open store and how many callers are using it."""

    def __init__(self, store: SqliteTenant) -> None:
        self.store = store
        self.users = 0


class Tenants:
    """services.ports.TenantStores over `directory`: at most `capacity` idle stores stay open per process.

    `busy_ms` is how long a write waits for another process: seconds in a worker, 250 in the web.
    """

    def __init__(self, directory: Path, registry: Registry, *, capacity: int = 200, busy_ms: int = 5000) -> None:
        self._directory = directory
        self._registry = registry
        self._capacity = capacity
        self._busy_ms = busy_ms
        self._begin()

    @contextmanager
    def __call__(self, user_id: str) -> Iterator[TenantStore]:
        """Open a tenant's store, made when it is missing; NotFound unless the registry issued the id."""
        path = self._path(user_id)
        entry = self._take(user_id, path)
        try:
            yield entry.store
        finally:
            self._give_back(entry)

    def all_ids(self) -> tuple[str, ...]:
        """Return the ids of all tenants, oldest first."""
        return tuple(user.id for user in self._registry.users())

    def tables(self, user_id: str) -> Mapping[str, list[dict[str, Any]]]:
        """Return every table of a tenant by name, without anything sealed."""
        with self(user_id):
            return whole.tables(self._path(user_id))

    def image(self, user_id: str) -> bytes:
        """Return a tenant's database as bytes, without anything sealed."""
        with self(user_id):
            return whole.image(self._path(user_id))

    def put_image(self, user_id: str, data: bytes) -> None:
        """Write a tenant's database from such bytes; InvalidInput when there is one already or it is none."""
        path = self._path(user_id)
        private_folder(self._directory)
        private_folder(path.parent)
        whole.put_image(path, data)

    def remove(self, user_id: str) -> None:
        """Erase a tenant's folder with everything in it; NotFound unless the registry knows the id."""
        path = self._path(user_id)
        with self._own_lock():
            entry = self._open.pop(user_id, None)
        if entry is not None:
            entry.store.close()
        erase_folder(path.parent)

    def close(self) -> None:
        """Close every store nobody is using."""
        with self._own_lock():
            self._close_idle(keep=0)

    def _path(self, user_id: str) -> Path:
        """The only place that knows where a tenant's database is; NotFound unless the registry issued the id."""
        if not well_formed(user_id) or self._registry.user(user_id) is None:
            raise NotFound(N_("There is no such user."))
        return self._directory / user_id / "tenant.db"

    def _take(self, user_id: str, path: Path) -> _Open:
        with self._own_lock():
            entry = self._open.get(user_id)
            if entry is None:
                private_folder(self._directory)
                private_folder(path.parent)
                halted, quota = self._registry.site_halted, partial(self._registry.quota, user_id)
                store = SqliteTenant(user_id, path, busy_ms=self._busy_ms, site_halted=halted, quota=quota)
                entry = self._open[user_id] = _Open(store)
            self._open.move_to_end(user_id)
            entry.users += 1
            return entry

    def _give_back(self, entry: _Open) -> None:
        with self._own_lock():
            entry.users -= 1
            self._close_idle(keep=self._capacity)
            if not entry.users and len(self._open) > _WARM:
                entry.store.rest()

    def _close_idle(self, *, keep: int) -> None:
        if len(self._open) <= keep:
            return
        for user_id, entry in list(self._open.items()):
            if len(self._open) <= keep:
                return
            if not entry.users:
                del self._open[user_id]
                entry.store.close()

    def _own_lock(self) -> threading.Lock:
        # After a fork: another thread of the parent may have held the lock, and nobody here would give it back.
        if self._pid != os.getpid():
            self._begin()
        return self._lock

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._open: OrderedDict[str, _Open] = OrderedDict()
