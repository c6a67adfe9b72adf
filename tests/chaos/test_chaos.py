"""Some of the runs of `make chaos`, and builds with something taken out, which it has to find out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.carrying import carried_out
from tests.chaos.drawing import plan_of
from tests.chaos.plan import Plan
from tests.chaos.seeds import FOUND, TESTED_APART
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


@pytest.mark.long
@pytest.mark.parametrize("seed", TESTED_APART)
def test_what_has_a_test_of_its_own_is_right_in_the_run_that_found_it(seed: int) -> None:
    assert not carried_out(plan_of(seed)).wrong, TESTED_APART[seed]


@pytest.mark.parametrize(
    ("build", "seed", "broken"),
    [
        ("journal_after_send", 42, {"journaled_first"}),
        ("resend_on_timeout", 26, {"entered_once"}),
        ("no_fence", 127, {"wrote_late", "sent_late"}),
    ],
)
def test_a_build_without_what_keeps_orders_right_is_found_out(build: str, seed: int, broken: set[str]) -> None:
    assert broken <= carried_out(short(seed), build).broken.keys()
    assert not carried_out(short(seed)).wrong


def test_a_seed_gives_the_same_story_each_time() -> None:
    lines: tuple[list[str], list[str]] = ([], [])
    for each in lines:
        carried_out(short(7), lines=each)
    assert lines[0] == lines[1] and plan_of(7) != plan_of(8)


