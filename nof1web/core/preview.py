"""What a tracker would send now, what its budget can't cover, and the smallest that would: the same decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from nof1web.core import sizing
from nof1web.core.history import Verdict
from nof1web.core.plan import decide
from nof1web.core.planned import PlannedOrder
from nof1web.core.refusals import Code
from nof1web.core.snapshot import ZERO, Snapshot, TrackerView

_TOO_LITTLE = frozenset({Code.BELOW_MINIMUM, Code.ACCUMULATING, Code.BUDGET_SHORT, Code.BUDGET_EXHAUSTED})
_MOST = 10_000_000
"""USDT; what total_margin may be at most"""


@dataclass(frozen=True, slots=True)
class Preview:
    """One tracker's part of a plan made now.

    `uncovered` are the symbols the budget is too small for, `smallest_budget` the least total margin (whole USDT)
    that covers them all, None when no total margin would; `margin` is what the orders take of the `budget` (USDT).
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
    uncovered = _uncovered(snapshot, tracker_id)
    return Preview(
        orders=orders,
        verdicts=tuple(verdict for verdict in plan.verdicts if verdict.tracker_id == tracker_id),
        uncovered=uncovered,
        smallest_budget=_smallest(snapshot, view),
        margin=sum((order.allocation for order in orders if not order.kind.exits), ZERO),
        budget=sizing.budget(view, snapshot.account, snapshot.shadow(view)),
    )


def _smallest(snapshot: Snapshot, view: TrackerView) -> Decimal | None:
    """Return the least total margin with which nothing is too small, the account's balance left aside."""
    rich = snapshot
    if snapshot.account is not None:
        rich = replace(snapshot, account=replace(snapshot.account, available=Decimal(_MOST * 100)))

    def covers(total: int) -> bool:
        return not _uncovered(_with_total(rich, view, Decimal(total)), view.tracker.id)

    return _least(covers, 1, _MOST) if covers(_MOST) else None


def _least(covers: Callable[[int], bool], low: int, high: int) -> Decimal:
    """Return the least number that covers, knowing that `high` does: what covers once, covers with more."""
    step = low
    while step < high and not covers(step):
        low, step = step, step * 2
    high = min(step, high)
    while low < high:
        middle = (low + high) // 2
        if covers(middle):
            high = middle
        else:
            low = middle + 1
    return Decimal(high)


def _uncovered(snapshot: Snapshot, tracker_id: str) -> tuple[str, ...]:
    verdicts = decide(snapshot).verdicts
    return tuple(each.symbol for each in verdicts if each.tracker_id == tracker_id and each.code in _TOO_LITTLE)


def _with_total(snapshot: Snapshot, view: TrackerView, total: Decimal) -> Snapshot:
    changed = replace(view, settings=replace(view.settings, total_margin=total))
    return replace(snapshot, trackers=tuple(changed if each is view else each for each in snapshot.trackers))


def _view(snapshot: Snapshot, tracker_id: str) -> TrackerView:
    for view in snapshot.trackers:
        if view.tracker.id == tracker_id:
            return view
    raise KeyError(tracker_id)
