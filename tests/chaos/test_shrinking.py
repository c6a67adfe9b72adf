"""A failing plan is shrunk to what it fails by, within what may be tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tests.chaos.drawing import plan_of
from tests.chaos.plan import Event, Plan
from tests.chaos.shrinking import Budget, shrunk

PLAN = replace(plan_of(7), events=tuple(Event(at, "kill" if at % 2 else "pause") for at in range(40)), lasts=90)
NEEDED = {3, 29}


class Tries:
    """Fails where all of some events are left; notes what was tried."""

    def __init__(self, fails: Callable[[Plan], bool]) -> None:
        self.fails = fails
        self.batches: list[int] = []

    def __call__(self, plans: Sequence[Plan]) -> Plan | None:
        self.batches.append(len(plans))
        return next((each for each in plans if self.fails(each)), None)


def needed(plan: Plan) -> bool:
    return {each.at for each in plan.events} >= NEEDED


def test_a_plan_is_shrunk_to_the_events_and_the_time_without_which_it_would_not_fail() -> None:
    core = shrunk(PLAN, Tries(needed), Budget())
    assert {each.at for each in core.events} == NEEDED and core.lasts == 30


def test_accounts_that_do_not_matter_follow_nobody() -> None:
    core = shrunk(PLAN, Tries(lambda plan: needed(plan) and bool(plan.accounts[1].follows)), Budget())
    assert [bool(each.follows) for each in core.accounts] == [False, True, False]


def test_shrinking_takes_far_fewer_tries_than_there_are_pairs_of_events() -> None:
    tries = Tries(needed)
    shrunk(PLAN, tries, Budget())
    assert sum(tries.batches) < 60


def test_what_was_found_by_the_end_of_the_budget_is_the_answer() -> None:
    tries = Tries(needed)
    core = shrunk(PLAN, tries, Budget(tries=8))
    assert sum(tries.batches) <= 8 and needed(core) and len(core.events) < len(PLAN.events)
    assert shrunk(PLAN, tries, Budget(seconds=0)) == PLAN


def test_plans_are_tried_side_by_side() -> None:
    tries = Tries(needed)
    assert needed(shrunk(PLAN, tries, Budget(), jobs=4)) and max(tries.batches) == 4
