"""Some of the runs of `make chaos`, and builds with something taken out, which it has to find out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.carrying import carried_out
from tests.chaos.drawing import plan_of
from tests.chaos.plan import Event, Plan
from tests.chaos.seeds import FOUND
from tests.chaos.shrinking import shrunk
from tests.chaos.table import table

LASTS, SETTLES = 24, 60
Told = Callable[[str, object], None]


def short(seed: int) -> Plan:
    """A seed's plan, told in less time."""
    return replace(plan_of(seed, lasts=LASTS), settles=SETTLES)


@pytest.mark.parametrize("seeds", [range(20), pytest.param(range(20, 80), marks=pytest.mark.long)])
def test_whatever_goes_wrong_nothing_is_wrong_afterwards(seeds: range, record_property: Told) -> None:
    outcomes = [carried_out(short(seed)) for seed in seeds]
    record_property("short runs of chaos", "\n".join(table(outcomes)))
    assert not [(each.seed, each.wrong) for each in outcomes if each.wrong]


@pytest.mark.parametrize("seed", FOUND)
def test_what_a_seed_once_found_wrong_is_right(seed: int) -> None:
    assert not carried_out(replace(plan_of(seed), settles=SETTLES)).wrong, FOUND[seed]


@pytest.mark.parametrize(("build", "seed"), [("journal_after_send", 42), ("resend_on_timeout", 26), ("no_fence", 127)])
def test_a_build_without_what_keeps_orders_right_is_found_out(build: str, seed: int) -> None:
    assert carried_out(short(seed), build).wrong
    assert not carried_out(short(seed)).wrong


def test_a_seed_gives_the_same_story_each_time() -> None:
    lines: tuple[list[str], list[str]] = ([], [])
    for each in lines:
        carried_out(short(7), lines=each)
    assert lines[0] == lines[1] and plan_of(7) != plan_of(8)


def test_a_plan_is_shrunk_to_the_events_without_which_it_would_not_fail() -> None:
    plan = replace(plan_of(7), events=tuple(Event(at, "kill") for at in range(40)))

    def fails(shorter: Plan) -> bool:
        return {3, 29} <= {each.at for each in shorter.events}

    assert [each.at for each in shrunk(plan, fails).events] == [3, 29]
