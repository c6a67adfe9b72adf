"""Which stop is judged against the liquidation price: the one that will rest (rule 10)."""

from __future__ import annotations

from typing import Any

import pytest

from nof1web.core import stops
from nof1web.core.plan import decide
from nof1web.core.refusals import Code
from nof1web.core.snapshot import Draft
from tests.core.scene import (
    NOW,
    a_signal,
    a_signal_position,
    a_snapshot,
    a_view,
    an_account,
    an_epoch,
    code,
    d,
    the_order,
)

ISOLATED: dict[str, Any] = {"account": an_account(isolated=frozenset({"BTCUSDT"}))}


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("chosen", "stop", "way"),
    [
        ({}, 40, 40),
        ({}, None, None),
        ({"own_stop": "30"}, 40, 30),
        ({"own_stop": "50"}, 40, 40),
        ({"own_stop": "50"}, None, 50),
        ({"own_stop": "50", "copy_protection": "off"}, 40, 50),
        ({"copy_protection": "off"}, 40, 40),
    ],
)
def test_the_nearer_of_both_stops_rests(sign: int, chosen: dict[str, str], stop: int | None, way: int | None) -> None:
    position = a_signal_position(sign, stop=None if stop is None else d(1000 - stop * sign))
    view = a_view(a_signal(position), **chosen)
    found = stops.resting(a_snapshot(view), view, position, (d(sign), 10))
    assert found == (0 if way is None else 1000 - way * sign)


def test_an_own_stop_is_reckoned_from_the_entry_the_holding_will_have() -> None:
    view = a_view(a_signal(a_signal_position()), an_epoch(1, entry_price=d(900)), own_stop="50")
    assert stops.resting(a_snapshot(view), view, a_signal_position(), (d(2), 10)) == d("902.5")
    assert stops.resting(a_snapshot(view), view, a_signal_position(), (d(1), 10)) == d(855)


def test_a_far_stop_of_the_agents_is_no_danger_behind_a_nearer_own_one() -> None:
    far = a_signal_position(stop=d(905))  # isolated at 10x: gone at 904
    assert the_order(decide(a_snapshot(a_view(a_signal(far), own_stop="50"), **ISOLATED))).leverage == 10
    assert the_order(decide(a_snapshot(a_view(a_signal(far), total_margin="2000"), **ISOLATED))).leverage < 10


def test_an_own_stop_beyond_the_liquidation_is_refused_and_named() -> None:
    plan = decide(a_snapshot(a_view(a_signal(a_signal_position(-1)), own_stop="95"), **ISOLATED))
    assert code(plan) == Code.STOP_BEYOND_LIQUIDATION and not plan.orders
    assert plan.verdicts[0].numbers["stop"] == "1095"


def test_without_any_stop_nothing_is_judged() -> None:
    view = a_view(a_signal(a_signal_position()))
    assert stops.are_safe(Draft(NOW), a_snapshot(view, **ISOLATED), view, a_signal_position(), (d(1000), 100))
