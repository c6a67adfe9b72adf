"""The shortest plan that still fails: what comes last is left out first, then accounts, then whatever else can be."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from tests.chaos.plan import Event, Plan

FirstFailing = Callable[[Sequence[Plan]], Plan | None]
"""the first of some plans, tried side by side, that still fails"""
Tried = Callable[[Iterable[Plan]], Plan | None]


class Budget:
    """How many plans may be tried, and for how long (s); what was found until then is the answer."""

    def __init__(self, tries: int = 400, seconds: float = 600) -> None:
        self.left, self.until = tries, time.monotonic() + seconds

    def take(self, wanted: int) -> int:
        """Return how many of so many plans may still be tried."""
        allowed = min(wanted, self.left) if time.monotonic() < self.until else 0
        self.left -= allowed
        return allowed


def shrunk(plan: Plan, first_failing: FirstFailing, budget: Budget, *, jobs: int = 1) -> Plan:
    """Return a plan that still fails with as few events and accounts as the budget finds out.

    With enough of a budget no single event of it can be left out.
    """

    def tried(shorter: Iterable[Plan]) -> Plan | None:
        plans = iter(shorter)
        while batch := list(islice(plans, budget.take(jobs))):
            found = first_failing(batch)
            if found is not None:
                return found
        return None

    plan = _ended_early(plan, tried)
    for shorter in (_without_accounts, _without_kinds):
        while (found := tried(shorter(plan))) is not None:
            plan = found
    size = max(1, len(plan.events) // 2)
    while True:
        before = plan.events
        plan = _thinned(plan, size, tried)
        if size == 1 and plan.events == before:
            return plan
        size = max(1, size // 2)


def _ended_early(plan: Plan, tried: Tried) -> Plan:
    """Halve what may be left out at the end: a shorter plan makes every further try shorter, too."""
    fewest, most = 0, len(plan.events)
    while most - fewest > 1:
        middle = (fewest + most) // 2
        found = tried([_first(plan, middle)])
        if found is not None:
            plan, most = found, middle
        else:
            fewest = middle
    return plan


def _first(plan: Plan, count: int) -> Plan:
    events = plan.events[:count]
    return replace(plan, events=events, lasts=min(plan.lasts, max((each.at for each in events), default=0) + 1))


def _without_accounts(plan: Plan) -> Iterator[Plan]:
    """Let one account follow nobody; it stays, since events name accounts by their number."""
    for number, account in enumerate(plan.accounts):
        if account.follows:
            idle = (*plan.accounts[:number], replace(account, follows=()), *plan.accounts[number + 1 :])
            events = tuple(each for each in plan.events if each.what.get("account") != number)
            yield replace(plan, accounts=idle, events=events)


def _without_kinds(plan: Plan) -> Iterator[Plan]:
    for kind in sorted({_kind(each) for each in plan.events}):
        yield replace(plan, events=tuple(each for each in plan.events if _kind(each) != kind))


def _kind(event: Event) -> str:
    return event.kind.partition("_")[0]


def _thinned(plan: Plan, size: int, tried: Tried) -> Plan:
    """Leave out so many events in a row wherever that is possible, from the last ones to the first."""
    end = len(plan.events)
    while end > 0:
        cuts = [(at, replace(plan, events=_cut(plan.events, at, size))) for at in range(end, 0, -size)]
        found = tried(shorter for _, shorter in cuts)
        if found is None:
            return plan
        plan, end = found, next(at for at, shorter in cuts if shorter is found) - size
    return plan


def _cut(events: tuple[Event, ...], end: int, size: int) -> tuple[Event, ...]:
    return events[: max(0, end - size)] + events[end:]
