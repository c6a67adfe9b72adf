"""Own stops and targets beside the agent's: the nearer one rests (DESIGN §5 Protection)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nof1web.core import settings
from nof1web.core.protection import breached, wanted
from nof1web.core.records import Epoch, Protection, ProtectionStatus
from nof1web.core.signals import SignalPosition
from nof1web.core.trading import Leg, Side
from tests.core.scene import NOW, a_signal_position, an_epoch, an_instrument, d

OWN = {"own_stop": "20", "own_target": "50"}
# Entry 1000 with 10x: 20 % of the margin is lost 2 % away, 50 % earned 5 % away.
STOP, TARGET = {1: 980, -1: 1020}, {1: 1050, -1: 950}
signs = pytest.mark.parametrize("sign", [1, -1], ids=["long", "short"])


def legs(
    epoch: Epoch, position: SignalPosition | None, *present: Protection, **chosen: str
) -> dict[Leg, tuple[Side, Decimal, Decimal]]:
    found = wanted(epoch, position, settings.parse(chosen), an_instrument(), present)
    return {each.leg: (each.side, each.quantity, each.trigger) for each in found}


def triggers(epoch: Epoch, position: SignalPosition | None, *present: Protection, **chosen: str) -> dict[Leg, Decimal]:
    return {leg: trigger for leg, (_, _, trigger) in legs(epoch, position, *present, **chosen).items()}


def held(sign: int) -> Epoch:
    return an_epoch(d("0.1") * sign, reference_quantity=d(sign))


def agents(sign: int, stop: object = None, target: object = None) -> SignalPosition:
    def price(away: object) -> Decimal | None:
        return None if away is None else 1000 + sign * d(away)

    return a_signal_position(sign, stop=price(stop), target=price(target))


def resting(sign: int, leg: Leg, away: object, status: ProtectionStatus = ProtectionStatus.RESTING) -> Protection:
    side = Side.SELL if sign > 0 else Side.BUY
    return Protection("a1", "c1", "t1", "BTCUSDT", "e1", leg, side, d("0.1"), 1000 + sign * d(away), status, NOW)


@signs
def test_without_an_agents_own_ones_rest_on_the_whole_holding(sign: int) -> None:
    side = Side.SELL if sign > 0 else Side.BUY
    assert legs(held(sign), agents(sign), **OWN) == {
        Leg.STOP: (side, d("0.1"), STOP[sign]),
        Leg.TARGET: (side, d("0.1"), TARGET[sign]),
    }


@signs
@pytest.mark.parametrize(
    ("stop", "target", "nearer_stop", "nearer_target"),
    [(-10, 20, -10, 20), (-60, 90, -20, 50), (-10, 90, -10, 50), (-60, None, -20, 50), (-20, 50, -20, 50)],
)
def test_the_nearer_of_the_agents_and_the_own_one_rests(
    sign: int, stop: int, target: int | None, nearer_stop: int, nearer_target: int
) -> None:
    found = triggers(held(sign), agents(sign, stop, target), **OWN)
    assert found == {Leg.STOP: 1000 + sign * nearer_stop, Leg.TARGET: 1000 + sign * nearer_target}


@signs
def test_where_the_agents_are_not_copied_the_own_ones_rest_alone(sign: int) -> None:
    close = agents(sign, -1, 1)
    assert triggers(held(sign), close, copy_protection="off", own_stop="20") == {Leg.STOP: STOP[sign]}
    assert triggers(held(sign), close, copy_protection="off") == {}


@signs
def test_while_the_signal_cannot_tell_what_rests_stays(sign: int) -> None:
    rests = (resting(sign, Leg.STOP, -7), resting(sign, Leg.TARGET, 90))
    gone: SignalPosition | None
    for gone in (None, a_signal_position(sign, epoch="e2"), a_signal_position(0)):
        assert triggers(held(sign), gone, *rests, **OWN) == {Leg.STOP: 1000 - 7 * sign, Leg.TARGET: 1000 + 90 * sign}


@signs
def test_while_the_signal_cannot_tell_and_nothing_rests_the_own_ones_are_placed(sign: int) -> None:
    failed = resting(sign, Leg.STOP, -7, ProtectionStatus.FAILED)
    assert triggers(held(sign), None, failed, **OWN) == {Leg.STOP: STOP[sign], Leg.TARGET: TARGET[sign]}


@signs
def test_an_own_stop_lies_a_share_of_the_holdings_own_margin_away(sign: int) -> None:
    once = an_epoch(d("0.1") * sign, leverage=1)
    assert triggers(once, agents(sign), own_stop="20") == {Leg.STOP: 1000 - 200 * sign}
    assert triggers(once, agents(sign), own_target="150").get(Leg.TARGET) == (2500 if sign > 0 else None)


@signs
def test_an_unknown_entry_price_leaves_only_the_agents(sign: int) -> None:
    unknown = an_epoch(d("0.1") * sign, entry_price=None)
    assert triggers(unknown, agents(sign, -10), **OWN) == {Leg.STOP: 1000 - 10 * sign}


@signs
def test_what_is_not_held_wants_no_protection(sign: int) -> None:
    assert legs(an_epoch(0), agents(sign, -10, 20), **OWN) == {}


@signs
def test_a_leg_is_breached_from_its_trigger_on(sign: int) -> None:
    stop, target = resting(sign, Leg.STOP, -20), resting(sign, Leg.TARGET, 50)
    assert [breached(stop, 1000 + sign * d(away)) for away in (-19, -20, -21)] == [False, True, True]
    assert [breached(target, 1000 + sign * d(away)) for away in (49, 50, 51)] == [False, True, True]
