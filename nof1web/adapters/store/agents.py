"""Of agents in market.db: addresses to read, closed positions, accounts by season, and what followers were told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from nof1web.adapters.store import units
from nof1web.adapters.store.columns import EXACT, PLAIN, TIME, Column, Columns
from nof1web.adapters.store.connections import SqliteFile
from nof1web.core.readings import Account
from nof1web.core.signals import Stake
from nof1web.core.trades import Trade
from nof1web.core.worth import Funds

_TRADE = Columns(
    Trade,
    {
        "symbol": PLAIN, "epoch": PLAIN, "quantity": EXACT, "entry_price": EXACT, "exit_price": EXACT,
        "leverage": PLAIN, "opened_at": TIME, "closed_at": TIME,
    },
)
_STAKE = Columns(Stake, {"coin": PLAIN, "quantity": EXACT, "entry": EXACT, "mark": EXACT})
_FUNDS = Columns(
    Funds,
    {
        "at": TIME, "equity": EXACT, "worth": EXACT,
        "stakes": Column(
            lambda stakes: units.to_json([_STAKE.values(each) for each in stakes]),
            lambda text: tuple(_STAKE.read(each) for each in units.from_json(text)),
        ),
    },
)
_KEY = ("source", "agent")


class SqliteLeaders:
    """services.stores.Leaders."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def add(self, source: str, agent: str, at: datetime) -> None:
        """Read this one too from now on; a second call changes nothing."""
        row = {"source": source, "agent": agent, "added_at": units.to_micros(at)}
        self._file.insert("leaders", row, unless=_KEY)

    def remove(self, source: str, agent: str) -> None:
        """Read it no more, and forget its present signal; what was recorded of it stays."""
        with self._file.transaction():
            for table in ("leaders", "signals"):
                self._file.change(f"DELETE FROM {table} WHERE source = ? AND agent = ?", (source, agent))

    def all(self, source: str) -> tuple[str, ...]:
        """Return the addresses in the order they were added."""
        rows = self._file.rows("SELECT agent FROM leaders WHERE source = ? ORDER BY added_at, agent", (source,))
        return tuple(row["agent"] for row in rows)

    def before(self, source: str, at: datetime) -> tuple[str, ...]:
        """Return those that were added before this time."""
        rows = self._file.rows(
            "SELECT agent FROM leaders WHERE source = ? AND added_at < ? ORDER BY added_at, agent",
            (source, units.to_micros(at)),
        )
        return tuple(row["agent"] for row in rows)


class SqliteTrades:
    """services.stores.Trades."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def marks(self, source: str, agent: str) -> Mapping[str, str]:
        """Return the last mark of each open position, by symbol, as text."""
        row = self._file.row("SELECT marks FROM agent_marks WHERE source = ? AND agent = ?", (source, agent))
        return {} if row is None else dict(units.from_json(row["marks"]))

    def put(self, source: str, agent: str, marks: Mapping[str, str], closed: Iterable[Trade]) -> None:
        """Keep the marks, and append what was closed; the same epoch closed again replaces its first close."""
        key = {"source": source, "agent": agent}
        with self._file.transaction():
            self._file.insert("agent_marks", key | {"marks": units.strings(marks)}, replacing=_KEY)
            for trade in closed:
                self._file.insert("agent_trades", key | _TRADE.values(trade), replacing=(*_KEY, "symbol", "epoch"))

    def all(self, source: str, agent: str) -> tuple[Trade, ...]:
        """Return an agent's closed positions, oldest first."""
        rows = self._file.rows(
            "SELECT * FROM agent_trades WHERE source = ? AND agent = ? ORDER BY closed_at, symbol", (source, agent)
        )
        return _TRADE.all(rows)


class SqliteWorths:
    """services.stores.Worths."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def of(self, source: str, agent: str) -> Funds | None:
        """Return an agent's funds; None before the first."""
        row = self._file.row("SELECT * FROM agent_funds WHERE source = ? AND agent = ?", (source, agent))
        return None if row is None else _FUNDS.read(row)

    def put(self, source: str, agent: str, funds: Funds) -> None:
        """Insert or replace by agent."""
        row = {"source": source, "agent": agent} | _FUNDS.values(funds)
        self._file.insert("agent_funds", row, replacing=_KEY)


class SqliteAccounts:
    """services.stores.Accounts."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def all(self, source: str) -> Mapping[str, Account]:
        """Return the accounts by their agents."""
        rows = self._file.rows("SELECT * FROM agent_accounts WHERE source = ?", (source,))
        return {row["account"]: Account(row["agent"], units.from_micros(row["began_at"])) for row in rows}

    def put(self, source: str, accounts: Mapping[str, Account]) -> None:
        """Insert or replace by agent."""
        with self._file.transaction():
            for name, each in accounts.items():
                row = {
                    "source": source, "account": name, "agent": each.agent, "began_at": units.to_micros(each.began_at)
                }
                self._file.insert("agent_accounts", row, replacing=("source", "account"))


class SqliteTold:
    """services.stores.Told."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def health(self, source: str) -> Mapping[str, str]:
        """Return the health last told, by agent."""
        rows = self._file.rows("SELECT agent, health FROM health_told WHERE source = ?", (source,))
        return {row["agent"]: row["health"] for row in rows}

    def put(self, source: str, told: Mapping[str, str]) -> None:
        """Keep what was told."""
        with self._file.transaction():
            for agent, health in told.items():
                self._file.insert("health_told", {"source": source, "agent": agent, "health": health}, replacing=_KEY)
