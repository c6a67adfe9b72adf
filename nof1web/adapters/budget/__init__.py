"""What everybody on one egress may ask of one host: request weight by lane, and orders per account (DESIGN §5)."""

from __future__ import annotations

from nof1web.adapters.budget.bucket import Budget, NoBudget, known
from nof1web.adapters.budget.meters import LANES, RESERVE_PERCENT, Lane, Meter, OrderMeter, room
from nof1web.adapters.budget.shared import SharedBucket

__all__ = [
    "LANES", "RESERVE_PERCENT", "Budget", "Lane", "Meter", "NoBudget", "OrderMeter", "SharedBucket", "known", "room",
]  # fmt: skip
