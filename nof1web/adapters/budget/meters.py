"""The numbers of a budget: lanes and their shares, and how one stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Lane = Literal["exit", "protection", "entry", "sync", "read"]
LANES: tuple[Lane, ...] = get_args(Lane)

DEFAULT_LIMIT = 2_400
"""Weight per minute until the host's own limit is known (binance.md §5, the lowest of the hosts)."""

RESERVE_PERCENT: dict[Lane, int] = {"exit": -90, "protection": 5, "entry": 15, "sync": 50, "read": 60}
"""The share of the burst that a lane leaves for the lanes above it; an exit may go as far into debt."""

PATIENCE_MS: dict[Lane, int] = {"exit": 10_000, "protection": 10_000, "entry": 10_000, "sync": 1_000, "read": 2_000}
"""How long a request waits by itself. A sync waits in the index, not in a worker that exits and entries need."""

ORDERS_10S, ORDERS_1M = 300, 1_200
"""Orders per account until the host's own limits are known (binance.md §5)."""

ORDERS_PERCENT: dict[Lane, int] = {"exit": 98, "protection": 90, "entry": 80, "sync": 80, "read": 80}
"""The share of an account's orders that a lane may use up."""


@dataclass(frozen=True, slots=True)
class Meter:
    """A budget as it stands: weights; `used` is what the host last counted in its minute.

    `by_lane` is what was spent here in the running minute, `last_by_lane` in the one before.
    """

    host: str
    egress: str
    limit_per_minute: int
    balance: int
    burst: int
    used: int
    stopped_until: datetime | None
    by_lane: Mapping[Lane, int]
    last_by_lane: Mapping[Lane, int]


def room(meter: Meter, lane: Lane) -> int:
    """Return the weight that a lane could take at once; 0 while the host has to be left alone."""
    reserve = meter.burst * RESERVE_PERCENT[lane] // 100
    return 0 if meter.stopped_until else max(0, meter.balance - reserve)


@dataclass(frozen=True, slots=True)
class OrderMeter:
    """An account's orders in the last 10 s and 60 s, its limits, and until when it may send none."""

    in_10s: int
    in_1m: int
    limit_10s: int
    limit_1m: int
    held_until: datetime | None
