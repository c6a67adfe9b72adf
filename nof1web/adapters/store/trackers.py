"""Trackers and their epochs in a tenant's database."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from nof1web.adapters.store import units
from nof1web.adapters.store.columns import AMOUNT, EXACT, FLAG, PLAIN, STRINGS, TIME, Columns, maybe, one_of
from nof1web.adapters.store.connections import SqliteFile, Values
from nof1web.adapters.store.failures import not_unique
from nof1web.core.records import CredentialState, Epoch, EpochState, Tracker
from nof1web.errors import N_, InvalidInput, NotFound, Text

_TRACKER = Columns(
    Tracker,
    {
        "id": PLAIN, "credential_id": PLAIN, "name": PLAIN, "source": PLAIN, "agent": PLAIN, "started": FLAG,
        "started_at": maybe(TIME), "created_at": TIME, "settings": STRINGS, "state": one_of(CredentialState),
    },
)

EPOCH = Columns(
    Epoch,
    {
        "tracker_id": PLAIN, "symbol": PLAIN, "epoch": PLAIN, "state": one_of(EpochState), "quantity": EXACT,
        "entry_price": maybe(EXACT), "ratio": maybe(EXACT), "leverage": PLAIN, "reference_quantity": EXACT,
        "reference_entry": EXACT, "step": PLAIN, "allocation": AMOUNT, "shadow": FLAG, "opened_at": TIME,
        "closed_at": maybe(TIME), "agent_leverage": PLAIN,
    },
)


class SqliteTrackers:
    """services.stores.TrackerStore. Changing a tracker that doesn't exist is NotFound."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def add(self, tracker: Tracker) -> None:
        """Insert; InvalidInput when the tenant already has that name (case-insensitive).

        NotFound when its credential doesn't exist.
        """
        try:
            self._file.insert("trackers", _TRACKER.values(tracker) | {"name_key": tracker.name.casefold()})
        except sqlite3.IntegrityError as error:
            if not not_unique(error, "trackers.name_key"):
                raise
            sentence = N_("You already have a tracker named %(name)s: choose another name.")
            fields = {"name": Text(sentence, {"name": tracker.name})}
            raise InvalidInput(sentence, fields=fields, name=tracker.name) from error

    def get(self, id_or_name: str) -> Tracker | None:
        """Return the tracker of that id, else of that name."""
        row = self._file.row(
            "SELECT * FROM trackers WHERE id = ? OR name_key = ? ORDER BY id = ? DESC LIMIT 1",
            (id_or_name, id_or_name.casefold(), id_or_name),
        )
        return self._read(row) if row else None

    def all(self, credential_id: str | None = None) -> tuple[Tracker, ...]:
        """Return the tenant's or one credential's trackers, oldest first."""
        rows = self._file.rows(
            "SELECT * FROM trackers WHERE :credential IS NULL OR credential_id = :credential ORDER BY created_at, id",
            {"credential": credential_id},
        )
        above = self._file.rows("SELECT scope, settings FROM defaults") if rows else []
        known = {row["scope"]: STRINGS.read(row["settings"]) for row in above}
        found = _TRACKER.all(rows)
        return tuple(replace(each, above=(known.get("", {}), known.get(each.credential_id, {}))) for each in found)

    def put_settings(self, tracker_id: str, settings: Mapping[str, str]) -> None:
        """Replace the tracker's own settings."""
        self._set("UPDATE trackers SET settings = ? WHERE id = ?", (STRINGS.write(settings), tracker_id))

    def defaults(self, scope: str) -> Mapping[str, str]:
        """Return what a level above the trackers sets: of the user (scope "") or of a credential (its id)."""
        row = self._file.row("SELECT settings FROM defaults WHERE scope = ?", (scope,))
        return STRINGS.read(row["settings"]) if row else {}

    def put_defaults(self, scope: str, settings: Mapping[str, str]) -> None:
        """Replace what a level above the trackers sets."""
        self._file.insert("defaults", {"scope": scope, "settings": STRINGS.write(settings)}, replacing=("scope",))

    def texts_of(self, name: str) -> tuple[str, ...]:
        """Return what the user, credentials and started trackers set a setting to, each as text."""
        rows = self._file.rows(
            "SELECT settings FROM trackers WHERE started = 1 AND instr(settings, :name)"
            " UNION ALL SELECT settings FROM defaults WHERE instr(settings, :name)",
            {"name": f'"{name}"'},
        )
        found = (STRINGS.read(row["settings"]) for row in rows)
        return tuple(each[name] for each in found if name in each)

    def set_state(self, tracker_id: str, state: CredentialState) -> None:
        """Set what flows for a tracker while it is started."""
        self._set("UPDATE trackers SET state = ? WHERE id = ?", (state.value, tracker_id))

    def set_started(self, tracker_id: str, started_at: datetime | None) -> None:
        """Start at a time, or stop with None (started_at then keeps its last value)."""
        if started_at is None:
            self._set("UPDATE trackers SET started = 0 WHERE id = ?", (tracker_id,))
        else:
            values = (units.to_micros(started_at), tracker_id)
            self._set("UPDATE trackers SET started = 1, started_at = ? WHERE id = ?", values)

    def remove(self, tracker_id: str) -> None:
        """Forget a tracker, its epochs and present verdicts; orders, trades and the history stay."""
        with self._file.transaction():
            for table in ("epochs", "verdicts", "covers"):
                self._file.change(f"DELETE FROM {table} WHERE tracker_id = ?", (tracker_id,))
            self._set("DELETE FROM trackers WHERE id = ?", (tracker_id,))

    def epochs(
        self, credential_id: str, *, symbol: str | None = None, since: datetime | None = None
    ) -> tuple[Epoch, ...]:
        """Return the credential's epochs, oldest first: all that hold something or are pending or live.

        With `since` also those opened or ended at or after it, whatever became of them.
        """
        rows = self._file.rows(
            "SELECT epochs.* FROM trackers JOIN epochs ON epochs.tracker_id = trackers.id"
            " WHERE trackers.credential_id = :credential AND (:symbol IS NULL OR epochs.symbol = :symbol)"
            " AND (epochs.matters = 1 OR epochs.opened_at >= :since OR epochs.closed_at >= :since)"
            " ORDER BY epochs.opened_at, epochs.rowid",
            {"credential": credential_id, "symbol": symbol, "since": maybe(TIME).write(since)},
        )
        return EPOCH.all(rows)

    def epoch(self, tracker_id: str, symbol: str, epoch: str) -> Epoch | None:
        """Return one epoch of a tracker."""
        row = self._file.row(
            "SELECT * FROM epochs WHERE tracker_id = ? AND symbol = ? AND epoch = ?", (tracker_id, symbol, epoch)
        )
        return EPOCH.read(row) if row else None

    def put_epoch(self, epoch: Epoch) -> None:
        """Insert or replace by (tracker, symbol, epoch); NotFound when the tracker doesn't exist."""
        # Decided here, because quantities are text to SQL: "0", "0.000" and "-0" all hold nothing.
        matters = epoch.quantity != 0 or epoch.state.enters
        values = EPOCH.values(epoch) | {"matters": int(matters)}
        self._file.insert("epochs", values, replacing=("tracker_id", "symbol", "epoch"))

    def _read(self, row: sqlite3.Row) -> Tracker:
        tracker = _TRACKER.read(row)
        return replace(tracker, above=(self.defaults(""), self.defaults(tracker.credential_id)))

    def _set(self, sql: str, values: Values) -> None:
        if not self._file.change(sql, values):
            raise NotFound(N_("This tracker does not exist any more."))
