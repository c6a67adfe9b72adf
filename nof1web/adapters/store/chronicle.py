"""Verdicts, events and the audit trail in a tenant's database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from nof1web.adapters.store import units
from nof1web.adapters.store.columns import PLAIN, SENTENCE, STRINGS, TIME, Columns, one_of
from nof1web.adapters.store.connections import SqliteFile
from nof1web.core.records import Event, Severity, Verdict

VERDICT = Columns(
    Verdict,
    {
        "tracker_id": PLAIN, "symbol": PLAIN, "epoch": PLAIN, "verdict": PLAIN, "code": PLAIN, "numbers": STRINGS,
        "decided_at": TIME,
    },
)

EVENT = Columns(
    Event,
    {
        "kind": PLAIN, "text": SENTENCE, "at": TIME, "severity": one_of(Severity), "credential_id": PLAIN,
        "tracker_id": PLAIN, "symbol": PLAIN, "id": PLAIN,
    },
)


class SqliteChronicle:
    """services.stores.Chronicle."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def put_verdicts(self, verdicts: Iterable[Verdict]) -> int:
        """Keep each as the symbol's present verdict; append to the history only what differs from the last.

        Epoch, verdict or code differ, or the numbers of an order: those of a hold or a refusal move with every
        mark. Returns how many differed.
        """
        with self._file.transaction():
            return sum(self._put(verdict) for verdict in verdicts)

    def verdicts(self, tracker_id: str | None = None) -> tuple[Verdict, ...]:
        """Return the present verdict per tracker and symbol, in that order."""
        where = "" if tracker_id is None else "WHERE tracker_id = :tracker "
        sql = f"SELECT * FROM verdicts {where}ORDER BY tracker_id, symbol"
        rows = self._file.rows(sql, {"tracker": tracker_id})
        return VERDICT.all(rows)

    def verdict_history(self, *, tracker_id: str | None = None, limit: int = 100) -> tuple[Verdict, ...]:
        """Return the newest first."""
        rows = self._file.rows(
            "SELECT * FROM verdict_history WHERE :tracker IS NULL OR tracker_id = :tracker"
            " ORDER BY id DESC LIMIT :limit",
            {"tracker": tracker_id, "limit": limit},
        )
        return VERDICT.all(rows)

    def add_event(self, event: Event) -> int:
        """Append; return its id (the event's own `id` is not looked at)."""
        values = EVENT.values(event)
        del values["id"]
        with self._file.transaction():
            self._file.insert("events", values)
            return self.last_event_id()

    def events(self, *, after: int = 0, limit: int = 100, credential_id: str | None = None) -> tuple[Event, ...]:
        """Return events with a larger id than `after`, newest first; with a credential only its own."""
        # Written out, so that a credential's events are found by their index.
        mine = "" if credential_id is None else "credential_id = :credential AND "
        rows = self._file.rows(
            f"SELECT * FROM events WHERE {mine}id > :after ORDER BY id DESC LIMIT :limit",
            {"after": after, "credential": credential_id, "limit": limit},
        )
        return EVENT.all(rows)

    def last_event_id(self) -> int:
        """Return the newest event's id, 0 before the first."""
        row = self._file.row("SELECT max(id) AS newest FROM events")
        return (row["newest"] or 0) if row else 0

    def audit(self, at: datetime, actor: str, action: str, detail: Mapping[str, str]) -> None:
        """Append who did what."""
        self._file.insert(
            "audit", {"at": units.to_micros(at), "actor": actor, "action": action, "detail": units.strings(detail)}
        )

    def _put(self, verdict: Verdict) -> int:
        row = self._file.row(
            "SELECT * FROM verdicts WHERE tracker_id = ? AND symbol = ?", (verdict.tracker_id, verdict.symbol)
        )
        values = VERDICT.values(verdict)
        self._file.insert("verdicts", values, replacing=("tracker_id", "symbol"))
        if row and not _differs(VERDICT.read(row), verdict):
            return 0
        return self._file.insert("verdict_history", values)


def _differs(last: Verdict, verdict: Verdict) -> bool:
    if (last.epoch, last.verdict, last.code) != (verdict.epoch, verdict.verdict, verdict.code):
        return True
    return verdict.verdict == "order" and dict(last.numbers) != dict(verdict.numbers)
