"""For how much of the time holdings had their stop on the exchange (DESIGN §5 Protection)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Cover:
    """A tracker's holdings that want a stop (`held`) and those that have an acknowledged one (`covered`) at a time.

    `held_time` and `covered_time` are position-time: two holdings for a second count as two seconds.
    """

    tracker_id: str
    at: datetime
    held: int = 0
    covered: int = 0
    held_time: timedelta = NONE
    covered_time: timedelta = NONE

    @property
    def share(self) -> Decimal | None:
        """The protected share in %, None while nothing was held."""
        whole = self.held_time // timedelta(microseconds=1)
        return None if not whole else Decimal(self.covered_time // timedelta(microseconds=1)) / whole * 100


def sampled(before: Cover, at: datetime, *, held: int, covered: int) -> Cover:
    """Return a cover after a look at a later time: what was seen before held until now, except across a clock's jump.

    What happened while nobody looked counts as it was last seen.
    """
    span = max(at - before.at, NONE)
    return Cover(
        before.tracker_id,
        at,
        held,
        covered,
        before.held_time + span * before.held,
        before.covered_time + span * before.covered,
    )
