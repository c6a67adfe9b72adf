"""The share of position-time with a stop on the exchange."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from nof1web.core.covering import Cover, sampled
from tests.core.scene import NOW


def later(seconds: int, before: Cover, **seen: int) -> Cover:
    return sampled(before, before.at + timedelta(seconds=seconds), **seen)


def test_two_holdings_of_which_one_is_bare_for_a_second_of_ten_are_protected_for_95_percent() -> None:
    both = later(1, later(0, Cover("t", NOW), held=2, covered=1), held=2, covered=2)
    assert later(9, both, held=2, covered=2).share == Decimal(95)


def test_without_a_holding_there_is_no_share_and_time_is_not_counted() -> None:
    empty = later(100, Cover("t", NOW), held=1, covered=1)
    assert empty.share is None and later(1, empty, held=0, covered=0).share == 100


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    held = later(0, Cover("t", NOW), held=1, covered=1)
    assert later(-5, held, held=1, covered=0).held_time == timedelta(0)
