"""The table of many runs: how many, what was done to them, and what was wrong in the end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

from tests.chaos.outcome import Outcome

ROWS = (
    "faults injected", "kills", "pauses", "leases taken over", "redis lost", "restores", "clocks moved",
    "source troubles", "done by hand", "orders", "stops and targets", "jobs", "requests",
)  # fmt: skip


def table(outcomes: Iterable[Outcome]) -> list[str]:
    """Return the table's lines; violations are counted by run and one by one."""
    outcomes = list(outcomes)
    counts: Counter[str] = sum((each.counts for each in outcomes), Counter())
    wrong = [each for each in outcomes if each.wrong]
    faults: Counter[str] = sum((each.faults for each in outcomes), Counter())
    rows = [("runs", len(outcomes)), *((name, counts[name]) for name in ROWS)]
    rows[2:2] = [(f"- {kind}", count) for kind, count in faults.most_common()]
    points = sum((each.stopped_at for each in outcomes), Counter())
    rows += [("different points died or paused at", len(points))]
    rows += [("symbols nobody could have got right", sum(each.excused for each in outcomes))]
    rows += [("runs with violations", len(wrong)), ("violations", sum(len(each.wrong) for each in wrong))]
    rows += [(f"- {invariant}", count) for invariant, count in _broken(wrong).most_common()]
    return [row(*each) for each in rows]


def _broken(wrong: Iterable[Outcome]) -> Counter[str]:
    return sum((each.broken for each in wrong), Counter())


def row(name: str, number: int) -> str:
    """Return one line of a table."""
    return f"| {name:<36} | {number:>9,} |"


def seconds_row(begun: float) -> str:
    """Return the line of the seconds since a moment of the monotonic clock."""
    return row("seconds", round(time.monotonic() - begun))
