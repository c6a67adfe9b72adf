"""What a tracker would send now, what its budget can't cover, and the smallest that would: the same decision."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from nof1web.core import sizing, smallest
from nof1web.core.history import Verdict
from nof1web.core.plan import decide
from nof1web.core.planned import Plan, PlannedOrder
from nof1web.core.refusals import Code
from nof1web.core.snapshot import ZERO, Snapshot, TrackerView

_TOO_LITTLE = frozenset(
    {Code.BELOW_MINIMUM, Code.SIZE_BELOW_MINIMUM, Code.ACCUMULATING, Code.BUDGET_SHORT, Code.BUDGET_EXHAUSTED}
)


@dataclass(frozen=True, slots=True)
class Preview:
    """One tracker's part of a plan made now.

    `uncovered` are the symbols the budget is too small for, `smallest_budget` the least total margin (whole USDT)
    with which they all are ordered too (`smallest.total_margin`), None when none would do; `margin` is what the orders
    take of the `budget` (USDT).
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
        smallest_budget=smallest.total_margin(snapshot, view, {order.symbol for order in entries} | set(uncovered)),
        margin=sum((order.allocation for order in entries), ZERO) - had,
        budget=sizing.budget(snapshot, view),
    )


def _uncovered(plan: Plan, tracker_id: str) -> tuple[str, ...]:
    return tuple(each.symbol for each in plan.verdicts if each.tracker_id == tracker_id and each.code in _TOO_LITTLE)


def _view(snapshot: Snapshot, tracker_id: str) -> TrackerView:
    for view in snapshot.trackers:
        if view.tracker.id == tracker_id:
            return view
    raise KeyError(tracker_id)
