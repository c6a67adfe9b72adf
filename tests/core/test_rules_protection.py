"""Protection (DESIGN §5 Sending): which stops and targets should rest, and how to get there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nof1web.core import settings
from nof1web.core.protection import Steps, Wanted, breached, steps, wanted
from nof1web.core.records import Epoch, Protection, ProtectionStatus
from nof1web.core.signals import SignalPosition
from nof1web.core.trading import Leg, Side
from tests.core.scene import NOW, a_signal_position, an_epoch, an_instrument, d


def price(value: object, sign: int) -> str:
    return str(1000 + (d(value) - 1000) * sign)


def held(sign: int) -> Epoch:
    return an_epoch(d("0.1") * sign)


def shown(sign: int, stop: object = 950, target: object = 1100, **more: Any) -> SignalPosition:
    levels: dict[str, Any] = {"stop": d(price(stop, sign)), "target": d(price(target, sign))}
    return replace(a_signal_position(sign), **(levels | more))


def legs(sign: int, position: SignalPosition | None, *present: Protection, **chosen: str) -> dict[Leg, str]:
    """Return the triggers wanted, by leg, on the scale of a long."""
    found = wanted(held(sign), position, settings.parse(chosen), an_instrument(), present)
    assert {each.quantity for each in found} <= {d("0.1")} and {each.side for each in found} <= {Side.of(d(-sign))}
    return {each.leg: str(d(price(each.trigger, sign)).quantize(d("0.1"))) for each in found}


def resting(leg: Wanted, **more: Any) -> Protection:
    size, at = (leg.quantity, leg.trigger), NOW
    made = Protection("n1", "c1", "t1", "BTCUSDT", "e1", leg.leg, leg.side, *size, ProtectionStatus.RESTING, at)
    return replace(made, **more)


def test_the_agents_stop_and_target_are_copied(sign: int) -> None:
    assert legs(sign, shown(sign)) == {Leg.STOP: "950.0", Leg.TARGET: "1100.0"}


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"own_stop": "30", "own_target": "50"}, {Leg.STOP: "970.0", Leg.TARGET: "1050.0"}),
        ({"own_stop": "80", "own_target": "200"}, {Leg.STOP: "950.0", Leg.TARGET: "1100.0"}),
        ({"own_stop": "80", "copy_protection": "off"}, {Leg.STOP: "920.0"}),
        ({"copy_protection": "off"}, {}),
    ],
)
def test_of_the_agents_and_the_own_the_nearer_counts(sign: int, chosen: dict[str, str], expected: object) -> None:
    assert legs(sign, shown(sign), **chosen) == expected


@pytest.mark.parametrize("changes", [{"epoch": "e2"}, {"quantity": d(0)}])
def test_while_the_signal_cannot_tell_the_legs_stay_as_they_rest(sign: int, changes: dict[str, Any]) -> None:
    stop = wanted(held(sign), shown(sign), settings.parse({}), an_instrument(), ())[0]
    assert legs(sign, shown(sign, stop=900, **changes), resting(stop)) == {Leg.STOP: "950.0"}
    assert legs(sign, None, resting(stop)) == {Leg.STOP: "950.0"}
    assert legs(sign, None, resting(stop, status=ProtectionStatus.CANCELLED)) == {}


def test_an_own_stop_does_not_depend_on_the_signal(sign: int) -> None:
    assert legs(sign, None, own_stop="30") == {Leg.STOP: "970.0"}


def test_without_a_holding_nothing_rests(sign: int) -> None:
    assert wanted(an_epoch(0), shown(sign), settings.parse({}), an_instrument(), ()) == ()


def test_what_fits_is_left_alone(sign: int) -> None:
    stop, target = wanted(held(sign), shown(sign), settings.parse({}), an_instrument(), ())
    present = (resting(stop), resting(target, client_algo_id="n2"))
    assert steps((stop, target), present) == Steps((), ())


@pytest.mark.parametrize("changes", [{"quantity": d("0.05")}, {"trigger": d(940)}])
def test_a_leg_that_changed_is_placed_anew_and_the_old_one_cancelled(sign: int, changes: dict[str, Any]) -> None:
    (stop,) = wanted(held(sign), shown(sign, target=0), settings.parse({}), an_instrument(), ())[:1]
    old = resting(stop, **changes)
    assert steps((stop,), (old,)) == Steps((stop,), (old,))


def test_a_second_leg_of_the_same_kind_is_cancelled(sign: int) -> None:
    (stop,) = wanted(held(sign), shown(sign), settings.parse({}), an_instrument(), ())[:1]
    twice = (resting(stop), resting(stop, client_algo_id="n2"))
    assert steps((stop,), twice) == Steps((), twice[1:])


def test_a_leg_is_breached_where_its_price_already_is(sign: int) -> None:
    stop, target = wanted(held(sign), shown(sign), settings.parse({}), an_instrument(), ())
    prices = {950: (True, False), "950.1": (False, False), "1099.9": (False, False), 1100: (False, True)}
    for value, expected in prices.items():
        mark = d(price(value, sign))
        assert (breached(stop, mark), breached(target, mark)) == expected
