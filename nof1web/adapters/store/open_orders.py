"""The orders that rest on accounts, as they were read last, whoever placed them."""

from __future__ import annotations

from datetime import datetime

from nof1web.adapters.store import units
from nof1web.adapters.store.columns import EXACT, FLAG, PLAIN, TIME, Columns, maybe, one_of
from nof1web.adapters.store.connections import SqliteFile
from nof1web.core.open_orders import OpenOrder
from nof1web.core.trading import PositionSide, Side

ORDER = Columns(
    OpenOrder,
    {
        "id": PLAIN, "symbol": PLAIN, "side": one_of(Side), "position_side": one_of(PositionSide), "kind": PLAIN,
        "quantity": EXACT, "executed": EXACT, "price": maybe(EXACT), "trigger": maybe(EXACT),
        "reduces": FLAG, "whole": FLAG, "placed_at": TIME,
    },
)


class SqliteOpenOrders:
    """services.stores.OpenOrderStore."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def ask(self, credential_id: str, at: datetime) -> None:
        """Note that a person wants them read; NotFound when the credential doesn't exist."""
        row = {"credential_id": credential_id, "asked_at": units.to_micros(at)}
        self._file.insert("open_order_readings", row, replacing=("credential_id",))

    def asked_at(self, credential_id: str) -> datetime | None:
        """Return when they were asked for, None once they were read or given up since."""
        return self._time("asked_at", credential_id)

    def give_up(self, credential_id: str, at: datetime) -> None:
        """Note that they could not be read; nobody waits for them any more."""
        self._file.change(
            "UPDATE open_order_readings SET asked_at = NULL, failed_at = ? WHERE credential_id = ?",
            (units.to_micros(at), credential_id),
        )

    def failed_at(self, credential_id: str) -> datetime | None:
        """Return when reading them was given up last, None once they were read since."""
        return self._time("failed_at", credential_id)

    def put(self, credential_id: str, orders: tuple[OpenOrder, ...], read_at: datetime) -> None:
        """Replace what was read before; nobody waits for it any more."""
        owner = {"credential_id": credential_id}
        with self._file.transaction():
            reading = owner | {"asked_at": None, "failed_at": None, "read_at": units.to_micros(read_at)}
            self._file.insert("open_order_readings", reading, replacing=("credential_id",))
            self._file.change("DELETE FROM open_orders WHERE credential_id = ?", (credential_id,))
            for order in orders:
                self._file.insert("open_orders", owner | ORDER.values(order))

    def read_at(self, credential_id: str) -> datetime | None:
        """Return when they were read last, None before the first time."""
        return self._time("read_at", credential_id)

    def all(self, credential_id: str) -> tuple[OpenOrder, ...]:
        """Return what was read last, by symbol and time."""
        rows = self._file.rows(
            "SELECT * FROM open_orders WHERE credential_id = ? ORDER BY symbol, placed_at, id", (credential_id,)
        )
        return ORDER.all(rows)

    def _time(self, name: str, credential_id: str) -> datetime | None:
        row = self._file.row(f"SELECT {name} FROM open_order_readings WHERE credential_id = ?", (credential_id,))
        return maybe(TIME).read(row[name]) if row else None
