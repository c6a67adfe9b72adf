"""Carries out one run of many: whatever comes of it, there is an outcome."""

from __future__ import annotations

import traceback

from tests.chaos import broken
from tests.chaos.drawing import plan_of
from tests.chaos.outcome import Outcome
from tests.chaos.plan import Plan
from tests.chaos.running import run


def carried_out(plan: Plan, build: str | None = None, *, lines: list[str] | None = None) -> Outcome:
    """Run a plan, on a broken build if one is named; what a job dies of is a violation too."""
    try:
        with broken.build(build):
            return run(plan, lines=lines)
    except Exception:
        outcome = Outcome(plan.seed)
        outcome.add("died", ["a job failed with a trace:\n" + traceback.format_exc(limit=-8)])
        return outcome


def of_plan(asked: tuple[Plan, str | None]) -> Outcome:
    """Run a plan, on a broken build if one is named."""
    return carried_out(*asked)


def of_seed(asked: tuple[int, str | None]) -> Outcome:
    """Run the plan of a seed, on a broken build if one is named."""
    seed, build = asked
    return carried_out(plan_of(seed), build)
