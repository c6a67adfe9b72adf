"""Halts, stopped symbols and reconciles that are due, in a tenant's database; the site's halt in the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from nof1web.adapters.store import units
from nof1web.adapters.store.columns import SENTENCE, TIME, maybe
from nof1web.adapters.store.connections import SqliteFile
from nof1web.errors import Text
from nof1web.services.stores import Quota

_KEPT = 60_000_000
"""for how many microseconds a further wish leaves since when orders may be lacking"""


class SqliteHalts:
    """services.halt_stores.HaltStore. `site_halted` and `quota` read the registry's rows anew at each call."""

    def __init__(self, file: SqliteFile, site_halted: Callable[[], bool], quota: Callable[[], Quota]) -> None:
        self._file = file
        self._site_halted = site_halted
        self._quota = quota

    def site_halted(self) -> bool:
        """Whether entries are off for everybody, as the registry says at this moment."""
        return self._site_halted()

    def quota(self) -> Quota:
        """Return what an administrator allows this user, as the registry says at this moment."""
        return self._quota()

    def entered_since(self, at: datetime) -> tuple[datetime, ...]:
        """Return when orders of any credential were written after a time that opened or added, or may still do so."""
        rows = self._file.rows(
            "SELECT created_at FROM intents WHERE created_at > ? AND shadow = 0 AND kind IN ('open', 'increase')"
            " AND status IN ('written', 'unknown', 'filled', 'partial') ORDER BY created_at",
            (units.to_micros(at),),
        )
        return tuple(units.from_micros(row["created_at"]) for row in rows)

    def user_halted(self) -> bool:
        """Whether entries are off for all of this user's credentials."""
        return self._file.row("SELECT at FROM halts WHERE scope = 'user'") is not None

    def set_user_halted(self, at: datetime | None) -> None:
        """Turn entries off, or on again, for all of this user's credentials; the first halt's time stays."""
        if at is None:
            self._file.change("DELETE FROM halts WHERE scope = 'user'")
        else:
            self._file.insert("halts", {"scope": "user", "at": units.to_micros(at)}, unless=("scope",))

    def stop_symbol(self, credential_id: str, symbol: str, why: Text, at: datetime) -> bool:
        """Forbid entries in a symbol; return whether they were allowed before."""
        place, told = {"credential_id": credential_id, "symbol": symbol}, {"why": SENTENCE.write(why)}
        values = place | told | {"at": units.to_micros(at)}
        return bool(self._file.insert("stopped_symbols", values, unless=("credential_id", "symbol")))

    def stopped_symbols(self, credential_id: str) -> Mapping[str, Text]:
        """Return why entries are forbidden, by symbol."""
        rows = self._file.rows("SELECT symbol, why FROM stopped_symbols WHERE credential_id = ?", (credential_id,))
        return {row["symbol"]: SENTENCE.read(row["why"]) for row in rows}

    def release_symbols(self, credential_id: str) -> None:
        """Allow entries in all symbols again."""
        self._file.change("DELETE FROM stopped_symbols WHERE credential_id = ?", (credential_id,))

    def ask_reconcile(self, credential_id: str, at: datetime, *, lacking: bool = True) -> None:
        """Let no entry leave before a reconcile that began at this time or later; the latest wish counts.

        Since when orders may be `lacking` a further wish leaves as it is while the first is due, but for a minute only:
        a restored backup may have kept one of long ago.
        """
        self._file.change(
            "INSERT INTO reconciles (credential_id, asked_at, lacking_since)"
            " VALUES (:id, :at, CASE WHEN :lacking THEN :at END)"
            " ON CONFLICT (credential_id) DO UPDATE SET asked_at = max(asked_at, :at, coalesce(done_at, 0) + 1),"
            " lacking_since = CASE WHEN (done_at IS NULL OR done_at < asked_at)"
            " AND (NOT :lacking OR coalesce(lacking_since, 0) BETWEEN :at - :kept AND :at) THEN lacking_since"
            " WHEN :lacking THEN :at END",
            {"id": credential_id, "at": units.to_micros(at), "lacking": int(lacking), "kept": _KEPT},
        )

    def reconcile_due(self, credential_id: str) -> bool:
        """Whether a reconcile was asked for and none has begun and ended since."""
        row = self._file.row(
            "SELECT 1 FROM reconciles WHERE credential_id = ? AND (done_at IS NULL OR done_at < asked_at)",
            (credential_id,),
        )
        return row is not None

    def lacking_since(self, credential_id: str) -> datetime | None:
        """Return since when orders may be lacking here; None while no reconcile is due."""
        row = self._file.row(
            "SELECT lacking_since FROM reconciles WHERE credential_id = ? AND (done_at IS NULL OR done_at < asked_at)",
            (credential_id,),
        )
        return maybe(TIME).read(row["lacking_since"]) if row else None

    def reconcile_asked_at(self, credential_id: str) -> datetime | None:
        """Return when a reconcile was last asked for."""
        row = self._file.row("SELECT asked_at FROM reconciles WHERE credential_id = ?", (credential_id,))
        return maybe(TIME).read(row["asked_at"]) if row else None

    def reconciled_at(self, credential_id: str) -> datetime | None:
        """Return the time last noted by `reconciled`."""
        row = self._file.row("SELECT done_at FROM reconciles WHERE credential_id = ?", (credential_id,))
        return maybe(TIME).read(row["done_at"]) if row else None

    def reconciled(self, credential_id: str, at: datetime, *, now: datetime) -> None:
        """Note a reconcile that began at a time; where none was ever asked for, nothing is.

        One asked for later than now was by a clock that was put right since: it counts as asked for now.
        """
        self._file.change(
            "UPDATE reconciles SET done_at = :at, asked_at = CASE WHEN asked_at > :now THEN :at ELSE asked_at END"
            " WHERE credential_id = :id",
            {"at": units.to_micros(at), "now": units.to_micros(now), "id": credential_id},
        )
