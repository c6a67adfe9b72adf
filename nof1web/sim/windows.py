"""Which rows a list shows: startTime, endTime and limit (binance.md §3, §4.2, §4.4)."""

from __future__ import annotations

from typing import TypeVar

from nof1web.sim.orders import whole
from nof1web.sim.refusal import Refusal
from nof1web.sim.retention import DAY_MS
from nof1web.sim.routing import Call

_Row = TypeVar("_Row")
WEEK_MS = 7 * DAY_MS


def moment(call: Call, name: str) -> int:
    """A time (ms) a request names, 0 when it names none; raises -1130 for one that is no time."""
    at_ms = whole(call.params, name, 0)
    if at_ms < 0:
        raise Refusal(-1130, name)
    return at_ms


def window(call: Call, *, whole_week: bool = False) -> tuple[int, int]:
    """startTime and endTime (ms): -1023 the wrong way round, -1127 seven days apart; by default the last 7 days.

    With `whole_week` exactly seven days are allowed, and only more refused.
    """
    start, end = _bounds(call)
    if start and end and (end - start > WEEK_MS or (end - start == WEEK_MS and not whole_week)):
        raise Refusal(-1127)
    if not end:
        end = start + WEEK_MS if start else call.now_ms
    return (start or end - WEEK_MS), end


def span(call: Call, *, default_ms: int, widest_ms: int | None = None) -> tuple[int, int]:
    """startTime and endTime (ms): -1023 when they are the wrong way round, -1127 further apart than the widest.

    Without an end, the present; without a start, so much before the end.
    """
    start, end = _bounds(call)
    if start and not end:
        end = call.now_ms if widest_ms is None else min(call.now_ms, start + widest_ms)
    end = end or call.now_ms
    start = start or end - default_ms
    if widest_ms is not None and end - start > widest_ms:
        raise Refusal(-1127)
    return start, end


def limited(call: Call, rows: list[_Row], *, default: int, most: int, newest: bool) -> list[_Row]:
    """At most `limit` rows, taken from the newer or the older end; raises -1130 for a limit outside 1 to `most`.

    Stricter than known: a limit above the documented most is refused, not cut.
    """
    limit = whole(call.params, "limit", default)
    if not 1 <= limit <= most:
        raise Refusal(-1130, "limit")
    return rows[-limit:] if newest else rows[:limit]


def _bounds(call: Call) -> tuple[int, int]:
    start, end = moment(call, "startTime"), moment(call, "endTime")
    if start and end and start > end:
        raise Refusal(-1023)
    return start, end
