"""Intents, fills and protection in a tenant's database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from nof1web.adapters.store import units
from nof1web.adapters.store.columns import AMOUNT, EXACT, FLAG, PLAIN, STRINGS, TIME, Columns, maybe, one_of
from nof1web.adapters.store.connections import SqliteFile, Values
from nof1web.adapters.store.failures import not_unique
from nof1web.core.records import Intent, IntentStatus, OrderKind, Protection, ProtectionStatus
from nof1web.core.trading import Fill, Leg, Side
from nof1web.errors import N_, NotFound, Refused

_OUTCOME = {
    "status": one_of(IntentStatus), "executed": EXACT, "price": maybe(EXACT), "fee": maybe(AMOUNT),
    "realised": maybe(AMOUNT), "order_id": PLAIN, "exchange_code": PLAIN, "absences": PLAIN, "priced": FLAG,
    "settled_at": maybe(TIME), "explanation": STRINGS, "sent_at": maybe(TIME), "acknowledged_at": maybe(TIME),
}

INTENT = Columns(
    Intent,
    {
        "tracker_id": PLAIN, "symbol": PLAIN, "epoch": PLAIN, "step": PLAIN, "attempt": PLAIN,
        "client_order_id": PLAIN, "credential_id": PLAIN, "kind": one_of(OrderKind), "side": one_of(Side),
        "quantity": EXACT, "agent_quantity": EXACT, "agent_entry": EXACT, "leverage": PLAIN, "mark": EXACT,
        "shadow": FLAG, "created_at": TIME, "timestamp_ms": PLAIN, "deadline_at": TIME, "limit": maybe(EXACT),
        "seen_at": maybe(TIME), "decided_at": maybe(TIME), "agent_price": maybe(EXACT),
        "written_no": PLAIN, "settled_no": PLAIN,
    }
    | _OUTCOME,
)

FILL = Columns(
    Fill,
    {
        "trade_id": PLAIN, "order_id": PLAIN, "symbol": PLAIN, "side": one_of(Side), "quantity": EXACT,
        "price": EXACT, "fee": AMOUNT, "fee_asset": PLAIN, "realised": AMOUNT, "traded_at": TIME,
    },
)

PROTECTION = Columns(
    Protection,
    {
        "client_algo_id": PLAIN, "credential_id": PLAIN, "tracker_id": PLAIN, "symbol": PLAIN, "epoch": PLAIN,
        "leg": one_of(Leg), "side": one_of(Side), "quantity": EXACT, "trigger": EXACT,
        "status": one_of(ProtectionStatus), "created_at": TIME, "verified": FLAG, "exchange_code": PLAIN,
        "order_id": PLAIN,
    },
)

_READINGS = 100
"""how many of an account's readings are kept"""
_SET_OUTCOME = ", ".join(f"{name} = :{name}" for name in (*_OUTCOME, "settled_no"))


class SqliteJournal:
    """services.stores.Journal."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def write(self, intent: Intent) -> None:
        """Insert an intent; Refused when (tracker, symbol, epoch, step, attempt) or its client_order_id exists."""
        try:
            with self._file.transaction():
                written = intent.written_no or self._next(intent.credential_id)
                numbers = {"written_no": written, "settled_no": self._settled_no(intent)}
                self._file.insert("intents", INTENT.values(intent) | numbers)
        except sqlite3.IntegrityError as error:
            if not not_unique(error, "intents."):
                raise
            raise Refused(
                N_("The order for step %(step)s of %(symbol)s is journaled already: settle it first."),
                step=intent.step,
                symbol=intent.symbol,
            ) from error

    def update(self, intent: Intent) -> None:
        """Replace an intent's outcome by its client_order_id; what was decided stays as written.

        `settled_no` is what it says, else as stored unless it executed more, else the next once it is resolved.
        NotFound when it was never written.
        """
        with self._file.transaction():
            sql = "SELECT executed, settled_no FROM intents WHERE client_order_id = ?"
            row = self._file.row(sql, (intent.client_order_id,))
            if row is None:
                raise NotFound(N_("The order %(id)s is not in the journal."), id=intent.client_order_id)
            settled = row["settled_no"] if EXACT.read(row["executed"]) == intent.executed else 0
            values = INTENT.values(intent) | {"settled_no": self._settled_no(intent, settled)}
            self._file.change(f"UPDATE intents SET {_SET_OUTCOME} WHERE client_order_id = :client_order_id", values)

    def unresolved(self, credential_id: str) -> tuple[Intent, ...]:
        """Return the intents whose effect is not known, oldest first."""
        return self._intents(
            "SELECT * FROM intents WHERE credential_id = ? AND status IN ('written', 'unknown') ORDER BY id",
            (credential_id,),
        )

    def unpriced(self, credential_id: str) -> tuple[Intent, ...]:
        """Return filled, not shadow intents whose price the trades haven't told yet, oldest first."""
        return self._intents(
            "SELECT * FROM intents WHERE credential_id = ? AND status IN ('filled', 'partial')"
            " AND priced = 0 AND shadow = 0 ORDER BY id",
            (credential_id,),
        )

    def intents(self, credential_id: str, *, limit: int = 50, tracker_id: str | None = None) -> tuple[Intent, ...]:
        """Return the newest intents first."""
        return self._intents(
            "SELECT * FROM intents WHERE credential_id = :credential"
            " AND (:tracker IS NULL OR tracker_id = :tracker) ORDER BY id DESC LIMIT :limit",
            {"credential": credential_id, "tracker": tracker_id, "limit": limit},
        )

    def intent(self, tracker_id: str, symbol: str, epoch: str, step: int) -> Intent | None:
        """Return the newest attempt of a step."""
        found = self._intents(
            "SELECT * FROM intents WHERE tracker_id = ? AND symbol = ? AND epoch = ? AND step = ?"
            " ORDER BY attempt DESC LIMIT 1",
            (tracker_id, symbol, epoch, step),
        )
        return found[0] if found else None

    def attempts(self, tracker_id: str, symbol: str, epoch: str, step: int) -> tuple[Intent, ...]:
        """Return every attempt of a step, the first first."""
        return self._intents(
            "SELECT * FROM intents WHERE tracker_id = ? AND symbol = ? AND epoch = ? AND step = ? ORDER BY attempt",
            (tracker_id, symbol, epoch, step),
        )

    def intent_of(self, client_order_id: str) -> Intent | None:
        """Return the intent that was sent under a client order id, whatever became of its tracker."""
        found = self._intents("SELECT * FROM intents WHERE client_order_id = ?", (client_order_id,))
        return found[0] if found else None

    def order_ids(self, credential_id: str, symbol: str) -> frozenset[str]:
        """Return the exchange's ids of all own orders in a symbol: intents, fired protection, and fills booked so far.

        A fired stop or target is known by its fills, which are booked with it.
        """
        rows = self._file.rows(
            "SELECT order_id FROM intents"
            " WHERE credential_id = :credential AND symbol = :symbol AND order_id <> ''"
            " UNION SELECT order_id FROM fills WHERE credential_id = :credential AND symbol = :symbol",
            {"credential": credential_id, "symbol": symbol},
        )
        return frozenset(row["order_id"] for row in rows)

    def add_fills(self, credential_id: str, fills: Iterable[Fill]) -> int:
        """Insert fills once each by symbol and trade id; return how many were new."""
        with self._file.transaction():
            return sum(self._add_fill(credential_id, fill) for fill in fills)

    def fills(self, credential_id: str, *, limit: int = 50) -> tuple[Fill, ...]:
        """Return the newest fills first."""
        rows = self._file.rows(
            "SELECT * FROM fills WHERE credential_id = ? ORDER BY traded_at DESC, rowid DESC LIMIT ?",
            (credential_id, limit),
        )
        return FILL.all(rows)

    def put_protection(self, protection: Protection) -> None:
        """Insert or replace by client_algo_id."""
        self._file.insert("protections", PROTECTION.values(protection), replacing=("client_algo_id",))

    def protections(self, credential_id: str, *, open_only: bool = True) -> tuple[Protection, ...]:
        """Return the credential's stops and targets in the order they were written: those that may rest, or all."""
        only = "AND status IN ('written', 'resting')" if open_only else ""
        rows = self._file.rows(
            f"SELECT * FROM protections WHERE credential_id = ? {only} ORDER BY rowid", (credential_id,)
        )
        return PROTECTION.all(rows)

    def protections_of(self, tracker_id: str, symbol: str, epoch: str) -> tuple[Protection, ...]:
        """Return every leg ever written for an epoch, in that order, however the clock was set meanwhile."""
        rows = self._file.rows(
            "SELECT * FROM protections WHERE tracker_id = ? AND symbol = ? AND epoch = ? ORDER BY rowid",
            (tracker_id, symbol, epoch),
        )
        return PROTECTION.all(rows)

    def count_protections(self, tracker_id: str, symbol: str, epoch: str) -> int:
        """Return how many were ever written for this epoch: the next one's running number."""
        row = self._file.row(
            "SELECT count(*) AS written FROM protections WHERE tracker_id = ? AND symbol = ? AND epoch = ?",
            (tracker_id, symbol, epoch),
        )
        return row["written"] if row else 0

    def begin_reading(self, credential_id: str, at: datetime) -> int:
        """Return the next number for a reading of the account, begun at a time of the exchange.

        Orders settled with a larger one came after it.
        """
        with self._file.transaction():
            number = self._next(credential_id)
            row = {"credential_id": credential_id, "number": number, "began_at": units.to_micros(at)}
            self._file.insert("readings", row)
            self._file.change(
                "DELETE FROM readings WHERE credential_id = :credential_id AND number <= (SELECT number FROM readings"
                " WHERE credential_id = :credential_id ORDER BY number DESC LIMIT 1 OFFSET :kept)",
                row | {"kept": _READINGS},
            )
        return number

    def began_at(self, credential_id: str, read_no: int) -> datetime | None:
        """Return when a reading began, by the exchange's clock; None where it is not kept (any more)."""
        asked = (credential_id, read_no)
        row = self._file.row("SELECT began_at FROM readings WHERE credential_id = ? AND number = ?", asked)
        return units.from_micros(row["began_at"]) if row else None

    def shown_by(self, credential_id: str, at: datetime, *, after: int = 0) -> int:
        """Return the first reading, numbered `after` another, begun once a moment of the exchange was past; 0: none."""
        row = self._file.row(
            "SELECT min(number) AS number FROM readings WHERE credential_id = ? AND number > ? AND began_at > ?",
            (credential_id, after, units.to_micros(at)),
        )
        return (row["number"] or 0) if row else 0

    def _settled_no(self, intent: Intent, stored: int = 0) -> int:
        number = intent.settled_no or stored
        return self._next(intent.credential_id) if not number and intent.status.resolved else number

    def _next(self, credential_id: str) -> int:
        row = self._file.row(
            "INSERT INTO journal_numbers (credential_id, newest) VALUES (?, 1)"
            " ON CONFLICT (credential_id) DO UPDATE SET newest = newest + 1 RETURNING newest",
            (credential_id,),
        )
        return row["newest"] if row else 0

    def _add_fill(self, credential_id: str, fill: Fill) -> int:
        values = {"credential_id": credential_id} | FILL.values(fill)
        return self._file.insert("fills", values, unless=("credential_id", "symbol", "trade_id"))

    def _intents(self, sql: str, values: Values) -> tuple[Intent, ...]:
        return INTENT.all(self._file.rows(sql, values))
