"""What pages ask of a tenant's database: sums over trades, samples of equity, filtered histories, past cycles."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from nof1web.adapters.store import units
from nof1web.adapters.store.chronicle import EVENT, VERDICT
from nof1web.adapters.store.columns import PLAIN, SENTENCE, TIME, Columns, maybe
from nof1web.adapters.store.connections import SqliteFile
from nof1web.adapters.store.journal import PROTECTION
from nof1web.adapters.store.snapshots import ACCOUNT, POSITION
from nof1web.adapters.store.trackers import EPOCH
from nof1web.core.records import Event, Verdict
from nof1web.errors import Text
from nof1web.services.stores import Books, Cycle, Earned, EventFilter, VerdictFilter

T = TypeVar("T")

_KEPT_CYCLES = 200

_CYCLE = Columns(
    Cycle,
    {
        "credential_id": PLAIN, "id": PLAIN, "began_at": TIME, "ended_at": TIME, "orders": PLAIN, "refusals": PLAIN,
        "error": maybe(SENTENCE),
    },
)

# Fees in another asset are no USDT: they are left out rather than guessed at.
_SUMS = "sum(realised) AS realised, sum(CASE fee_asset WHEN 'USDT' THEN fee ELSE 0 END) AS fees"


class SqliteReports:
    """services.report_stores.ReportStore."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def earned(self, since: datetime | None = None, *, credential_id: str | None = None) -> Mapping[str, Earned]:
        """Return what each credential's trades earned since then, or ever, by its id; of one only when it is named."""
        mine = "" if credential_id is None else "credential_id = :id AND "
        rows = self._file.rows(
            f"SELECT credential_id AS of, {_SUMS} FROM fills WHERE {mine}traded_at >= :since GROUP BY credential_id",
            {"id": credential_id, "since": units.to_micros(since) if since else 0},
        )
        return {row["of"]: Earned(units.from_units(row["realised"]), units.from_units(row["fees"])) for row in rows}

    def earned_by_tracker(self, since: datetime | None = None) -> Mapping[str, Earned]:
        """Return what the trades of each tracker's own orders, stops and targets earned since then, or ever, by id."""
        found: dict[str, Earned] = {}
        # A trade belongs to one order, and an order to one intent or leg: nothing is counted twice.
        for table in ("intents", "protections"):
            for row in self._file.rows(
                "SELECT tracker_id AS of, sum(fills.realised) AS realised,"
                " sum(CASE fee_asset WHEN 'USDT' THEN fills.fee ELSE 0 END) AS fees"
                f" FROM {table} JOIN fills USING (credential_id, order_id)"
                f" WHERE order_id <> '' AND {table}.symbol = fills.symbol AND traded_at >= ? GROUP BY tracker_id",
                (units.to_micros(since) if since else 0,),
            ):
                before = found.get(row["of"], Earned())
                realised, fees = units.from_units(row["realised"]), units.from_units(row["fees"])
                found[row["of"]] = Earned(before.realised + realised, before.fees + fees)
        return found

    def equity_at(self, credential_id: str, times: Sequence[datetime]) -> tuple[Decimal | None, ...]:
        """Return the last known equity at each of these times, None before the first reading."""
        # One look into the index per time: a month of readings costs no more than an hour of them.
        rows = self._file.rows(
            "SELECT (SELECT equity FROM equity WHERE credential_id = :id AND at <= json_each.value"
            " ORDER BY at DESC LIMIT 1) AS equity FROM json_each(:times) ORDER BY json_each.key",
            {"id": credential_id, "times": units.to_json([units.to_micros(at) for at in times])},
        )
        return tuple(None if row["equity"] is None else units.from_units(row["equity"]) for row in rows)

    def equity_sums(self, credential_ids: Sequence[str], times: Sequence[datetime]) -> tuple[Decimal, ...]:
        """Return the sum of the credentials' last known equity at each of these times.

        One that was not read yet counts with its first reading, one that never was with nothing.
        """
        rows = self._file.rows(
            "WITH firsts AS MATERIALIZED (SELECT value AS id,"
            " (SELECT equity FROM equity WHERE credential_id = json_each.value ORDER BY at LIMIT 1) AS equity"
            " FROM json_each(:ids))"
            " SELECT sum(coalesce((SELECT equity FROM equity WHERE credential_id = firsts.id AND at <= times.value"
            " ORDER BY at DESC LIMIT 1), firsts.equity, 0)) AS equity"
            " FROM json_each(:times) AS times CROSS JOIN firsts GROUP BY times.key ORDER BY times.key",
            {"ids": units.to_json(list(credential_ids)), "times": units.to_json([units.to_micros(at) for at in times])},
        )
        return tuple(units.from_units(row["equity"]) for row in rows)

    def books(self, since: datetime) -> Books:
        """Return what all credentials hold, in a few questions however many they are; `first` since that time."""
        rows, micros = self._file.rows, units.to_micros(since)
        with self._file.view():
            accounts = {row["credential_id"]: ACCOUNT.read(row) for row in rows("SELECT * FROM snapshots")}
            live = rows("SELECT * FROM snapshot_positions ORDER BY symbol, side")
            epochs = rows(
                "SELECT trackers.credential_id, epochs.* FROM epochs JOIN trackers ON trackers.id = epochs.tracker_id"
                " WHERE epochs.matters = 1 ORDER BY epochs.opened_at, epochs.rowid"
            )
            legs = rows("SELECT * FROM protections WHERE status IN ('written', 'resting') ORDER BY rowid")
            first = rows(
                "SELECT id, (SELECT equity FROM equity WHERE credential_id = credentials.id AND at >= ?"
                " ORDER BY at LIMIT 1) AS equity FROM credentials",
                (micros,),
            )
            flattens = rows("SELECT DISTINCT credential_id FROM flattens WHERE finished_at IS NULL")
            stops = rows("SELECT credential_id, symbol, why FROM stopped_symbols")
        positions = _by_owner(live, POSITION)
        stopped: dict[str, dict[str, Text]] = {}
        for row in stops:
            stopped.setdefault(row["credential_id"], {})[row["symbol"]] = SENTENCE.read(row["why"])
        return Books(
            snapshots={id: (account, positions.get(id, ())) for id, account in accounts.items()},
            epochs=_by_owner(epochs, EPOCH),
            protections=_by_owner(legs, PROTECTION),
            first={row["id"]: units.from_units(row["equity"]) for row in first if row["equity"] is not None},
            flattening=frozenset(row["credential_id"] for row in flattens),
            stopped=stopped,
        )

    def equity_began(self, credential_ids: Sequence[str]) -> datetime | None:
        """Return when the first of these credentials was first read, None when none was."""
        row = self._file.row(
            "SELECT min((SELECT min(at) FROM equity WHERE credential_id = json_each.value)) AS at FROM json_each(?)",
            (units.to_json(list(credential_ids)),),
        )
        return maybe(TIME).read(row["at"]) if row else None

    def equity_since(self, credential_id: str, since: datetime) -> tuple[datetime, Decimal] | None:
        """Return the first reading of equity from a time on, None when there is none."""
        row = self._file.row(
            "SELECT at, equity FROM equity WHERE credential_id = ? AND at >= ? ORDER BY at LIMIT 1",
            (credential_id, units.to_micros(since)),
        )
        return (units.from_micros(row["at"]), units.from_units(row["equity"])) if row else None

    def events(
        self, wanted: EventFilter, *, before: int = 0, after: int = 0, limit: int = 100
    ) -> tuple[Event, ...]:
        """Return the events wanted, newest first; `before` and `after` ask for smaller and larger ids only."""
        given = {"credential_id": wanted.credential_id, "tracker_id": wanted.tracker_id, "kind": wanted.kind}
        given |= {"severity": wanted.severity, "symbol": wanted.symbol}
        sql, values = _filtered("events", given, before=before, limit=limit, after=after)
        return EVENT.all(self._file.rows(sql, values))

    def event_kinds(self) -> tuple[str, ...]:
        """Return the codes of all events so far."""
        return tuple(row["kind"] for row in self._file.rows("SELECT DISTINCT kind FROM events ORDER BY kind"))

    def verdicts(
        self, wanted: VerdictFilter, *, before: int = 0, limit: int = 100
    ) -> tuple[tuple[int, Verdict], ...]:
        """Return the history of verdicts wanted, newest first, each with its number; `before` as in `events`."""
        given = {"tracker_id": wanted.tracker_id, "symbol": wanted.symbol, "epoch": wanted.epoch}
        given |= {"verdict": wanted.verdict, "code": wanted.code}
        sql, values = _filtered("verdict_history", given, before=before, limit=limit)
        return tuple((row["id"], VERDICT.read(row)) for row in self._file.rows(sql, values))

    def verdict_symbols(self) -> tuple[str, ...]:
        """Return the symbols of the present verdicts."""
        return tuple(row["symbol"] for row in self._file.rows("SELECT DISTINCT symbol FROM verdicts ORDER BY symbol"))

    def verdict_codes(self) -> tuple[str, ...]:
        """Return the codes of all verdicts so far."""
        return tuple(row["code"] for row in self._file.rows("SELECT DISTINCT code FROM verdict_history ORDER BY code"))

    def add_cycle(self, cycle: Cycle) -> None:
        """Append a cycle; only the credential's newest 200 are kept."""
        with self._file.transaction():
            self._file.insert("cycles", _CYCLE.values(cycle))
            self._file.change(
                "DELETE FROM cycles WHERE credential_id = :id AND number <= (SELECT number FROM cycles"
                " WHERE credential_id = :id ORDER BY number DESC LIMIT 1 OFFSET :kept)",
                {"id": cycle.credential_id, "kept": _KEPT_CYCLES},
            )

    def cycles(self, credential_id: str, *, limit: int = 20) -> tuple[Cycle, ...]:
        """Return the newest cycles first."""
        sql = "SELECT * FROM cycles WHERE credential_id = ? ORDER BY number DESC LIMIT ?"
        return _CYCLE.all(self._file.rows(sql, (credential_id, limit)))


def _by_owner(rows: Sequence[sqlite3.Row], columns: Columns[T]) -> dict[str, tuple[T, ...]]:
    found: dict[str, list[T]] = {}
    for row, record in zip(rows, columns.all(rows), strict=True):
        found.setdefault(row["credential_id"], []).append(record)
    return {id: tuple(each) for id, each in found.items()}


def _filtered(
    table: str, given: Mapping[str, str], *, before: int, limit: int, after: int = 0
) -> tuple[str, dict[str, object]]:
    """Return a query for the newest rows in which every column that is given has its value."""
    asked = {name: value for name, value in given.items() if value}
    wheres = [f"{name} = :{name}" for name in asked] + (["id < :before"] if before else [])
    wheres += ["id > :after"] if after else []
    where = f"WHERE {' AND '.join(wheres)} " if wheres else ""
    sql = f"SELECT * FROM {table} {where}ORDER BY id DESC LIMIT :limit"
    return sql, {**asked, "before": before, "after": after, "limit": limit}
