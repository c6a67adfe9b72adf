"""Long lists of a tenant's database, page by page: what stands where a page ended tells where the next begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

from nof1web.adapters.store.chronicle import EVENT
from nof1web.adapters.store.columns import TIME, Row, maybe
from nof1web.adapters.store.connections import SqliteFile
from nof1web.adapters.store.journal import FILL, INTENT
from nof1web.adapters.store.snapshots import EQUITY
from nof1web.core.records import EquityPoint, Event, Intent
from nof1web.core.trading import Fill
from nof1web.services.stores import EventFilter, Page, Replay

T = TypeVar("T")
_END = 2**63 - 1


class SqlitePages:
    """services.stores.Pages; every list newest first."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def orders(
        self, *, limit: int, after: Sequence[int] = (), credential_id: str | None = None, tracker_id: str | None = None
    ) -> Page[Intent]:
        """Return journaled orders, of one credential and one tracker where those are named."""
        # One condition per case, so that each finds its index.
        only = " AND credential_id = :credential" if credential_id else ""
        only += " AND tracker_id = :tracker" if tracker_id else ""
        sql = f"SELECT * FROM intents WHERE id < :id{only} ORDER BY id DESC"
        values = {"id": _first(after), "credential": credential_id, "tracker": tracker_id}
        return self._page(sql, values, limit, INTENT.read, ("id",))

    def fills(
        self, *, limit: int, after: Sequence[int] = (), credential_id: str | None = None
    ) -> Page[tuple[str, Fill]]:
        """Return (credential id, fill), of one credential where it is named."""
        only = " AND credential_id = :credential" if credential_id else ""
        at, row = (*after, 0, 0)[:2] if after else (_END, _END)
        sql = (
            "SELECT *, rowid AS number FROM fills WHERE (traded_at, rowid) < (:at, :row)"
            f"{only} ORDER BY traded_at DESC, rowid DESC"
        )
        values = {"at": at, "row": row, "credential": credential_id}
        return self._page(
            sql, values, limit, lambda each: (each["credential_id"], FILL.read(each)), ("traded_at", "number")
        )

    def events(
        self, *, limit: int, after: Sequence[int] = (), since: int = 0, wanted: EventFilter | None = None
    ) -> Page[Event]:
        """Return the events wanted (all when None) with a larger id than `since`."""
        asked = {name: value for name, value in asdict(wanted or EventFilter()).items() if value}
        only = "".join(f" AND {name} = :{name}" for name in asked)
        sql = f"SELECT * FROM events WHERE id < :id AND id > :since{only} ORDER BY id DESC"
        values = {**asked, "id": _first(after), "since": since}
        return self._page(sql, values, limit, EVENT.read, ("id",))

    def equity(
        self, credential_id: str, *, limit: int, after: Sequence[int] = (), since: datetime | None = None
    ) -> Page[EquityPoint]:
        """Return a credential's equity over time, no older than `since`."""
        sql = (
            "SELECT * FROM equity WHERE credential_id = :credential AND at < :at"
            " AND at >= coalesce(:since, 0) ORDER BY at DESC"
        )
        values = {"credential": credential_id, "at": _first(after), "since": maybe(TIME).write(since)}
        return self._page(sql, values, limit, EQUITY.read, ("at",))

    def _page(
        self, sql: str, values: dict[str, Any], limit: int, read: Callable[[Row], T], keys: tuple[str, ...]
    ) -> Page[T]:
        rows = self._file.rows(f"{sql} LIMIT :limit", values | {"limit": limit + 1})
        kept = rows[:limit]
        more = tuple(kept[-1][key] for key in keys) if len(rows) > limit else None
        return Page(tuple(map(read, kept)), more)


class SqliteReplays:
    """services.stores.ReplayStore."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def begin(self, key: str, fingerprint: str, at: datetime, *, forget: datetime) -> Replay | None:
        """Note that a request begins and forget those from before `forget`; return the one that had this key before."""
        with self._file.transaction(durable=True):
            self._file.change("DELETE FROM replays WHERE asked_at < ?", (TIME.write(forget),))
            row = self._file.row("SELECT * FROM replays WHERE key = ?", (key,))
            if row is not None:
                return Replay(row["fingerprint"], row["status"], row["body"])
            self._file.insert("replays", {"key": key, "fingerprint": fingerprint, "asked_at": TIME.write(at)})
            return None

    def answer(self, key: str, status: int, body: str) -> None:
        """Keep what was answered."""
        self._file.change("UPDATE replays SET status = ?, body = ? WHERE key = ?", (status, body, key))

    def forget(self, key: str) -> None:
        """Let a request with this key be done anew."""
        self._file.change("DELETE FROM replays WHERE key = ?", (key,))


def _first(after: Sequence[int]) -> int:
    return after[0] if after else _END
