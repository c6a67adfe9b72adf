"""A paper account, and its state as versioned JSON text; Decimals travel as strings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from nof1web.errors import N_, Blocked
from nof1web.sim.engine import Account, AlgoOrder, Exchange, Instruments, Order, new_exchange

VERSION = 1
KEPT_TRADES, KEPT_ORDERS, KEPT_ALGOS = 1_000, 500, 200
UNREADABLE = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)

Row = Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAMAGED = N_("This paper account's record is damaged: restore a backup, or add a new one.")


@dataclass(slots=True)
class PaperAccount:
    """One account on an engine of its own; `past_trades` are those before it was read back, `priced` has a mark."""

    exchange: Exchange
    account: Account
    past_trades: list[Row] = field(default_factory=list)
    priced: set[str] = field(default_factory=set)

    def trades(self) -> list[Row]:
        """Return the trades still known, oldest first."""
        return [*self.past_trades, *map(_row, self.account.trades)]

    def changed(self) -> bool:
        """Whether anything has to be saved since the last call."""
        return bool(self.exchange.ledger.take_changes())


def ms_of(at: datetime) -> int:
    """Return ms since 1970 of an aware datetime, rounded down."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def instant(ms: int) -> datetime:
    """Return aware UTC from ms since 1970."""
    return _EPOCH + timedelta(milliseconds=ms)


def open_paper(balance: Decimal, now_ms: int, instruments: Instruments) -> PaperAccount:
    """Open a one-way account with a balance (USDT) that trades by these rules."""
    exchange = new_exchange(seed=0, now_ms=now_ms, instruments=instruments)
    return PaperAccount(exchange, exchange.open_account(balance, now_ms=now_ms))


def read_document(text: str) -> Row:
    """Return a state's document; Blocked when it is of another version or not readable."""
    try:
        document = json.loads(text)
        version = int(document["version"])
    except UNREADABLE as error:
        raise Blocked(_DAMAGED) from error
    if version != VERSION:
        raise Blocked(
            N_("This paper account was written by another version of nof1web (%(version)s): install that one."),
            version=version,
        )
    found: Row = document
    return found


def saved_marks(document: Row) -> dict[str, Decimal]:
    """Return the last known mark of every symbol the account holds or protects; Blocked when it can't be read."""
    try:
        return {symbol: Decimal(mark) for symbol, mark in document["marks"].items()}
    except UNREADABLE as error:
        raise Blocked(_DAMAGED) from error


def restore(document: Row, now_ms: int, instruments: Instruments) -> PaperAccount:
    """Return the account as it was written, at the marks of that time and by these rules.

    Raises Blocked when it can't be read back.
    """
    try:
        return _restored(document, now_ms, instruments)
    except UNREADABLE as error:
        raise Blocked(_DAMAGED) from error


def text_of(paper: PaperAccount) -> str:
    """Return the account's state as text; of trades, orders and ended protection only the newest."""
    account = paper.account
    symbols = {position.symbol for position in account.live_positions()}
    symbols |= {algo.symbol for algo in account.open_algos.values()}
    document = {
        "version": VERSION,
        "account": _row(account),
        "positions": _rows(account.live_positions()),
        "symbols": {symbol: _row(config) for symbol, config in account.symbols.items()},
        "orders": _rows(_last(account.orders, KEPT_ORDERS).values()),
        "algos": _rows({**_last(account.algos, KEPT_ALGOS), **account.open_algos}.values()),
        "trades": paper.trades()[-KEPT_TRADES:],
        "marks": {symbol: str(paper.exchange.market.mark(symbol)) for symbol in sorted(symbols)},
        "counters": _row(paper.exchange.ledger.counters),
    }
    return json.dumps(document, separators=(",", ":"))


def _restored(document: Row, now_ms: int, instruments: Instruments) -> PaperAccount:
    paper = open_paper(Decimal(0), now_ms, instruments)
    account, ledger = paper.account, paper.exchange.ledger
    _put(account, document["account"])
    for row in document["positions"]:
        _put(account.position(row["symbol"], row["side"]), row)
    for symbol, row in document["symbols"].items():
        account.symbols[symbol] = account.config(symbol)
        _put(account.symbols[symbol], row)
    for row in document["orders"]:
        ledger.keep_order(Order(**_values(Order, row)))
    for row in document["algos"]:
        ledger.keep_algo(AlgoOrder(**_values(AlgoOrder, row)))
    for symbol, mark in saved_marks(document).items():
        paper.exchange.market.set_price(symbol, mark)
        paper.priced.add(symbol)
    _put(ledger.counters, document["counters"])
    paper.past_trades = list(document["trades"])
    account.income.clear()
    ledger.take_changes()
    return paper


def _row(thing: Any) -> Row:
    """Return a thing's own values; what belongs to it by lists and tables is written beside it."""
    values = {each.name: getattr(thing, each.name) for each in fields(thing)}
    return {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in values.items()
        if isinstance(value, (str, int, Decimal))
    }


def _rows(things: Iterable[Any]) -> list[Row]:
    return [_row(thing) for thing in things]


def _values(kind: Any, row: Row) -> dict[str, Any]:
    # The engine's modules postpone annotations, so a field's type is its text.
    return {
        each.name: Decimal(row[each.name]) if each.type == "Decimal" else row[each.name]
        for each in fields(kind)
        if each.name in row
    }


def _put(thing: Any, row: Row) -> None:
    for name, value in _values(thing, row).items():
        setattr(thing, name, value)


def _last(table: Mapping[int, Any], count: int) -> dict[int, Any]:
    return dict(list(table.items())[-count:])
