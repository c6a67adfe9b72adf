"""The shortest plan that still fails: events are left out, more and more finely, as long as something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.chaos.plan import Event, Plan

Fails = Callable[[Plan], bool]


def shrunk(plan: Plan, fails: Fails) -> Plan:
    """Return a plan with as few events as possible that still `fails`; no single one of them can be left out."""
    events, size = plan.events, max(1, len(plan.events) // 2)
    while True:
        shorter = _without_some(plan, events, size, fails)
        if shorter is not None:
            events = shorter
        elif size == 1:
            return replace(plan, events=events)
        else:
            size = max(1, size // 2)


def _without_some(plan: Plan, events: tuple[Event, ...], size: int, fails: Fails) -> tuple[Event, ...] | None:
    for start in range(0, len(events), size):
        left = events[:start] + events[start + size :]
        if fails(replace(plan, events=left)):
            return left
    return None
