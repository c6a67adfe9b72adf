"""Reads what Hyperliquid says of an address; what is not understood is left out, never guessed (nof1.md §6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from nof1web.adapters.feeds.decode import UNREADABLE, decoded, moment, number, text_number
from nof1web.adapters.feeds.symbols import exchange_symbol
from nof1web.core.leaders import SOURCE
from nof1web.core.signals import AgentRecord, Reading, RecordedPosition, plausible
from nof1web.errors import N_, FeedError

Row = Mapping[str, Any]
AHEAD = timedelta(seconds=60)
SUMS = ("accountValue", "totalNtlPos")


@dataclass(frozen=True, slots=True)
class Held:
    """One position as the exchange states it: signed size, average entry, leverage, mark (None: unknown)."""

    coin: str
    size: Decimal
    entry: Decimal
    leverage: int
    mark: Decimal | None


@dataclass(frozen=True, slots=True)
class State:
    """An address on one dex: its equity (USD), positions by coin, and the exchange's time (ms)."""

    equity: Decimal
    held: Mapping[str, Held]
    at_ms: Decimal


def state_of(document: Any) -> State:
    """Read a clearinghouseState; one of UNREADABLE when its shape is unknown.

    That is also the case when it lists no position though their sum is not zero (DESIGN §5 rule 1).
    """
    equity, total = (text_number(document["marginSummary"][name]) for name in SUMS)
    rows = document["assetPositions"]
    if not isinstance(rows, list) or (total and not rows):
        raise ValueError("positions are somewhere else")
    positions = [_held(row["position"]) for row in rows]
    if len({position.coin for position in positions}) < len(positions):
        raise ValueError("one coin twice")
    return State(equity, {each.coin: each for each in positions if each.size}, number(document["time"]))


def epochs_of(fills: Any, known: Mapping[str, str]) -> dict[str, tuple[str, Decimal]]:
    """Return per coin the id of the order that opened what is held now, and the size after its last fill.

    The opening is the newest fill that left a size of 0 or crossed it; the `known` one when it is older than these
    fills, "" when that is unknown too.
    """
    found: dict[str, tuple[str, Decimal]] = {}
    for fill in sorted(fills, key=lambda row: (number(row["time"]), number(row["tid"]))):
        before, moved = text_number(fill["startPosition"]), text_number(fill["sz"])
        after = before + (moved if fill["side"] == "B" else -moved)
        opened = after and (not before or (after > 0) != (before > 0))
        coin = str(fill["coin"])
        earlier = found[coin][0] if coin in found else known.get(coin, "")
        found[coin] = (str(fill["oid"]) if opened else earlier if after else "", after)
    return found


def exits_of(orders: Any, held: Iterable[Held]) -> dict[str, list[str | None]]:
    """Return per coin [stop, target]: the nearest resting trigger of each kind that closes the whole position."""
    exits: dict[str, list[str | None]] = {}
    for position in held:
        both = [_nearest(position, orders, word) for word in ("Stop", "Take Profit")]
        exits[position.coin] = [None if price is None else str(price) for price in both]
    return exits


def parse_reading(raw: bytes) -> Reading:
    """Return the records of a stored round of answers (hyperliquid_rounds.written); FeedError when it is none.

    An address whose answer is not understood, or from a minute ahead, has no record though it was asked for.
    """
    document = decoded(raw, SOURCE)
    try:
        server_at = moment(number(document["at"]))
        leaders: dict[str, Row] = dict(document["leaders"])
    except UNREADABLE as error:
        raise FeedError(N_("The stored answer has an unknown shape. Its signals are not used.")) from error
    records = []
    for address, row in leaders.items():
        try:
            record = _record(address, row)
        except UNREADABLE:
            continue
        if record.recorded_at <= server_at + AHEAD and plausible(record):
            records.append(record)
    return Reading(SOURCE, server_at, tuple(records), None, frozenset(leaders), raw)


def _record(address: str, row: Row) -> AgentRecord:
    states = [state_of(document) for document in row["states"].values()]
    if not states:
        raise ValueError("no state")
    held = [position for state in states for position in state.held.values()]
    symbols = {position.coin: exchange_symbol(position.coin) for position in held}
    return AgentRecord(
        agent=address,
        recorded_at=moment(min(state.at_ms for state in states)),
        equity=sum((state.equity for state in states), Decimal(0)),
        positions=tuple(
            _recorded(symbol, position, row) for position in held if (symbol := symbols[position.coin]) is not None
        ),
        unmapped=tuple(coin for coin, symbol in symbols.items() if symbol is None),
    )


def _recorded(symbol: str, position: Held, row: Row) -> RecordedPosition:
    stop, target = row["exits"].get(position.coin) or (None, None)
    epoch = row["epochs"].get(position.coin) or None
    if epoch is not None and not isinstance(epoch, str):
        raise ValueError("not an order's id")
    return RecordedPosition(
        symbol=symbol,
        quantity=position.size,
        entry_price=position.entry,
        leverage=position.leverage,
        entry_oid=epoch,
        stop=None if stop is None else text_number(stop),
        target=None if target is None else text_number(target),
        mark=position.mark,
    )


def _held(row: Row) -> Held:
    size, leverage = text_number(row["szi"]), number(row["leverage"]["value"])
    if leverage != int(leverage):
        raise ValueError("a leverage that is not whole")
    if not isinstance(row["coin"], str):
        raise ValueError("a coin that is no text")
    return Held(
        row["coin"],
        size,
        text_number(row["entryPx"]) if size else Decimal(0),
        int(leverage),
        text_number(row["positionValue"]) / abs(size) if size and row.get("positionValue") else None,
    )


def _nearest(position: Held, orders: Any, word: str) -> Decimal | None:
    long, found = position.size > 0, []
    for order in orders:
        closes = order["coin"] == position.coin and order["side"] == ("A" if long else "B") and order["reduceOnly"]
        whole = order["isPositionTpsl"] or text_number(order["sz"]) >= abs(position.size)
        if closes and whole and order["isTrigger"] and str(order["orderType"]).startswith(word):
            found.append(text_number(order["triggerPx"]))
    found = [price for price in found if price > 0]
    if not found:
        return None
    return max(found) if long == (word == "Stop") else min(found)


