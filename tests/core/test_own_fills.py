"""What own orders did to an account since it was read (rule 10; binance.md §7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from nof1web.core.own_fills import BESIDE, not_shown, taken_since
from nof1web.core.records import Epoch, Intent, IntentStatus, OrderKind
from nof1web.core.refusals import Code
from nof1web.core.signals import AgentRecord, RecordedPosition
from nof1web.core.trading import Position, PositionSide, Side
from tests.core.follower import Follower
from tests.core.scene import NOW, an_epoch, an_instrument, d

AGO, LATER = NOW - timedelta(seconds=3), NOW + timedelta(seconds=2)
READ = 5
OPEN, CLOSE, BUY, SELL = OrderKind.OPEN, OrderKind.CLOSE, Side.BUY, Side.SELL


def an_intent(kind: OrderKind, side: Side, filled: object, **more: Any) -> Intent:
    created_at, price = more.get("created_at", LATER), d(more.get("price", 1000))
    return Intent(
        "t1", "BTCUSDT", "e1", 0, 0, f"n{kind}{side}", "c1", kind, side, d(filled), d(1), d(1000), 10, price, False,
        IntentStatus.FILLED, created_at, 0, created_at, executed=d(filled), price=price, settled_at=LATER,
        written_no=READ + (1 if created_at > NOW else -1), settled_no=READ + 1,
    )  # fmt: skip


def a_row(quantity: object) -> Position:
    return Position("BTCUSDT", PositionSide.BOTH, d(quantity), d(1000), d(1000), d(0), d(0), d(10))


@pytest.mark.parametrize(
    ("side", "price", "freed"), [(SELL, 1020, 100), (SELL, 990, 89), (BUY, 980, 98), (BUY, 1010, 90)]
)
def test_a_close_frees_its_margin_less_what_was_lost_and_without_what_was_gained(
    side: Side, price: int, freed: int
) -> None:
    assert taken_since([an_intent(CLOSE, side, 1, price=price)], READ, [an_epoch(0)]) == {"t1": -freed}


def test_an_open_and_its_close_since_the_reading_took_nothing() -> None:
    assert taken_since([an_intent(CLOSE, SELL, 1), an_intent(OPEN, BUY, 1)], READ, [an_epoch(0)]) == {"t1": 0}


def test_a_close_that_was_under_way_at_the_reading_frees_nothing_for_sure() -> None:
    assert taken_since([an_intent(CLOSE, SELL, 1, created_at=AGO)], READ, [an_epoch(0)]) == {}


@pytest.mark.parametrize(
    ("row", "held", "shown"), [("0.1", "0.1", True), (None, "0.1", False), ("0.4", "0.1", True), ("0.3", "0.4", False)]
)
def test_a_lost_orders_fill_is_in_the_reading_where_the_position_fits_the_holdings(
    row: str | None, held: str, shown: bool
) -> None:
    opened = an_intent(OPEN, BUY, "0.1", created_at=AGO)
    rows: list[Position] = [] if row is None else [a_row(row)]
    epochs: list[Epoch] = [an_epoch(held)]
    assert not_shown([opened], READ, rows, epochs, hedge=False) == ([] if shown else [opened])


def test_in_hedge_mode_each_side_tells_for_itself() -> None:
    opened = an_intent(OPEN, SELL, "0.1", created_at=AGO)
    assert not_shown([opened], READ, [a_row("0.3")], [an_epoch("-0.1")], hedge=True) == [opened]
    assert not_shown([opened], READ, [a_row("0.3"), a_row("-0.1")], [an_epoch("-0.1")], hedge=True) == []


@pytest.mark.parametrize(("row", "shown"), [("0.5", True), ("0.6", False)])
@pytest.mark.parametrize("sign", [1, -1])
def test_beside_a_foreign_share_an_exits_fill_is_in_the_reading_that_fits_what_there_was(
    row: str, shown: bool, sign: int
) -> None:
    closed = an_intent(CLOSE, SELL if sign > 0 else BUY, "0.1", created_at=AGO)
    closed = replace(closed, explanation={BESIDE: "0.6 2026-01-01T00:00:00+00:00"})
    found = not_shown([closed], READ, [a_row(sign * d(row))], [], hedge=False)
    assert found == ([] if shown else [closed])


def test_what_was_sent_after_the_reading_is_never_in_it() -> None:
    closed = an_intent(CLOSE, SELL, "0.1")
    assert not_shown([closed], READ, [a_row("0.1")], [], hedge=False) == [closed]


def record(seconds: int, quantity: object, oid: str) -> AgentRecord:
    position = RecordedPosition("BTCUSDT", d(quantity), Decimal(1000), 10, oid)
    return AgentRecord("agent", NOW + timedelta(seconds=seconds), Decimal(1000), (position,))


@pytest.mark.parametrize("lag", [None, timedelta(seconds=90)])
def test_a_flip_is_as_large_whether_or_not_the_account_was_read_in_between(lag: timedelta | None) -> None:
    follower = Follower(wallet=100, lag=lag, instruments={"BTCUSDT": an_instrument()}, total_margin="100")
    follower.marks = {"BTCUSDT": d(1000)}
    follower.feed(AgentRecord("agent", NOW, Decimal(1000), ()), NOW)
    follower.feed(record(1, "9.5", "1"), NOW + timedelta(seconds=1))
    follower.ledger.reading = None
    follower.cycle(NOW + timedelta(seconds=60))
    codes = follower.feed(record(70, "-9.5", "2"), NOW + timedelta(seconds=70)).codes
    assert follower.held("BTCUSDT") == d("-0.95") and codes["BTCUSDT"] == Code.OPENED
