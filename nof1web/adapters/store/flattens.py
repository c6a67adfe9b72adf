"""Flattens, and for how long holdings were protected, in a tenant's database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.adapters.store import units
from nof1web.adapters.store.columns import FLAG, PLAIN, TIME, Column, Columns, maybe
from nof1web.adapters.store.connections import SqliteFile
from nof1web.core.covering import Cover
from nof1web.core.flattening import Flatten, Shares
from nof1web.errors import N_, NotFound

_SHARES = maybe(
    Column(
        lambda shares: units.to_json([[symbol, units.to_exact(share)] for symbol, share in shares]),
        lambda text: tuple((symbol, Decimal(share)) for symbol, share in units.from_json(text)),
    )
)
_FLATTEN = Columns(
    Flatten,
    {
        "id": PLAIN, "credential_id": PLAIN, "tracker_id": PLAIN, "symbol": PLAIN, "everything": FLAG,
        "asked_by": PLAIN, "asked_at": TIME, "finished_at": maybe(TIME), "found": _SHARES, "cancelled": FLAG,
    },
)
_SCOPE = ("credential_id", "tracker_id", "symbol", "everything")
_MICRO = timedelta(microseconds=1)
_SPAN = Column(lambda span: span // _MICRO, lambda micros: micros * _MICRO)
_COVER = Columns(
    Cover,
    {
        "tracker_id": PLAIN, "at": TIME, "held": PLAIN, "covered": PLAIN, "held_time": _SPAN,
        "covered_time": _SPAN,
    },
)


class SqliteFlattens:
    """services.halt_stores.FlattenStore."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def add(self, flatten: Flatten) -> Flatten:
        """Insert; return the one that is open for the same already, if there is one."""
        values = _FLATTEN.values(flatten)
        with self._file.transaction():
            same = " AND ".join(f"{name} = :{name}" for name in _SCOPE)
            row = self._file.row(f"SELECT * FROM flattens WHERE {same} AND finished_at IS NULL", values)
            if row is not None:
                return _FLATTEN.read(row)
            self._file.insert("flattens", values)
        return flatten

    def get(self, flatten_id: str) -> Flatten | None:
        """Return one flatten."""
        row = self._file.row("SELECT * FROM flattens WHERE id = ?", (flatten_id,))
        return _FLATTEN.read(row) if row else None

    def open(self, credential_id: str) -> tuple[Flatten, ...]:
        """Return those that are not finished, oldest first."""
        sql = "SELECT * FROM flattens WHERE credential_id = ? AND finished_at IS NULL ORDER BY asked_at, rowid"
        return _FLATTEN.all(self._file.rows(sql, (credential_id,)))

    def newest(self, credential_id: str) -> Flatten | None:
        """Return the last one that was asked for."""
        sql = "SELECT * FROM flattens WHERE credential_id = ? ORDER BY asked_at DESC, rowid DESC LIMIT 1"
        row = self._file.row(sql, (credential_id,))
        return _FLATTEN.read(row) if row else None

    def finish(self, flatten_id: str, at: datetime) -> None:
        """Note that nothing is left; NotFound when it was never asked for."""
        values = (units.to_micros(at), flatten_id)
        if not self._file.change("UPDATE flattens SET finished_at = ? WHERE id = ?", values):
            raise NotFound(N_("This flatten does not exist any more."))

    def cancel(self, flatten_id: str, at: datetime) -> None:
        """Note that a person wants no more of it closed, where it is not finished."""
        sql = "UPDATE flattens SET finished_at = ?, cancelled = 1 WHERE id = ? AND finished_at IS NULL"
        self._file.change(sql, (units.to_micros(at), flatten_id))

    def set_found(self, flatten_id: str, found: Shares) -> None:
        """Keep which foreign shares may be closed at most."""
        self._file.change("UPDATE flattens SET found = ? WHERE id = ?", (_SHARES.write(found), flatten_id))

    def closed(self, flatten_id: str) -> Mapping[tuple[str, bool], Decimal]:
        """Return how much (unsigned) of foreign shares it has closed, by (symbol, whether long)."""
        sql = "SELECT symbol, side, executed FROM intents WHERE tracker_id = '' AND epoch = ? || ':' || symbol"
        closed: dict[tuple[str, bool], Decimal] = {}
        for row in self._file.rows(sql, (flatten_id,)):
            key = (row["symbol"], row["side"] == "SELL")
            closed[key] = closed.get(key, Decimal(0)) + Decimal(row["executed"])
        return closed


class SqliteCovers:
    """services.halt_stores.CoverStore."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def get(self, tracker_id: str) -> Cover | None:
        """Return a tracker's cover as last seen."""
        row = self._file.row("SELECT * FROM covers WHERE tracker_id = ?", (tracker_id,))
        return _COVER.read(row) if row else None

    def put(self, cover: Cover) -> None:
        """Insert or replace by tracker; NotFound when there is no such tracker."""
        self._file.insert("covers", _COVER.values(cover), replacing=("tracker_id",))
