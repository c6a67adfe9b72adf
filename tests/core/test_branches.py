"""Turns of the core that no rule's own tests take: protection's legs, what a record may say, odd previews."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nof1web.core import protection, settings
from nof1web.core.entries import window_ends
from nof1web.core.history import Protection, ProtectionStatus
from nof1web.core.plan import decide
from nof1web.core.preview import preview
from nof1web.core.protection import Wanted
from nof1web.core.rounding import limit_price, plain, to_tick
from nof1web.core.signals import AgentRecord, RecordedPosition, plausible
from nof1web.core.trading import Leg, Side
from tests.core.scene import NOW, a_signal, a_signal_position, a_snapshot, a_view, an_epoch, an_instrument, code, d

STOP, TARGET = Leg.STOP, Leg.TARGET
LONG = a_signal_position("0.1", stop=d(950), target=d(1100))
SHORT = a_signal_position("-0.1", stop=d(1050), target=d(900))


def resting(leg: Leg = STOP, trigger: object = 950, **more: Any) -> Protection:
    made = Protection(
        f"n-{leg}", "c1", "t1", "BTCUSDT", "e1", leg, Side.SELL, d("0.1"), d(trigger), ProtectionStatus.RESTING, NOW
    )
    return replace(made, **more)


def triggers(position: Any, *present: Protection, quantity: object = "0.1", **chosen: str) -> dict[Leg, Any]:
    """Return the wanted triggers of a holding opened at 1000 with 10x, by leg."""
    legs = protection.wanted(an_epoch(quantity), position, settings.parse(chosen), an_instrument(), present)
    side = Side.SELL if d(quantity) > 0 else Side.BUY
    assert all((leg.quantity, leg.side) == (abs(d(quantity)), side) for leg in legs)
    return {leg.leg: leg.trigger for leg in legs}


@pytest.mark.parametrize(
    ("position", "chosen", "expected"),
    [
        (LONG, {}, {STOP: 950, TARGET: 1100}),
        (SHORT, {}, {STOP: 1050, TARGET: 900}),
        (LONG, {"own_stop": "30", "own_target": "200"}, {STOP: 970, TARGET: 1100}),
        (LONG, {"own_stop": "80", "own_target": "60"}, {STOP: 950, TARGET: 1060}),
        (SHORT, {"own_stop": "30", "own_target": "200"}, {STOP: 1030, TARGET: 900}),
        (SHORT, {"own_stop": "80", "own_target": "60"}, {STOP: 1050, TARGET: 940}),
        (replace(LONG, stop=None), {"own_stop": "20"}, {STOP: 980, TARGET: 1100}),
        (LONG, {"own_stop": "20", "copy_protection": "off"}, {STOP: 980}),
        (replace(LONG, stop=None, target=None), {}, {}),
    ],
)
def test_of_the_agents_and_the_own_leg_the_nearer_to_the_entry_is_wanted(
    position: Any, chosen: dict[str, str], expected: dict[Leg, int]
) -> None:
    assert triggers(position, quantity=position.quantity, **chosen) == expected


@pytest.mark.parametrize("position", [None, replace(LONG, epoch="e2"), replace(LONG, quantity=d(0))])
def test_while_the_signal_cannot_tell_the_agents_legs_they_stay_as_they_rest(position: Any) -> None:
    fired = resting(TARGET, 1200, status=ProtectionStatus.FIRED)
    assert triggers(position, resting(), fired) == {STOP: 950}
    assert triggers(position, resting(), own_stop="80", own_target="60") == {STOP: 950, TARGET: 1060}


def test_nothing_held_wants_no_protection() -> None:
    assert protection.wanted(an_epoch(0), LONG, settings.parse({}), an_instrument(), (resting(),)) == ()


def test_a_trigger_lies_on_the_tick_and_above_zero() -> None:
    assert triggers(replace(LONG, stop=d("950.123"))) == {STOP: d("950.1"), TARGET: 1100}
    assert triggers(SHORT, quantity="-0.1", own_target="2000", copy_protection="off") == {}


def test_a_leg_that_fits_is_left_alone() -> None:
    leg = Wanted(STOP, Side.SELL, d("0.1"), d(950))
    assert protection.steps((leg,), (resting(),)) == protection.Steps((), ())


@pytest.mark.parametrize("change", [{"trigger": d(940)}, {"quantity": d("0.2")}, {"side": Side.BUY}])
def test_a_leg_that_does_not_fit_is_placed_anew_and_the_old_one_cancelled(change: dict[str, Any]) -> None:
    leg, old = Wanted(STOP, Side.SELL, d("0.1"), d(950)), resting(**change)
    assert protection.steps((leg,), (old,)) == protection.Steps((leg,), (old,))


def test_a_leg_nobody_wants_is_cancelled_and_one_that_ended_is_not() -> None:
    old, gone = resting(), resting(TARGET, status=ProtectionStatus.CANCELLED)
    assert protection.steps((), (old, gone)) == protection.Steps((), (old,))


@pytest.mark.parametrize(
    ("leg", "side", "reached", "short_of_it"),
    [
        (STOP, Side.SELL, 950, 951),
        (STOP, Side.BUY, 950, 949),
        (TARGET, Side.SELL, 950, 949),
        (TARGET, Side.BUY, 950, 951),
    ],
)
def test_a_leg_is_breached_at_its_trigger(leg: Leg, side: Side, reached: int, short_of_it: int) -> None:
    wanted = Wanted(leg, side, d("0.1"), d(950))
    assert protection.breached(wanted, d(reached)) and not protection.breached(wanted, d(short_of_it))


POSITION = RecordedPosition("BTCUSDT", d(1), d(1000), 10, "7")
RECORD = AgentRecord("grok", NOW, d(10000), (POSITION,))


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": d("NaN")},
        {"quantity": d("1e16")},
        {"entry_price": d(0)},
        {"entry_price": d("1e13")},
        {"leverage": 0},
        {"leverage": 1001},
        {"stop": d("Infinity")},
        {"target": d("1e-13")},
        {"entry_oid": "7" * 201},
        {"symbol": "half \ud800 a pair"},
    ],
)
def test_a_position_that_cannot_be_true_makes_its_record_implausible(change: dict[str, Any]) -> None:
    assert plausible(RECORD)
    assert not plausible(replace(RECORD, positions=(replace(POSITION, **change),)))


@pytest.mark.parametrize(
    "change",
    [
        {"equity": d("sNaN")},
        {"equity": d("9.1e10")},
        {"agent": "g" * 201},
        {"positions": (POSITION, POSITION)},
        {"unmapped": tuple(map(str, range(500)))},
    ],
)
def test_a_record_that_cannot_be_kept_is_implausible(change: dict[str, Any]) -> None:
    assert not plausible(replace(RECORD, **change))


def test_of_a_position_given_back_only_its_quantity_counts() -> None:
    assert plausible(replace(RECORD, positions=(replace(POSITION, quantity=d(0), entry_price=d(0), leverage=0),)))


def test_a_limit_is_rounded_towards_the_mark() -> None:
    coarse = an_instrument(tick=d("0.5"))
    assert limit_price(d("1000.3"), Side.BUY, d("0.1"), coarse) == d(1001)
    assert limit_price(d("1000.3"), Side.SELL, d("0.1"), coarse) == d("999.5")
    assert to_tick(d("1000.3"), d("0.5")) == d("1000.5")


def test_a_number_is_written_without_exponent_and_trailing_zeros() -> None:
    assert [plain(d(each)) for each in ("1e3", "1.500", "100", "-0.0010")] == ["1000", "1.5", "100", "-0.001"]


@pytest.mark.parametrize("chosen", [{"deny": "BTCUSDT"}, {"sizing": "risk_at_stop"}])
def test_what_waits_to_grow_is_missed_when_it_could_not_be_entered_anyway(chosen: dict[str, str]) -> None:
    seen_at = NOW - timedelta(minutes=50)
    position = a_signal_position("0.1", first_seen_at=seen_at, changed_at=seen_at)
    waiting = a_view(a_signal(position), below_minimum="accumulate")
    assert code(decide(a_snapshot(waiting))) == "accumulating"
    assert code(decide(a_snapshot(a_view(a_signal(position), below_minimum="accumulate", **chosen)))) == "missed"


def test_a_tracker_that_never_started_has_the_window_of_the_change() -> None:
    view = a_view(a_signal(LONG))
    unstarted = replace(view, tracker=replace(view.tracker, started_at=None))
    assert window_ends(unstarted, LONG) == LONG.changed_at + timedelta(seconds=view.settings.max_signal_age)


def test_without_an_account_a_preview_still_tells_the_smallest_budget() -> None:
    small = a_snapshot(a_view(a_signal(a_signal_position()), total_margin="100", mode="shadow"), account=None)
    told = preview(small, "t1")
    assert (told.uncovered, told.smallest_budget, told.budget) == (("BTCUSDT",), 500, 100)
