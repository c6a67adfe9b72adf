"""What must hold on an account that is read late, shared, traded by hand, and that does not always answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1web.core.snapshot import PlannedOrder
from nof1web.core.trading import PositionSide
from tests.core.copier import Copier, chosen_settings
from tests.core.follower import Desk, Follower
from tests.core.ledger import Ledger
from tests.core.scene import NOW, d
from tests.core.test_walk_properties import GENEROUS, PRICES, RULES, books, record
from tests.core.worlds import MODEST

HAIR = d("1e-9")
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
lags = st.sampled_from((0, 20, 89))
hedged = pytest.mark.parametrize("hedge", [False, True], ids=["one-way", "hedge"])


def follower(hedge: bool, lag: int, wallet: int = 10**5, **chosen: Any) -> Follower:
    return Follower(hedge=hedge, wallet=wallet, lag=timedelta(seconds=lag), instruments=RULES, **GENEROUS | chosen)


def trusted(play: Desk, at: datetime) -> None:
    """Let the account be read once more, long after the last order."""
    play.ledger.reading = None
    play.cycle(at + timedelta(seconds=200))


def shares(play: Desk) -> dict[tuple[str, PositionSide], Decimal]:
    """Return what the account has beyond all holdings, by symbol and side."""
    left = dict(play.ledger.rows)
    for copier in play.copiers.values():
        for epoch in copier.epochs.values():
            side = (LONG if epoch.quantity > 0 else SHORT) if play.ledger.hedge else PositionSide.BOTH
            if epoch.quantity:
                left[epoch.symbol, side] = left.get((epoch.symbol, side), d(0)) - epoch.quantity
    return {row: share for row, share in left.items() if share}


@hedged
@MODEST
@given(walk=books, lag=lags, wallet=st.integers(50, 2000), sizing=st.sampled_from(("equity_share", "fixed_margin")))
def test_an_old_reading_never_lets_more_margin_be_taken_than_the_wallet_has(
    hedge: bool, walk: list[dict[str, int]], lag: int, wallet: int, sizing: str
) -> None:
    play, at = follower(hedge, lag, wallet, sizing=sizing), NOW
    for book in walk:
        at += timedelta(seconds=9)
        play.feed(record(book, at, d(1)), at)
        assert play.margin <= wallet * d("0.95") + HAIR


@hedged
@MODEST
@given(walk=books, lag=lags, seed=st.integers(0, 10**6))
def test_what_others_hold_on_the_account_is_never_sold(
    hedge: bool, walk: list[dict[str, int]], lag: int, seed: int
) -> None:
    play, at, dice = follower(hedge, lag), NOW, Random(seed)
    for book in (*walk, {}):
        at += timedelta(seconds=100)
        side, symbol = dice.choice((LONG, SHORT)), dice.choice(sorted(PRICES))
        row, step = (symbol, side if hedge else PositionSide.BOTH), RULES[symbol].step
        play.marks[symbol] = play.marks.get(symbol, PRICES[symbol])
        if not play.held(symbol) * (1 if side is LONG else -1) < 0 or hedge:
            play.by_hand(symbol, step * dice.randint(1, 9) * (1 if side is LONG else -1), row[1])
        for later in (0, 30):
            play.feed(record(book, at + timedelta(seconds=later), d(1)), at + timedelta(seconds=later))
        assert shares(play) == {key: share for key, share in play.ledger.foreign.items() if share}
    trusted(play, at)
    assert not any(play.held(symbol) for symbol in PRICES)
    assert shares(play) == {key: share for key, share in play.ledger.rows.items() if share}


@hedged
@MODEST
@given(walk=books, lag=lags, seed=st.integers(0, 10**6))
def test_an_order_without_an_answer_gets_no_second_and_the_holding_still_ends_at_its_ratio(
    hedge: bool, walk: list[dict[str, int]], lag: int, seed: int
) -> None:
    play, at, dice = follower(hedge, lag), NOW, Random(seed)
    play.lose = lambda _: dice.choice((0, 0, 1, 3))
    play.fill = lambda order: order.quantity * dice.choice((d(1), d(1), d("0.5"), d(0)))
    for book in walk:
        for _ in range(3):
            at += timedelta(seconds=20)
            play.feed(record(book, at, d(1)), at)
    play.lose, play.fill = lambda _: 0, whole
    for _ in range(8):
        at += timedelta(seconds=20)
        play.feed(record(walk[-1], at, d(1)), at)
    for name, price in PRICES.items():
        theirs, held = d(walk[-1].get(name, 0)) * 1000 / price, play.held(name)
        assert held * theirs >= 0 and (theirs or not held)
        assert not held or abs(held - (play.epoch(name).ratio or 0) * theirs) <= RULES[name].step
    assert not shares(play)


@hedged
@MODEST
@given(first=books, second=books, lag=lags, wallet=st.integers(100, 3000))
def test_trackers_of_one_account_share_no_symbol_and_no_more_margin_than_there_is(
    hedge: bool, first: list[dict[str, int]], second: list[dict[str, int]], lag: int, wallet: int
) -> None:
    one, other = (Copier(name, chosen_settings(**GENEROUS), agent=name) for name in ("one", "other"))
    ledger, at = Ledger(hedge=hedge, wallet=d(wallet), lag=timedelta(seconds=lag)), NOW
    desk = Desk(one, other, ledger=ledger, instruments=RULES)
    for number in range(max(len(first), len(second))):
        for copier, walk in ((one, first), (other, second)):
            at += timedelta(seconds=7)
            desk.hear(copier, record(walk[min(number, len(walk) - 1)], at, d(1)), at)
            desk.cycle(at)
            assert not any(one.held(symbol) and other.held(symbol) for symbol in PRICES)
            assert one.margin + other.margin <= wallet + HAIR
            assert not shares(desk)


def whole(order: PlannedOrder) -> Decimal:
    return order.quantity
