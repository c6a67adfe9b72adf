"""tenants/market.db: what sources said of agents; shared by everybody, nothing private."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from nof1web.adapters.store import units
from nof1web.adapters.store.agents import SqliteAccounts, SqliteLeaders, SqliteTold, SqliteTrades, SqliteWorths
from nof1web.adapters.store.columns import AMOUNT, EXACT, FLAG, PLAIN, SENTENCE, TIME, Column, Columns, maybe, one_of
from nof1web.adapters.store.connections import SqliteFile
from nof1web.adapters.store.migrations import MARKET
from nof1web.adapters.store.recordings import SqliteRecordings
from nof1web.core.leaders import SOURCE as ADDRESSES
from nof1web.core.signals import Missing, Signal, SignalHealth, SignalPosition
from nof1web.errors import InvalidInput
from nof1web.services.stores import SourceState

_MISSING = Columns(Missing, {"since": TIME, "records": PLAIN, "reads": PLAIN, "whole_book": FLAG})

_POSITION = Columns(
    SignalPosition,
    {
        "symbol": PLAIN, "epoch": PLAIN, "quantity": EXACT, "entry_price": EXACT, "leverage": PLAIN,
        "stop": maybe(EXACT), "target": maybe(EXACT), "first_seen_at": TIME, "changed_at": TIME,
        "missing": maybe(Column(_MISSING.values, _MISSING.read)),
    },
)

_SIGNAL = Columns(
    Signal,
    {
        "source": PLAIN, "agent": PLAIN, "equity": AMOUNT, "recorded_at": TIME, "read_at": TIME,
        "health": one_of(SignalHealth),
        "positions": Column(
            lambda positions: units.to_json([_POSITION.values(position) for position in positions]),
            lambda text: tuple(_POSITION.read(position) for position in units.from_json(text)),
        ),
        "unmapped": Column(units.to_json, lambda text: tuple(units.from_json(text))),
        "since": maybe(TIME), "records": PLAIN, "reads": PLAIN,
    },
)

_STATE = Columns(
    SourceState,
    {
        "source": PLAIN, "tried_at": TIME, "good_at": maybe(TIME), "error": maybe(SENTENCE), "marker": PLAIN,
        "failures": PLAIN, "unusable": FLAG, "held": FLAG, "changed_at": maybe(TIME), "next_at": maybe(TIME),
    },
)

_EQUITY_EVERY = timedelta(seconds=60)
_NEWS, _COUNTED = 1, 2
"""of an agent that nobody was told of: for all who follow it, or only for those of them who hold something"""
_EQUITIES = (
    "FROM agent_equity WHERE source = :source AND agent = :agent AND at >= :since"
    " AND (worth IS NOT NULL OR :source <> :addresses)"
)
_HOUR = 3_600_000_000
_UNTIL = "agent_equity WHERE source = :source AND agent = :agent AND at < :until"
_SPARSE = (
    f"DELETE FROM {_UNTIL} AND at NOT IN (SELECT max(at) FROM {_UNTIL} GROUP BY at / :hour)"
    f" AND at <> (SELECT at FROM {_UNTIL} ORDER BY worth IS NULL, at LIMIT 1)"
)


class SqliteMarket:
    """services.stores.MarketStore over the file at `path`, made when it is missing. Raises what SqliteFile raises."""

    def __init__(self, path: Path, *, busy_ms: int = 5000) -> None:
        self._file = SqliteFile(path, MARKET, busy_ms=busy_ms)
        self._known: tuple[object, tuple[Signal, ...]] | None = None
        self.recordings = SqliteRecordings(self._file, _SIGNAL)
        self.leaders, self.trades = SqliteLeaders(self._file), SqliteTrades(self._file)
        self.accounts, self.health_told = SqliteAccounts(self._file), SqliteTold(self._file)
        self.worths = SqliteWorths(self._file)

    def transaction(self) -> AbstractContextManager[None]:
        """Keep everything that is put inside, or nothing."""
        return self._file.transaction()

    def signals(self, source: str | None = None) -> tuple[Signal, ...]:
        """Return the present signals of one source or all, by source and agent."""
        # They change with a source's reads, and every page and every push asks for them.
        version, kept = self._file.version(), self._known
        if version is None or kept is None or kept[0] != version:
            kept = (version, _SIGNAL.all(self._file.rows("SELECT * FROM signals ORDER BY source, agent")))
            self._known = kept if version else None
        return tuple(each for each in kept[1] if source in (None, each.source))

    def signal(self, source: str, agent: str) -> Signal | None:
        """Return an agent's present signal."""
        row = self._file.row("SELECT * FROM signals WHERE source = ? AND agent = ?", (source, agent))
        return _SIGNAL.read(row) if row else None

    def put_signals(
        self, signals: Iterable[Signal], *, news: Collection[str] = (), counted: Collection[str] = ()
    ) -> None:
        """Keep the newest per agent and append to the history what differs in positions; `news` become untold.

        Those of them that were only `counted` concern holders alone, unless there was other news before.

        An older record, or an older read of the same one, changes nothing. Equity is kept at most once a minute.
        An agent with a value that can't be kept stays as it was, and so goes stale; the others are kept.
        """
        with self._file.transaction():
            for signal in signals:
                with suppress(InvalidInput, OverflowError, UnicodeError), self._file.transaction():
                    self._put(signal, signal.agent in news, signal.agent in counted)

    def untold(self, source: str) -> frozenset[str]:
        """Return the agents with news that nobody who follows them was told of yet."""
        rows = self._file.rows("SELECT agent FROM signals WHERE source = ? AND untold", (source,))
        return frozenset(row["agent"] for row in rows)

    def only_counted(self, source: str) -> frozenset[str]:
        """Return those of the untold whose news is only that a position was lacking once more."""
        rows = self._file.rows("SELECT agent FROM signals WHERE source = ? AND untold = ?", (source, _COUNTED))
        return frozenset(row["agent"] for row in rows)

    def told(self, source: str, agents: Collection[str]) -> None:
        """Note that whoever follows these agents was told of their news."""
        with self._file.transaction():
            for agent in agents:
                self._file.change("UPDATE signals SET untold = 0 WHERE source = ? AND agent = ?", (source, agent))

    def signal_history(self, source: str, agent: str, *, limit: int = 100) -> tuple[Signal, ...]:
        """Return the signals at which an agent's positions changed, newest first."""
        rows = self._file.rows(
            "SELECT * FROM signal_history WHERE source = ? AND agent = ? ORDER BY id DESC LIMIT ?",
            (source, agent, limit),
        )
        return _SIGNAL.all(rows)

    def forget(self, source: str, agents: Iterable[str], *, signals: datetime, equities: datetime) -> None:
        """Drop these agents' past signals from before one time and equities from before another.

        Of equities from before the first time the last of each hour stays, and the one that statistics begin with.
        """
        for agent in agents:
            asked = {"source": source, "agent": agent, "until": units.to_micros(signals), "hour": _HOUR}
            self._file.change(_SPARSE, asked)
            for table, column, before in (("signal_history", "read_at", signals), ("agent_equity", "at", equities)):
                sql = f"DELETE FROM {table} WHERE source = ? AND agent = ? AND {column} < ?"
                self._file.change(sql, (source, agent, units.to_micros(before)))

    def source_state(self, source: str) -> SourceState | None:
        """Return how a source is doing, None before its first read."""
        row = self._file.row("SELECT * FROM source_states WHERE source = ?", (source,))
        return _STATE.read(row) if row else None

    def put_source_state(self, state: SourceState) -> None:
        """Insert or replace by source."""
        self._file.insert("source_states", _STATE.values(state), replacing=("source",))

    def source_states(self) -> tuple[SourceState, ...]:
        """Return how every source is doing, by name."""
        return _STATE.all(self._file.rows("SELECT * FROM source_states ORDER BY source"))

    def equity_history(self, source: str, agent: str, since: datetime) -> tuple[tuple[datetime, Decimal], ...]:
        """Return an agent's equity in USD by record time from `since` on, oldest first."""
        rows = self._file.rows(
            "SELECT at, equity FROM agent_equity WHERE source = ? AND agent = ? AND at >= ? ORDER BY at",
            (source, agent, units.to_micros(since)),
        )
        return tuple((TIME.read(row["at"]), AMOUNT.read(row["equity"])) for row in rows)

    def equity_hours(self, source: str, agent: str, since: datetime) -> tuple[tuple[datetime, Decimal], ...]:
        """Return an agent's first equity since then and the last one of each hour, oldest first.

        Where equity can be paid in and out, what its first one has become without that (core.worth), as far as known.
        """
        asked = {"source": source, "agent": agent, "since": units.to_micros(since), "hour": _HOUR}
        asked["addresses"] = ADDRESSES
        rows = self._file.rows(
            f"SELECT min(at) AS at, coalesce(worth, equity) AS worth {_EQUITIES}"
            f" UNION SELECT max(at), coalesce(worth, equity) {_EQUITIES} GROUP BY at / :hour ORDER BY 1",
            asked,
        )
        return tuple((TIME.read(row["at"]), AMOUNT.read(row["worth"])) for row in rows if row["at"] is not None)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._file.close()

    def _put(self, signal: Signal, news: bool, counted: bool) -> None:
        last = self.signal(signal.source, signal.agent)
        if last and (last.recorded_at, last.read_at) > (signal.recorded_at, signal.read_at):
            return
        values = _SIGNAL.values(signal)
        self._file.insert("signals", values, replacing=("source", "agent"))
        if news:
            least = _COUNTED if counted else _NEWS
            self._file.change(
                "UPDATE signals SET untold = ? WHERE source = ? AND agent = ? AND (untold = 0 OR ? = 1)",
                (least, signal.source, signal.agent, least),
            )
        if last is None or _held(last) != _held(signal):
            self._file.insert("signal_history", values)
        self._append_equity(signal)

    def _append_equity(self, signal: Signal) -> None:
        key = {"source": signal.source, "agent": signal.agent}
        recent = self._file.row(
            "SELECT 1 FROM agent_equity WHERE source = :source AND agent = :agent AND at > :after",
            key | {"after": units.to_micros(signal.recorded_at - _EQUITY_EVERY)},
        )
        if recent is None:
            funds = self.worths.of(signal.source, signal.agent)
            worth = None if funds is None else units.to_units(funds.worth)
            values = key | {"at": units.to_micros(signal.recorded_at), "equity": units.to_units(signal.equity)}
            self._file.insert("agent_equity", values | {"worth": worth})


def _held(signal: Signal) -> list[tuple[object, ...]]:
    # How often a missing symbol was missed is no change of what the agent holds; that it is missing is one.
    return sorted(
        (p.symbol, p.epoch, p.quantity, p.entry_price, p.leverage, str(p.stop), str(p.target), p.missing is not None)
        for p in signal.positions
    )
