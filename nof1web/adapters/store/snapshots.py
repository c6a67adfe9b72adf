"""The newest account sync of each credential, and its equity over time."""

from __future__ import annotations

from datetime import datetime, timedelta

from nof1web.adapters.store import units
from nof1web.adapters.store.columns import AMOUNT, EXACT, FLAG, NAMES, PLAIN, TIME, Column, Columns, maybe, one_of
from nof1web.adapters.store.connections import SqliteFile
from nof1web.core.leverages import Leverages
from nof1web.core.records import EquityPoint
from nof1web.core.trading import Account, Position, PositionSide

_LEVERAGES = Column(
    lambda each: units.to_json([each.usual, dict(each.others)]), lambda text: Leverages(*units.from_json(text))
)

ACCOUNT = Columns(
    Account,
    {
        "equity": AMOUNT, "wallet": AMOUNT, "available": AMOUNT, "initial_margin": AMOUNT, "unrealised": AMOUNT,
        "hedge": FLAG, "multi_assets": FLAG, "read_at": TIME,
        "isolated": maybe(NAMES), "leverages": maybe(_LEVERAGES), "modes_at": maybe(TIME), "read_no": PLAIN,
    },
)

POSITION = Columns(
    Position,
    {
        "symbol": PLAIN, "side": one_of(PositionSide), "quantity": EXACT, "entry_price": EXACT, "mark": EXACT,
        "liquidation": EXACT, "unrealised": AMOUNT, "initial_margin": AMOUNT,
    },
)

EQUITY = Columns(
    EquityPoint,
    {
        "credential_id": PLAIN, "at": TIME, "equity": AMOUNT, "wallet": AMOUNT, "available": AMOUNT,
        "initial_margin": AMOUNT,
    },
)

_EQUITY_EVERY = timedelta(seconds=30)
_MICRO = timedelta(microseconds=1)


class Snapshots:
    """The part of services.stores.CredentialStore that keeps what account syncs found."""

    _file: SqliteFile

    def put_snapshot(
        self, credential_id: str, account: Account, positions: tuple[Position, ...], *, now: datetime | None = None
    ) -> None:
        """Keep the newest account sync and append an EquityPoint (at most one per 30 s).

        One older than what is stored changes nothing, unless that was read later than `now`: by a clock that was put
        right since. NotFound when the credential doesn't exist.
        """
        with self._file.transaction():
            latest = None if now is None else units.to_micros(now)
            newer = self._file.row(
                "SELECT 1 FROM snapshots WHERE credential_id = :id AND read_at > :at"
                " AND (:now IS NULL OR read_at <= :now)",
                {"id": credential_id, "at": units.to_micros(account.read_at), "now": latest},
            )
            if newer:
                return
            self._replace(credential_id, account, positions)
            values = (units.to_micros(account.read_at), credential_id)
            self._file.change("UPDATE credentials SET last_sync_at = ? WHERE id = ?", values)
            self._append_equity(credential_id, account)

    def snapshot(self, credential_id: str) -> tuple[Account, tuple[Position, ...]] | None:
        """Return the newest account sync, positions by symbol and side; None before the first."""
        # One transaction, so that a sync under way in another process can't mix two snapshots.
        with self._file.view():
            row = self._file.row("SELECT * FROM snapshots WHERE credential_id = ?", (credential_id,))
            positions = self._file.rows(
                "SELECT * FROM snapshot_positions WHERE credential_id = ? ORDER BY symbol, side", (credential_id,)
            )
        return (ACCOUNT.read(row), POSITION.all(positions)) if row else None

    def equity(self, credential_id: str, since: datetime) -> tuple[EquityPoint, ...]:
        """Return the credential's equity points from `since` on, oldest first."""
        rows = self._file.rows(
            "SELECT * FROM equity WHERE credential_id = ? AND at >= ? ORDER BY at",
            (credential_id, units.to_micros(since)),
        )
        return EQUITY.all(rows)

    def _replace(self, credential_id: str, account: Account, positions: tuple[Position, ...]) -> None:
        owner = {"credential_id": credential_id}
        self._file.insert("snapshots", owner | ACCOUNT.values(account), replacing=("credential_id",))
        self._file.change("DELETE FROM snapshot_positions WHERE credential_id = ?", (credential_id,))
        for position in positions:
            self._file.insert("snapshot_positions", owner | POSITION.values(position))

    def _append_equity(self, credential_id: str, account: Account) -> None:
        recent = self._file.row(
            "SELECT 1 FROM equity WHERE credential_id = :id AND at > :at - :every AND at < :at + :every",
            {"id": credential_id, "at": units.to_micros(account.read_at), "every": _EQUITY_EVERY // _MICRO},
        )
        if recent is None:
            point = EquityPoint(
                credential_id,
                account.read_at,
                equity=account.equity,
                wallet=account.wallet,
                available=account.available,
                initial_margin=account.initial_margin,
            )
            self._file.insert("equity", EQUITY.values(point))
