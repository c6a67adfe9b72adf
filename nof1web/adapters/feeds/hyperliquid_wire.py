"""Reads what Hyperliquid says of an address; what is not understood is left out, never guessed (nof1.md §6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import chain, groupby
from operator import attrgetter
from typing import Any

from nof1web.adapters.feeds.decode import UNREADABLE, decoded, moment, number, text_number
from nof1web.adapters.feeds.symbols import exchange_symbol
from nof1web.core.leaders import SOURCE
from nof1web.core.signals import (
    LEAST_PRICE,
    MOST_PRICE,
    AgentRecord,
    Reading,
    RecordedPosition,
    Stake,
    plausible,
)
from nof1web.errors import N_, FeedError

Row = Mapping[str, Any]
AHEAD = timedelta(seconds=60)
MAIN = ""
"""the dex that everybody is asked about each time: its answer dates a record"""
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


@dataclass(frozen=True, slots=True)
class _Moved:
    """What one fill did to a position's size; `at_ms` is the time of its block, in which many fills can be."""

    at_ms: Decimal
    before: Decimal
    after: Decimal
    oid: str


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
    by_coin: dict[str, dict[Decimal, _Moved]] = {}
    for row in fills:
        before, moved, tid = text_number(row["startPosition"]), text_number(row["sz"]), number(row["tid"])
        after = before + (moved if row["side"] == "B" else -moved)
        by_coin.setdefault(str(row["coin"]), {})[tid] = _Moved(number(row["time"]), before, after, str(row["oid"]))
    found: dict[str, tuple[str, Decimal]] = {}
    for coin, moves in by_coin.items():
        epoch, size = known.get(coin, ""), Decimal(0)
        for move in _in_order(moves.values()):
            opened = move.after and (not move.before or (move.after > 0) != (move.before > 0))
            epoch, size = move.oid if opened else epoch if move.after else "", move.after
        found[coin] = epoch, size
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
        untold = tuple(map(str, document.get("untold", ())))
        same = frozenset(map(str, document.get("same", ())))
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
    unread = tuple(sorted(leaders.keys() - {record.agent for record in records}))
    covers = same.union(leaders)
    return Reading(SOURCE, server_at, tuple(records), None, covers, raw, unread, untold, same - leaders.keys())


def _record(address: str, row: Row) -> AgentRecord:
    at_ms = state_of(row["states"][MAIN]).at_ms
    states = [state_of(document) for document in row["states"].values()]
    held = [position for state in states for position in state.held.values()]
    symbols = {position.coin: exchange_symbol(position.coin) for position in held}
    return AgentRecord(
        agent=address,
        recorded_at=moment(at_ms),
        equity=sum((state.equity for state in states), Decimal(0)),
        positions=tuple(
            _recorded(symbol, position, row) for position in held if (symbol := symbols[position.coin]) is not None
        ),
        unmapped=tuple(coin for coin, symbol in symbols.items() if symbol is None),
        stakes=_stakes(held),
    )


def _stakes(held: Iterable[Held]) -> tuple[Stake, ...] | None:
    valued = [(each, each.mark) for each in held]
    found = tuple(Stake(each.coin, each.size, each.entry, mark) for each, mark in valued if mark and _sane(mark))
    return found if len(found) == len(valued) else None


def _sane(mark: Decimal) -> bool:
    return LEAST_PRICE <= mark <= MOST_PRICE


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


def _in_order(moves: Iterable[_Moved]) -> Iterator[_Moved]:
    """Moves of one coin as they happened: those of one time follow each other as their sizes do, ids don't tell."""
    size: Decimal | None = None
    for _, same_time in groupby(sorted(moves, key=attrgetter("at_ms")), key=attrgetter("at_ms")):
        left = list(same_time)
        while left:
            afters = [each.after for each in left]
            follows = (each for each in left if each.before == size)
            begins = (each for each in left if each.before not in afters)
            move = next(chain(follows, begins), left[0])
            left.remove(move)
            size = move.after
            yield move
