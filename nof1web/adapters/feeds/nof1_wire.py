"""Reads nof1's account-totals; what is not understood is left out, never guessed (nof1.md §2, DESIGN §5 rule 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from nof1web.adapters.feeds.decode import EPOCH, UNREADABLE, moment, number
from nof1web.adapters.feeds.symbols import exchange_symbol
from nof1web.core.signals import AgentRecord, Reading, RecordedPosition, plausible
from nof1web.errors import N_, FeedError

Row = Mapping[str, Any]
AHEAD = timedelta(seconds=60)
MARKER = "since_inception_hourly_marker"
LAST_HOUR = 10**7


def parse_reading(document: Any, *, source: str, asked: int | None, raw: bytes = b"") -> Reading:
    """Return the newest record per agent; FeedError when the shape is unknown or nothing in it is usable.

    The next page to ask for is the one before the page read, so that agents that lag behind an hour are still in it.
    """
    rows = document.get("accountTotals") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise FeedError(N_("The arena's answer has an unknown shape. Its signals are not used."))
    try:
        server_at = moment(number(document.get("serverTime")))
    except UNREADABLE as error:
        raise FeedError(N_("The arena's answer does not say its time. Its signals are not used.")) from error
    by_agent = _by_agent(rows)
    records = tuple(_records(by_agent, server_at))
    if not records:
        raise FeedError(N_("The arena's answer holds no usable record. Its signals are not used."))
    read = document.get("lastHourlyMarkerRead")
    marker = max(read - 1, 0) if type(read) is int and read <= LAST_HOUR else asked
    unread = tuple(sorted(by_agent.keys() - {record.agent for record in records}))
    return Reading(source, server_at, records, marker, raw=raw, unread=unread)


def _records(by_agent: Mapping[str, list[Row]], server_at: datetime) -> list[AgentRecord]:
    found = []
    for agent, own in by_agent.items():
        if _ambiguous(own):
            continue
        try:
            record = _newest(agent, own, server_at)
        except UNREADABLE:
            continue
        if plausible(record):
            found.append(record)
    return found


def _by_agent(rows: Sequence[Any]) -> dict[str, list[Row]]:
    """Group the rows by account."""
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        if isinstance(row, dict) and isinstance(row.get("model_id"), str):
            grouped.setdefault(account_of(row), []).append(row)
    return grouped


def account_of(row: Row) -> str:
    """Return a row's account: its id without its hour, which a model has once in each competition (nof1.md §5)."""
    model, account = str(row["model_id"]), str(row.get("id"))
    hour = f"_{_page(row)}"
    return account.removesuffix(hour) if account.startswith(model) and account.endswith(hour) else model


def _ambiguous(rows: Sequence[Row]) -> bool:
    """Whether two rows are of one hour: they can't be told apart, so neither is read."""
    return len({_page(row) for row in rows}) < len(rows)


def _page(row: Row) -> str:
    # As text whatever it is: a list can't be counted.
    return str(row.get(MARKER))


def _newest(agent: str, rows: Sequence[Row], server_at: datetime) -> AgentRecord:
    """Raises one of UNREADABLE when the newest record that is not from the future is not understood."""
    dated = [(EPOCH + timedelta(microseconds=int(number(row["timestamp"]) * 1_000_000)), row) for row in rows]
    recorded_at, row = max((pair for pair in dated if pair[0] <= server_at + AHEAD), key=lambda pair: pair[0])
    positions = row["positions"]
    if not isinstance(positions, dict) or (not positions and number(row["total_unrealized_pnl"])):
        raise ValueError("positions are somewhere else")
    symbols = {coin: exchange_symbol(coin) for coin in positions}
    return AgentRecord(
        agent=agent,
        recorded_at=recorded_at,
        equity=number(row["dollar_equity"]),
        positions=tuple(_position(symbol, positions[coin]) for coin, symbol in symbols.items() if symbol),
        unmapped=tuple(coin for coin, symbol in symbols.items() if symbol is None),
        began_at=_began_at(row, recorded_at),
    )


def _began_at(row: Row, recorded_at: datetime) -> datetime | None:
    """When the account began: a model's account of another season began at another time (nof1.md §5)."""
    minutes = row.get("since_inception_minute_marker")
    if type(minutes) is not int or not 0 <= minutes <= LAST_HOUR:
        return None
    return recorded_at - timedelta(minutes=minutes)


def _position(symbol: str, row: Row) -> RecordedPosition:
    quantity, plan = number(row["quantity"]), row.get("exit_plan")
    if not quantity:
        return RecordedPosition(symbol, quantity, entry_price=Decimal(0), leverage=1)
    plan = plan if isinstance(plan, dict) else {}
    return RecordedPosition(
        symbol=symbol,
        quantity=quantity,
        entry_price=number(row["entry_price"]),
        leverage=int(number(row["leverage"])),
        entry_oid=_epoch(row.get("entry_oid")),
        stop=_price(plan.get("stop_loss")),
        target=_price(plan.get("profit_target")),
        mark=_mark(row.get("current_price")),
    )


def _epoch(oid: object) -> str | None:
    """The id of the order that opened the position, None without one; any other text would look like a new epoch."""
    if oid in (None, -1):
        return None
    if type(oid) is not int or oid < 0:
        raise ValueError("not an order's id")
    return str(oid)


def _price(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    price = number(value)
    return price if price > 0 else None


def _mark(value: object) -> Decimal | None:
    # No decision depends on it: a price that can't be true is no reason to leave the agent out.
    try:
        return _price(value)
    except UNREADABLE:
        return None
