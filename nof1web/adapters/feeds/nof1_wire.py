"""Reads nof1's account-totals; what is not understood is left out, never guessed (nof1.md §2, DESIGN §5 rule 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from nof1web.adapters.feeds.symbols import exchange_symbol
from nof1web.core.signals import AgentRecord, Reading, RecordedPosition, plausible
from nof1web.errors import N_, FeedError

Row = Mapping[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD = timedelta(seconds=60)
MARKER = "since_inception_hourly_marker"
LAST_HOUR = 10**7
LARGEST = Decimal("1e15")
FINEST = -60
"""the exponent of a number's last digit: a double's shortest form needs far fewer"""
UNREADABLE = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)


def parse_reading(document: Any, *, source: str, asked: int | None) -> Reading:
    """Return the newest record per agent; FeedError when the shape is unknown or nothing in it is usable.

    The next page to ask for is the one before the page read, so that agents that lag behind an hour are still in it.
    """
    rows = document.get("accountTotals") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise FeedError(N_("The arena's answer has an unknown shape. Its signals are not used."))
    try:
        server_at = EPOCH + timedelta(milliseconds=int(_number(document.get("serverTime"))))
    except UNREADABLE as error:
        raise FeedError(N_("The arena's answer does not say its time. Its signals are not used.")) from error
    records = tuple(_records(rows, server_at))
    if not records:
        raise FeedError(N_("The arena's answer holds no usable record. Its signals are not used."))
    read = document.get("lastHourlyMarkerRead")
    marker = max(read - 1, 0) if type(read) is int and read <= LAST_HOUR else asked
    return Reading(source, server_at, records, marker)


def _records(rows: Sequence[Any], server_at: datetime) -> list[AgentRecord]:
    found = []
    for agent, own in _by_agent(rows).items():
        try:
            record = _newest(agent, own, server_at)
        except UNREADABLE:
            continue
        if plausible(record):
            found.append(record)
    return found


def _by_agent(rows: Sequence[Any]) -> dict[str, list[Row]]:
    """Group by model_id; where one page holds a model_id twice (several competitions), by the id without its marker."""
    known = [row for row in rows if isinstance(row, dict) and isinstance(row.get("model_id"), str)]
    pages = Counter((row["model_id"], _page(row)) for row in known)
    several = {model for (model, _), count in pages.items() if count > 1}
    grouped: dict[str, list[Row]] = {}
    for row in known:
        agent = row["model_id"]
        if agent in several:
            agent = str(row.get("id")).removesuffix(f"_{_page(row)}")
        grouped.setdefault(agent, []).append(row)
    return {agent: own for agent, own in grouped.items() if not _ambiguous(own)}


def _ambiguous(rows: Sequence[Row]) -> bool:
    return len({_page(row) for row in rows}) < len(rows)


def _page(row: Row) -> str:
    # As text whatever it is: a list can't be counted.
    return str(row.get(MARKER))


def _newest(agent: str, rows: Sequence[Row], server_at: datetime) -> AgentRecord:
    """Raises one of UNREADABLE when the newest record that is not from the future is not understood."""
    dated = [(EPOCH + timedelta(microseconds=int(_number(row["timestamp"]) * 1_000_000)), row) for row in rows]
    recorded_at, row = max((pair for pair in dated if pair[0] <= server_at + AHEAD), key=lambda pair: pair[0])
    positions = row["positions"]
    if not isinstance(positions, dict) or (not positions and _number(row.get("total_unrealized_pnl") or 0)):
        raise ValueError("positions are somewhere else")
    symbols = {coin: exchange_symbol(coin) for coin in positions}
    return AgentRecord(
        agent=agent,
        recorded_at=recorded_at,
        equity=_number(row["dollar_equity"]),
        positions=tuple(_position(symbol, positions[coin]) for coin, symbol in symbols.items() if symbol),
        unmapped=tuple(coin for coin, symbol in symbols.items() if symbol is None),
    )


def _position(symbol: str, row: Row) -> RecordedPosition:
    quantity, oid, plan = _number(row["quantity"]), row.get("entry_oid"), row.get("exit_plan")
    if not quantity:
        return RecordedPosition(symbol, quantity, entry_price=Decimal(0), leverage=1)
    plan = plan if isinstance(plan, dict) else {}
    return RecordedPosition(
        symbol=symbol,
        quantity=quantity,
        entry_price=_number(row["entry_price"]),
        leverage=int(_number(row["leverage"])),
        entry_oid=None if oid in (None, -1) else str(oid),
        stop=_price(plan.get("stop_loss")),
        target=_price(plan.get("profit_target")),
    )


def _price(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    price = _number(value)
    return price if price > 0 else None


def _number(value: object) -> Decimal:
    """A JSON number as a finite Decimal of sane length; nof1 never writes numbers as strings."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError("not a number")
    found = Decimal(value)
    if not found.is_finite() or abs(found) > LARGEST or int(found.as_tuple().exponent) < FINEST:
        raise ValueError("not a number that can be true")
    return found
