"""What a tracker would send now, what its budget can't cover, and the smallest that would: the same decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

from nof1web.core import sizing
from nof1web.core.choices import Sizing
from nof1web.core.history import Verdict
from nof1web.core.plan import decide
from nof1web.core.planned import Plan, PlannedOrder
from nof1web.core.refusals import Code
from nof1web.core.snapshot import ZERO, Snapshot, TrackerView

_TOO_LITTLE = frozenset(
    {Code.BELOW_MINIMUM, Code.SIZE_BELOW_MINIMUM, Code.ACCUMULATING, Code.BUDGET_SHORT, Code.BUDGET_EXHAUSTED}
)
_MOST = 10_000_000
"""USDT; what total_margin may be at most"""


@dataclass(frozen=True, slots=True)
class Preview:
    """One tracker's part of a plan made now.

    `uncovered` are the symbols the budget is too small for, `smallest_budget` the least total margin (whole USDT)
    with which they all are ordered too, None when no total margin would do; `margin` is what the orders take of the
    `budget` (USDT). One USDT less leaves a symbol out. A much smaller total may do again where a
    larger one lowers a leverage, or leaves no room to raise another symbol to its minimum.
    """

    orders: tuple[PlannedOrder, ...]
    verdicts: tuple[Verdict, ...]
    uncovered: tuple[str, ...]
    smallest_budget: Decimal | None
    margin: Decimal
    budget: Decimal


def preview(snapshot: Snapshot, tracker_id: str) -> Preview:
    """Return what one of the snapshot's trackers would do now; KeyError when it isn't there."""
    view = _view(snapshot, tracker_id)
    plan = decide(snapshot)
    orders = tuple(order for order in plan.orders if order.tracker_id == tracker_id)
    entries = [order for order in orders if not order.kind.exits]
    uncovered = _uncovered(plan, tracker_id)
    before = {order.symbol: view.held(order.symbol) for order in entries}
    had = sum((held.allocation for held in before.values() if held is not None), ZERO)
    return Preview(
        orders=orders,
        verdicts=tuple(verdict for verdict in plan.verdicts if verdict.tracker_id == tracker_id),
        uncovered=uncovered,
        smallest_budget=_smallest(snapshot, view, {order.symbol for order in entries} | set(uncovered)),
        margin=sum((order.allocation for order in entries), ZERO) - had,
        budget=sizing.budget(view, snapshot.account, snapshot.shadow(view)),
    )


def _smallest(snapshot: Snapshot, view: TrackerView, wanted: set[str]) -> Decimal | None:
    """Return the least total margin with which all wanted symbols are ordered, the account's balance left aside."""
    rich, name = snapshot, view.tracker.id
    if snapshot.account is not None:
        rich = replace(snapshot, account=replace(snapshot.account, available=Decimal(_MOST * 100)))

    def covers(total: int) -> bool:
        orders = decide(_with_total(rich, view, Decimal(total))).orders
        return wanted <= {each.symbol for each in orders if each.tracker_id == name and not each.kind.exits}

    low = 1
    if view.settings.sizing is Sizing.FIXED_MARGIN:
        low = int(view.settings.fixed_margin.to_integral_value(ROUND_CEILING))
    return _least(covers, low, _MOST) if wanted else None


def _least(covers: Callable[[int], bool], low: int, most: int) -> Decimal | None:
    """Return a number from `low` to `most` that covers while one less does not; doubled steps look for it."""
    high = low
    while not covers(high):
        if high == most:
            return None
        low, high = high + 1, min(high * 2, most)
    while low < high:
        middle = (low + high) // 2
        if covers(middle):
            high = middle
        else:
            low = middle + 1
    return Decimal(high)


def _uncovered(plan: Plan, tracker_id: str) -> tuple[str, ...]:
    return tuple(each.symbol for each in plan.verdicts if each.tracker_id == tracker_id and each.code in _TOO_LITTLE)


def _with_total(snapshot: Snapshot, view: TrackerView, total: Decimal) -> Snapshot:
    changed = replace(view, settings=replace(view.settings, total_margin=total))
    return replace(snapshot, trackers=tuple(changed if each is view else each for each in snapshot.trackers))


def _view(snapshot: Snapshot, tracker_id: str) -> TrackerView:
    for view in snapshot.trackers:
        if view.tracker.id == tracker_id:
            return view
    raise KeyError(tracker_id)
