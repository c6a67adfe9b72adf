"""A limit that trackers have in common binds all of them, whichever of them it was set for (rule 10)."""

from __future__ import annotations

import pytest

from nof1web.core import settings
from nof1web.core.plan import decide
from nof1web.core.refusals import Code
from tests.core.scene import a_signal, a_signal_position, a_snapshot, a_view, d, the_order
from tests.core.several import ETH, another

CAPS = {"credential_cap": Code.CREDENTIAL_CAP, "user_cap": Code.USER_CAP}


@pytest.mark.parametrize("cap", CAPS)
def test_a_limit_in_common_set_for_one_tracker_cuts_anothers_entry(cap: str) -> None:
    free = a_view(a_signal(a_signal_position()))
    bound = another(a_view(a_signal(), **{cap: "70"}))
    made = the_order(decide(a_snapshot(free, bound)))
    assert made.delta == d("0.07") and made.explanation["cut"] == CAPS[cap]


@pytest.mark.parametrize("cap", CAPS)
def test_of_several_limits_in_common_the_smallest_holds_for_all_together(cap: str) -> None:
    first = a_view(a_signal(a_signal_position()), **{cap: "150"})
    second = another(a_view(a_signal(a_signal_position(symbol=ETH)), **{cap: "900"}))
    plan = decide(a_snapshot(first, second))
    assert [order.delta for order in plan.orders] == [d("0.1"), d("0.05")]


def test_a_trackers_own_limit_is_nobody_elses() -> None:
    free = a_view(a_signal(a_signal_position()))
    bound = another(a_view(a_signal(), tracker_cap="70", symbol_cap="60", order_cap="55"))
    assert the_order(decide(a_snapshot(free, bound))).delta == d("0.1")


def test_the_least_of_kept_limits_passes_over_what_says_none() -> None:
    assert settings.least("user_cap", ["", "inherited", "900", "70.5", "soon"]) == d("70.5")
    assert settings.least("user_cap", ["", "inherited"]) is None
