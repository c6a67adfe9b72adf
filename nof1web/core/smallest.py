"""The smallest total margin with which a tracker orders all it should: found by asking the decision itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal

from nof1web.core import leverage, minimum, sizing
from nof1web.core.choices import BelowMinimum, Sizing
from nof1web.core.plan import decide
from nof1web.core.settings import TrackerSettings, multiplier
from nof1web.core.snapshot import Snapshot, TrackerView
from nof1web.core.trading import Side

MOST = 10_000_000
"""USDT; what total_margin may be at most"""
EXACT = 400
"""so many totals are tried one by one, from the least that could do"""
STEP = Decimal("1.025")
"""beyond those, each total tried is this many times the one before"""


def total_margin(snapshot: Snapshot, view: TrackerView, wanted: set[str]) -> Decimal | None:
    """Return the least total margin (whole USDT) with which all wanted symbols are ordered, None when none is found.

    The account's balance is left aside. Where a larger total can't do less, and within 400 USDT of the least that could
    do, no smaller one does. Further on, where a larger total may lower a leverage or take the room to raise a
    symbol to its minimum, one USDT less does not do, and nothing is passed over that 2.5 % more would also do.
    """
    rich, name = snapshot, view.tracker.id
    if snapshot.account is not None:
        rich = replace(snapshot, account=replace(snapshot.account, available=Decimal(MOST * 100)))

    def covers(total: int) -> bool:
        orders = decide(_with_total(rich, view, Decimal(total))).orders
        return wanted <= {each.symbol for each in orders if each.tracker_id == name and not each.kind.exits}

    if not wanted:
        return None
    low = _least_possible(snapshot, view, wanted)
    if low > MOST:
        return None
    if _grows_only(snapshot, view.settings):
        return _between(covers, low - 1, MOST) if covers(MOST) else None
    before = low - 1
    for total in _tried(low):
        if covers(total):
            return _between(covers, before, total)
        before = total
    return None


def _grows_only(snapshot: Snapshot, settings: TrackerSettings) -> bool:
    """Whether a larger total can only order more: no size depends on it, and no room is needed to raise one."""
    by_total = settings.sizing in sizing.BY_TOTAL or snapshot.account is None
    return not by_total and settings.below_minimum is not BelowMinimum.RAISE


def _tried(low: int) -> Iterator[int]:
    yield from range(low, min(low + EXACT, MOST) + 1)
    total = low + EXACT
    while total < MOST:
        total = min(int(total * STEP) + 1, MOST)
        yield total


def _between(covers: Callable[[int], bool], before: int, total: int) -> Decimal:
    """Return a total that covers while one less does not; `before` does not, or may not be."""
    while total - before > 1:
        middle = (before + total) // 2
        if covers(middle):
            total = middle
        else:
            before = middle
    return Decimal(total)


def _least_possible(snapshot: Snapshot, view: TrackerView, wanted: set[str]) -> int:
    """Return a total margin (whole USDT, at least 1) below which not all of them can reach the exchange's minimum."""
    settings, low = view.settings, Decimal(1)
    if settings.sizing is Sizing.FIXED_MARGIN:
        # The settings allow no less.
        low = settings.fixed_margin
    if settings.sizing in sizing.BY_TOTAL and settings.below_minimum is not BelowMinimum.RAISE:
        needed = (_needed(snapshot, view, symbol) for symbol in wanted if view.held(symbol) is None)
        # One less: a quotient's last digit may be rounded up.
        low = max([low, *(least.to_integral_value(ROUND_CEILING) - 1 for least in needed)])
    return int(low.to_integral_value(ROUND_CEILING))


def _needed(snapshot: Snapshot, view: TrackerView, symbol: str) -> Decimal:
    """Return the total with which a new position reaches the minimum with the highest leverage; more than any: never.

    Such a size is proportional to the total, and every limit only makes it smaller.
    """
    position, signal = view.shown(symbol), view.followed
    if position is None or signal is None:
        return Decimal(1)
    mark, instrument = snapshot.marks[symbol], snapshot.instruments[symbol]
    one = sizing.allocation(signal, position, replace(view.settings, total_margin=Decimal(1)))
    most, _ = leverage.highest(snapshot, view, position)
    per_usdt = one * multiplier(view.settings, symbol) * most / mark
    least = minimum.least(view.settings, instrument, mark, Side.of(position.quantity))
    return least / per_usdt if per_usdt else Decimal(MOST + 1)


def _with_total(snapshot: Snapshot, view: TrackerView, total: Decimal) -> Snapshot:
    changed = replace(view, settings=replace(view.settings, total_margin=total))
    return replace(snapshot, trackers=tuple(changed if each is view else each for each in snapshot.trackers))
