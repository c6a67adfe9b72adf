"""At the very number where a comparison turns: leverage, its bracket, the smallest order, one order's size."""

from __future__ import annotations

from typing import Any

import pytest

from nof1web.core import leverage, minimum, settings
from nof1web.core.trading import Position, PositionSide, Side
from tests.core.scene import (
    a_signal,
    a_signal_position,
    a_snapshot,
    a_view,
    an_instrument,
    d,
)

INSTRUMENT = an_instrument()


def a_position(quantity: object, margin: object = 100, symbol: str = "BTCUSDT") -> Position:
    return Position(symbol, PositionSide.BOTH, d(quantity), d(1000), d(1000), d(0), d(0), d(margin))


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, (10, "agent")),
        ({"max_leverage": "10"}, (10, "agent")),
        ({"max_leverage": "9"}, (9, "max_leverage")),
        ({"max_leverage": "50", "fixed_leverage": "15"}, (15, "fixed_leverage")),
    ],
)
def test_the_leverage_is_the_agents_up_to_the_cap(chosen: dict[str, str], expected: tuple[int, str]) -> None:
    view = a_view(a_signal(a_signal_position()), **chosen)
    assert leverage.highest(a_snapshot(view), view, a_signal_position()) == expected


@pytest.mark.parametrize(("margin", "expected"), [(200, (5, "account")), (100, (10, "agent")), (50, (10, "agent"))])
@pytest.mark.parametrize("armed", [True, False])
def test_beside_a_foreign_share_the_accounts_leverage_bounds_a_real_tracker(
    margin: int, expected: tuple[int, str], armed: bool
) -> None:
    view = a_view(a_signal(a_signal_position()))
    rows = (a_position(9, symbol="ETHUSDT"), a_position(1, margin))
    beside = a_snapshot(view, foreign={("BTCUSDT", True): d(1)}, positions=rows, armed=armed)
    assert leverage.highest(beside, view, a_signal_position()) == (expected if armed else (10, "agent"))


@pytest.mark.parametrize(
    ("rows", "foreign", "expected"),
    [((a_position(1),), True, 10), ((a_position(1),), False, None), ((a_position(1, 0),), True, None),
     ((a_position(1, 5000),), True, 1), ((), True, None)],
)  # fmt: skip
def test_the_accounts_leverage_is_read_from_its_own_position(
    rows: tuple[Position, ...], foreign: bool, expected: int | None
) -> None:
    snapshot = a_snapshot(positions=rows, foreign={("BTCUSDT", True): d(1)} if foreign else {})
    assert leverage.of_account(snapshot, "BTCUSDT") == expected


def test_a_bracket_allows_its_leverage_up_to_its_cap() -> None:
    assert [leverage.allowed(INSTRUMENT, d(each)) for each in (50000, 50001, 10**10)] == [125, 20, 20]
    assert [leverage.most_notional(INSTRUMENT, each) for each in (20, 21, 125, 126)] == [10**9, 50000, 50000, 0]
    bare = an_instrument(brackets=())
    assert (leverage.allowed(bare, d(1)), leverage.most_notional(bare, 1)) == (125, None)


@pytest.mark.parametrize(
    ("side", "change", "expected"),
    [
        (Side.BUY, {}, "0.05"),
        (Side.SELL, {}, "0.051"),
        (Side.BUY, {"min_quantity": d("0.2")}, "0.2"),
        (Side.BUY, {"min_quantity": d("0.2001")}, "0.201"),
        (Side.BUY, {"min_notional": d("50.1")}, "0.051"),
        (Side.BUY, {"min_notional": d(0), "min_quantity": d(0)}, "0.001"),
    ],
)
def test_the_smallest_order_is_worth_the_minimum_at_its_limit(
    side: Side, change: dict[str, Any], expected: str
) -> None:
    chosen = settings.parse({"entry_slippage": "1"})
    assert minimum.least(chosen, an_instrument(**change), d(1000), side) == d(expected)


def test_one_order_takes_whole_steps_of_what_a_market_order_may_have() -> None:
    lot = an_instrument(market_max_quantity=d("2.0005"))
    assert [minimum.one_order(lot, d(each)) for each in (1, 2, 3, -2, -3)] == [1, 2, 2, -2, -2]
