"""Shadow mode: would-be orders are recorded with size and price, and filled as a paper account's would be."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nof1web.adapters.paper.simulating import BookSimulator
from nof1web.core.records import IntentStatus, OrderKind
from nof1web.core.trading import Side
from tests.services.stage import Stage, a_position

D = Decimal
TAKER = D("0.0005")


def shadowed(stage: Stage, **more: str) -> None:
    stage.follow(mode="shadow", **more)
    stage.agent("deepseek", a_position(stop="57000"))
    stage.cycle()


def test_a_would_be_order_has_size_price_slippage_and_fee(stage: Stage) -> None:
    shadowed(stage)
    (order,) = stage.store.journal.intents("c_1")
    assert (order.shadow, order.status, order.executed) == (True, IntentStatus.FILLED, D("0.01"))
    assert order.price is not None and D(60000) < order.price < D(60010)
    assert order.fee == (order.price * D("0.01") * TAKER).quantize(D("0.00000001"))


def test_a_shadow_day_is_a_whole_ledger_and_sends_nothing(stage: Stage) -> None:
    shadowed(stage)
    before = len(stage.control.log())
    for quantity, oid in (("0.2", "1001"), ("0.06", "1001"), ("-0.1", "1002"), ("0", "1002")):
        stage.agent("deepseek", a_position(quantity=quantity, oid=oid))
        stage.cycle()
    orders = stage.store.journal.intents("c_1")[::-1]
    kinds = (OrderKind.OPEN, OrderKind.INCREASE, OrderKind.REDUCE, OrderKind.CLOSE, OrderKind.OPEN, OrderKind.CLOSE)
    assert tuple(each.kind for each in orders) == kinds and not stage.holdings() and not stage.live()
    assert all(each.shadow and each.price and each.fee for each in orders)
    assert not [row for row in stage.control.log()[before:] if row["method"] != "GET"]


def test_a_thin_book_fills_a_part_of_a_would_be_order(stage: Stage) -> None:
    rule = stage.client.instruments()["DOGEUSDT"]
    simulate, mark = BookSimulator(), D("0.2")
    whole = simulate.fill("DOGEUSDT", Side.BUY, D(1000), limit=None, mark=mark, rule=rule)
    part = simulate.fill("DOGEUSDT", Side.BUY, D(20_000_000), limit=mark * D("1.0005"), mark=mark, rule=rule)
    assert whole.executed == 1000 and 0 < part.executed < 20_000_000
    assert part.price is not None and whole.price is not None and whole.price < part.price <= mark * D("1.0005")


def test_what_the_exchange_would_refuse_fills_nothing(stage: Stage) -> None:
    rule = stage.client.instruments()["BTCUSDT"]
    got = BookSimulator().fill("BTCUSDT", Side.BUY, D("0.0001"), limit=None, mark=D(60000), rule=rule)
    assert not got.executed and got.price is None


@pytest.mark.parametrize("side", list(Side))
def test_a_symbol_no_longer_listed_still_fills(side: Side) -> None:
    got = BookSimulator().fill("GONEUSDT", side, D(3), limit=None, mark=D(7), rule=None)
    assert got.executed == 3 and got.fee
