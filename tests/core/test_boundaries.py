"""At the very number where a comparison turns: brackets, liquidation, whether a stop is safe."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nof1web.core import liquidation, stops
from nof1web.core.snapshot import Draft, Wish
from nof1web.core.trading import Bracket, MarginMode, Position, PositionSide
from tests.core.scene import (
    NOW,
    a_signal,
    a_signal_position,
    a_snapshot,
    a_view,
    an_account,
    an_epoch,
    an_instrument,
    d,
)

INSTRUMENT = an_instrument()
NEVER = d(0)


def a_position(quantity: object, margin: object = 100, symbol: str = "BTCUSDT") -> Position:
    return Position(symbol, PositionSide.BOTH, d(quantity), d(1000), d(1000), d(0), d(0), d(margin))


@pytest.mark.parametrize(
    ("notional", "rate", "saved", "kept"),
    [(50000, "0.004", 0, 200), (50001, "0.01", 300, "200.01"), (60000, "0.01", 300, 300), (0, "0.004", 0, 0)],
)
def test_a_bracket_reaches_up_to_its_cap(notional: int, rate: str, saved: int, kept: object) -> None:
    assert liquidation.rate_and_cum(INSTRUMENT, d(notional)) == (d(rate), saved)
    assert liquidation.maintenance(INSTRUMENT, d(notional)) == d(kept)


def test_maintenance_is_never_below_zero() -> None:
    odd = an_instrument(brackets=(Bracket(d(100), 125, d("0.5")), Bracket(d(10**9), 20, d("0.9"))))
    assert liquidation.maintenance(replace(odd, brackets=odd.brackets[1:]), d(0)) == 0
    assert liquidation.maintenance(odd, d(101)) == d("50.9")


@pytest.mark.parametrize(
    ("sides", "spare", "price"),
    [
        ((1,), 500, "502.01"),
        ((-1,), 500, "1494.02"),
        ((2, -1), 500, "506.07"),
        ((-1, 2), 500, 0),
        ((1, -1), 500, 0),
        ((-1, 1), 500, 62500),
        ((0, -1), 500, "1494.02"),
        ((0,), 500, 0),
        ((1,), 1100, 0),
        ((1,), 5, "999.00"),
        ((1,), 3, 1000),
        ((-1,), 3, 1000),
        ((60,), 4000, "937.71"),
    ],
)
def test_a_cross_position_is_liquidated_where_the_balance_meets_the_maintenance(
    sides: tuple[int, ...], spare: int, price: object
) -> None:
    found = liquidation.crossed(INSTRUMENT, tuple(map(d, sides)), d(1000), d(spare))
    assert round(found, 2) == d(price)


@pytest.mark.parametrize(("quantity", "price"), [(1, "903.61"), (-1, "1095.62")])
def test_an_isolated_position_is_liquidated_by_its_own_margin(quantity: int, price: str) -> None:
    assert round(liquidation.isolated(INSTRUMENT, d(quantity), d(1000), 10), 2) == d(price)


def test_other_symbols_keep_their_maintenance_and_unknown_ones_none() -> None:
    notionals = {("BTCUSDT", True): d(1000), ("ETHUSDT", False): d(2000), ("NEWUSDT", True): d(5000)}
    known = dict.fromkeys(("BTCUSDT", "ETHUSDT"), INSTRUMENT)
    assert liquidation.others(known, notionals, "BTCUSDT") == 8


@pytest.mark.parametrize(
    ("stop", "price", "long", "safe"),
    [(920, 900, True, True), (919, 900, True, False), (1080, 1100, False, True), (1081, 1100, False, False),
     (10, 0, True, True), (10**6, 0, False, True), (999, 1000, True, False)],
)  # fmt: skip
def test_a_stop_is_safe_up_to_four_fifths_of_the_way(stop: int, price: int, long: bool, safe: bool) -> None:
    assert liquidation.stop_is_safe(d(1000), d(stop), d(price), long=long) is safe


CROSSED, ISOLATED = MarginMode.CROSSED, MarginMode.ISOLATED
FOREIGN = {("BTCUSDT", True): d(1)}


@pytest.mark.parametrize(
    ("chosen", "isolated", "world", "modes"),
    [
        ("", None, {}, {CROSSED, ISOLATED}),
        ("", frozenset({"ETHUSDT"}), {}, {CROSSED}),
        ("", frozenset({"BTCUSDT"}), {}, {ISOLATED}),
        ("CROSSED", frozenset({"BTCUSDT"}), {}, {CROSSED}),
        ("ISOLATED", None, {}, {ISOLATED}),
        ("ISOLATED", None, {"foreign": FOREIGN}, {CROSSED, ISOLATED}),
        ("ISOLATED", frozenset(), {"foreign": FOREIGN}, {CROSSED}),
        ("ISOLATED", frozenset(), {"foreign": FOREIGN, "armed": False}, {ISOLATED}),
    ],
)
def test_the_margin_mode_is_the_one_that_is_set_the_accounts_or_not_known(
    chosen: str, isolated: Any, world: dict[str, Any], modes: set[MarginMode]
) -> None:
    view = a_view(a_signal(a_signal_position()), margin_mode=chosen)
    snapshot = a_snapshot(view, account=an_account(isolated=isolated), **world)
    assert stops.margin_modes(snapshot, view, "BTCUSDT") == modes


def test_a_margin_mode_chosen_while_something_is_held_counts_beside_the_accounts() -> None:
    view = a_view(a_signal(a_signal_position()), an_epoch(), margin_mode="ISOLATED")
    assert stops.margin_modes(a_snapshot(view), view, "BTCUSDT") == {CROSSED, ISOLATED}


@pytest.mark.parametrize(("isolated", "safe"), [(None, False), (frozenset(), True), (frozenset({"BTCUSDT"}), False)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_stop_has_to_be_safe_under_every_margin_mode_there_may_be(sign: int, isolated: Any, safe: bool) -> None:
    position = a_signal_position(sign, stop=d(1000 - 90 * sign))  # isolated at 10x: gone at 904 or 1096
    view = a_view(a_signal(position))
    snapshot = a_snapshot(view, account=an_account(isolated=isolated))
    assert stops.are_safe(Draft(NOW), snapshot, view, position, (d(sign), 10)) is safe


def wish(target: object, held: object = 0, symbol: str = "ETHUSDT", *, view: Any) -> Wish:
    position = a_signal_position(target, symbol=symbol)
    return Wish(view, position, INSTRUMENT, d(1000), d(target), d(held), 10, True)


def test_what_is_spare_counts_every_other_position_and_this_plans_entries() -> None:
    view = a_view(a_signal(a_signal_position()))
    snapshot = a_snapshot(view, positions=(a_position(-2, symbol="ETHUSDT"), a_position(3)))
    draft = Draft(NOW)
    assert stops.spare(draft, snapshot, view, "BTCUSDT") == 10000 - 8
    draft.wishes = [wish(5, 2, view=view), wish(-7, symbol="BTCUSDT", view=view)]
    assert stops.spare(draft, snapshot, view, "BTCUSDT") == 10000 - 8 - (20 - 8)
    assert stops.spare(draft, replace(snapshot, account=None), view, "BTCUSDT") == 1000 - 8 - (20 - 8)


def test_a_shadow_entry_takes_nothing_from_what_a_real_one_may_lose() -> None:
    real, shadow = a_view(a_signal(a_signal_position())), a_view(a_signal(a_signal_position()), mode="shadow")
    snapshot, draft = a_snapshot(real, shadow), Draft(NOW)
    draft.wishes = [wish(5, view=shadow)]
    assert stops.spare(draft, snapshot, real, "BTCUSDT") == 10000
    assert stops.spare(draft, snapshot, shadow, "BTCUSDT") == 10000 - 20


# Cross, 10000 of balance: 100 at 1000 are liquidated at 906.06, a short of as many at 1092.08; four fifths count.
@pytest.mark.parametrize(
    ("quantity", "foreign", "stop", "safe"),
    [
        (100, 0, 925, True),
        (100, 0, 924, False),
        (-100, 0, 1074, False),
        (-100, 0, 1073, True),
        (100, -50, 843, True),
        (100, -50, 842, False),
        (100, 100, 955, False),
    ],
)
def test_the_whole_position_in_a_symbol_decides_whether_a_stop_is_safe(
    quantity: int, foreign: int, stop: int, safe: bool
) -> None:
    position = a_signal_position(quantity, stop=d(stop))
    view = a_view(a_signal(position))
    snapshot = a_snapshot(view, foreign={("BTCUSDT", foreign > 0): d(foreign)})
    assert stops.are_safe(Draft(NOW), snapshot, view, position, (d(quantity), 10)) is safe
    assert stops.are_safe(Draft(NOW), replace(snapshot, armed=False), view, position, (d(0), 10))


@pytest.mark.parametrize(
    ("sign", "stop", "safe"), [(1, 897, True), (1, 896, False), (-1, 1099, True), (-1, 1100, False)]
)
def test_in_hedge_mode_both_sides_of_a_symbol_are_reckoned_with(sign: int, stop: int, safe: bool) -> None:
    position = a_signal_position(100 * sign, stop=d(stop))
    view = a_view(a_signal(position))
    rows = (
        a_position(20 * sign),
        a_position(-50 * sign),
        a_position(0, symbol="ETHUSDT"),
        a_position(-7 * sign, symbol="XUSDT"),
    )
    foreign = {("BTCUSDT", sign > 0): d(20 * sign), ("BTCUSDT", sign < 0): d(-50 * sign)}
    snapshot = a_snapshot(view, foreign=foreign, positions=rows, account=an_account(hedge=True))
    assert stops.are_safe(Draft(NOW), snapshot, view, position, (d(100 * sign), 10)) is safe


def test_a_shadow_holding_stands_alone_and_so_does_one_without_an_account() -> None:
    position = a_signal_position(100, stop=d(925))
    view = a_view(a_signal(position), total_margin="10000")
    beside = a_snapshot(view, foreign={("BTCUSDT", True): d(100)})
    assert not stops.are_safe(Draft(NOW), beside, view, position, (d(100), 10))
    assert stops.are_safe(Draft(NOW), replace(beside, armed=False), view, position, (d(100), 10))
    assert not stops.are_safe(Draft(NOW), replace(beside, account=None), view, position, (d(100), 10))
