"""What must hold from record to record: a follower that stays with its agent, and never orders the same twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1web.core.rounding import floor_to_step
from nof1web.core.signals import AgentRecord, RecordedPosition
from tests.core.follower import INSTRUMENTS, Follower
from tests.core.scene import NOW, an_instrument, d
from tests.core.worlds import MODEST, SIZINGS

PRICES = {"BTCUSDT": d(90000), "ETHUSDT": d(3000), "SOLUSDT": d(150)}
STEPS = {"BTCUSDT": "0.001", "ETHUSDT": "0.003", "SOLUSDT": "0.25"}
RULES = {
    name: an_instrument(name, step=d(step), min_quantity=d(step), min_notional=d(0), market_max_quantity=d(10**6))
    for name, step in STEPS.items()
}
"""odd steps, and nothing too small to be ordered"""
GENEROUS = {"total_margin": "100000", "min_change": "0", "price_tolerance": "20", "fixed_margin": "20"}

INSIDE = [each for each in SIZINGS if each not in ("margin_share", "risk_at_stop")]
"""sizings that leave room in the budget: the share of all margins always takes the whole of it"""

units = st.integers(-8, 8).filter(bool)
books = st.lists(st.dictionaries(st.sampled_from(sorted(PRICES)), units, max_size=3), min_size=1, max_size=6)


def record(book: dict[str, int], at: datetime, price: Decimal) -> AgentRecord:
    """Return a record of a book: each unit is 1,000 USD at the first price; its ids change with the side."""
    shown = (
        RecordedPosition(name, units * 1000 / PRICES[name], PRICES[name] * price, 10, f"{name}{units > 0}")
        for name, units in book.items()
    )
    return AgentRecord("agent", at, d(10000), tuple(shown))


def walked(follower: Follower, walk: list[dict[str, int]], prices: list[int]) -> datetime:
    """Feed a record every 30 s; a symbol gone is shown as gone by a second one."""
    at = NOW
    for number, book in enumerate(walk):
        price = 1 + d(prices[number % len(prices)]) / 1000
        for _ in range(2):
            at += timedelta(seconds=30)
            follower.feed(record(book, at, price), at)
    return at


def generous(hedge: bool, **chosen: Any) -> Follower:
    return Follower(hedge=hedge, wallet=10**5, instruments=RULES, **GENEROUS | chosen)


@pytest.mark.parametrize("hedge", [False, True], ids=["one-way", "hedge"])
@MODEST
@given(walk=books, prices=st.lists(st.integers(-20, 20), min_size=1, max_size=4), sizing=st.sampled_from(INSIDE))
def test_every_holding_stays_within_one_step_of_its_ratio_of_the_agents(
    hedge: bool, walk: list[dict[str, int]], prices: list[int], sizing: str
) -> None:
    follower = generous(hedge, sizing=sizing)
    walked(follower, walk, prices)
    for name, price in PRICES.items():
        theirs = d(walk[-1].get(name, 0)) * 1000 / price
        held = follower.held(name)
        if not theirs:
            assert not held
        elif held:
            assert abs(held - (follower.epoch(name).ratio or 0) * theirs) <= RULES[name].step


@pytest.mark.parametrize("hedge", [False, True], ids=["one-way", "hedge"])
@MODEST
@given(walk=books, sizing=st.sampled_from(SIZINGS[:5]), total=st.integers(20, 3000), cap=st.sampled_from(
    ({}, {"order_cap": "90"}, {"symbol_cap": "300"}, {"tracker_cap": "500"})))  # fmt: skip
def test_without_news_nothing_is_ordered_a_second_time(
    hedge: bool, walk: list[dict[str, int]], sizing: str, total: int, cap: dict[str, Any]
) -> None:
    chosen: dict[str, Any] = {
        "sizing": sizing,
        "total_margin": str(total),
        "fixed_margin": "20",
        "price_tolerance": "20",
    }
    follower = Follower(hedge=hedge, wallet=5000, **chosen, **cap)
    at = walked(follower, walk, [0])
    for wait in (1, 2):
        assert not follower.again(at + timedelta(seconds=wait)).orders


@MODEST
@given(walk=books, cap=st.sampled_from(("order_cap", "symbol_cap", "tracker_cap")), most=st.integers(60, 900))
def test_a_change_of_the_agent_is_one_order_at_most_however_low_a_limit(
    walk: list[dict[str, int]], cap: str, most: int
) -> None:
    limit: dict[str, Any] = {cap: str(most)}
    follower, at = Follower(wallet=10**6, total_margin="10000", **limit), NOW
    for book in walk:
        at += timedelta(seconds=60)
        entered = [order.symbol for order in follower.feed(record(book, at, d(1)), at).orders if not order.kind.exits]
        assert len(set(entered)) == len(entered)


@MODEST
@given(walk=books, sizing=st.sampled_from(SIZINGS[:5]), total=st.integers(20, 3000), wallet=st.integers(20, 3000))
def test_the_margin_set_aside_never_exceeds_the_budget_on_the_way(
    walk: list[dict[str, int]], sizing: str, total: int, wallet: int
) -> None:
    chosen: dict[str, Any] = {"sizing": sizing, "total_margin": str(total), "fixed_margin": "20", "min_change": "0"}
    follower = Follower(wallet=wallet, **chosen)
    at = NOW
    for book in walk:
        at += timedelta(seconds=30)
        follower.feed(record(book, at, d(1)), at)
        assert follower.margin <= min(d(total), d(wallet)) + d("1e-9")


@MODEST
@given(walk=books, total=st.integers(20, 3000))
def test_every_holding_is_whole_steps_on_the_agents_side(walk: list[dict[str, int]], total: int) -> None:
    follower = Follower(total_margin=str(total), wallet=5000)
    walked(follower, walk, [0])
    for name, rules in INSTRUMENTS.items():
        held = follower.held(name)
        assert held == floor_to_step(held, rules.step) and held * walk[-1].get(name, 0) >= 0
