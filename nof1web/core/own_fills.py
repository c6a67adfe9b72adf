"""What own orders did to an account since it was read: quantities by side, margin by tracker."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from nof1web.core.records import Epoch, Intent
from nof1web.core.trading import Position, Side

Key = tuple[str, bool]
"""a symbol, and in hedge mode whether its long side; one-way mode has one position: True"""
ZERO = Decimal(0)
BESIDE = "beside"
"""an exit's explanation of what the account had (unsigned) on its side when it left, beside a person's own share"""


def executed(lately: Iterable[Intent], *, hedge: bool) -> dict[Key, Decimal]:
    """Return the signed quantity own orders filled, by symbol and in hedge mode the side they belong to."""
    sums: dict[Key, Decimal] = {}
    for intent in lately:
        buys = intent.side is Side.BUY
        key = (intent.symbol, buys != intent.kind.exits if hedge else True)
        sums[key] = sums.get(key, ZERO) + (intent.executed if buys else -intent.executed)
    return sums


def settled_since(intent: Intent, read_no: int) -> bool:
    """Whether an order was settled after a reading began; clocks that are put right change nothing about that."""
    return not intent.shadow and intent.settled_no > read_no


def not_shown(
    lately: Iterable[Intent], read_no: int, positions: Iterable[Position], epochs: Iterable[Epoch], *, hedge: bool
) -> list[Intent]:
    """Return which of the own orders settled since a reading filled something that it doesn't show.

    An order that was under way at the reading, its answer missing, may be in it or not: it is not where that brings
    the position nearer to what the trackers hold; for an exit beside a foreign share, to what the account then had.
    """
    lately = list(lately)
    missing: dict[Key, Decimal] = {}
    read: dict[Key, Decimal] = {}
    for epoch in (each for each in epochs if not each.shadow):
        key = (epoch.symbol, epoch.quantity > 0 if hedge else True)
        missing[key] = missing.get(key, ZERO) + epoch.quantity
    for position in positions:
        key = (position.symbol, position.quantity > 0 if hedge else True)
        missing[key] = missing.get(key, ZERO) - position.quantity
        read[key] = read.get(key, ZERO) + position.quantity
    found = [each for each in lately if each.written_no > read_no]
    for key, quantity in executed(found, hedge=hedge).items():
        missing[key] = missing.get(key, ZERO) - quantity
    for each in (each for each in lately if each.written_no <= read_no):
        for key, quantity in executed([each], hedge=hedge).items():
            had = _had(each)
            left = missing.get(key, ZERO) if had is None else had + quantity - read.get(key, ZERO)
            if abs(left - quantity) < abs(left):
                found.append(each)
                missing[key] = missing.get(key, ZERO) - quantity
    return found


def _had(intent: Intent) -> Decimal | None:
    """Return what the account had (signed) on an exit's side when it left beside a foreign share, else None."""
    told = intent.explanation.get(BESIDE, "") if intent.kind.exits else ""
    had = Decimal(told.split()[0]) if told else None
    return had if had is None or intent.side is Side.SELL else -had


def margins(entries: Iterable[Intent]) -> dict[str, Decimal]:
    """Return the margin (USDT) of orders that open or add, by tracker: what was filled, else what was asked for."""
    sums: dict[str, Decimal] = {}
    for each in entries:
        if not each.kind.exits:
            margin = (each.executed or each.quantity) * (each.price or each.mark) / each.leverage
            sums[each.tracker_id] = sums.get(each.tracker_id, ZERO) + margin
    return sums


def taken_since(lately: Iterable[Intent], read_no: int, epochs: Iterable[Epoch]) -> dict[str, Decimal]:
    """Return the margin (USDT) own orders took of an account since it was read, by tracker; below 0: they freed more.

    An exit frees the margin of what it closed less what was lost with it; what it gained counts once it is read.
    """
    own = {(each.tracker_id, each.symbol, each.epoch): each for each in epochs}
    lately = [each for each in lately if each.executed]
    sums = margins(lately)
    for each in lately:
        epoch = own.get((each.tracker_id, each.symbol, each.epoch))
        # Whether the margin of an exit that was under way at the reading was free there already can't be told.
        if each.kind.exits and each.written_no > read_no and epoch is not None and epoch.entry_price:
            sums[each.tracker_id] = sums.get(each.tracker_id, ZERO) - _freed(each, epoch.entry_price)
    return sums


def _freed(intent: Intent, entry: Decimal) -> Decimal:
    """Return the margin (USDT) an exit freed, reckoned at the worse of its price and the entry; a loss is off it."""
    price = intent.price or intent.mark
    lost = max((entry - price) * (1 if intent.side is Side.SELL else -1), ZERO)
    return intent.executed * (min(entry, price) / intent.leverage - lost)
