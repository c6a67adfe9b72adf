"""The worst price of an entry: the slippage chosen, never beyond what the exchange takes (rule 10)."""

from __future__ import annotations

import pytest

from nof1web.core.plan import decide
from nof1web.core.rounding import limit_price
from nof1web.core.trading import Side
from tests.core.scene import a_signal, a_signal_position, a_snapshot, a_view, an_instrument, d, the_order

NARROW = an_instrument(price_up=d("1.0101"), price_down=d("0.9899"))


@pytest.mark.parametrize(
    ("side", "slippage", "expected"),
    [(Side.BUY, "1", "1010"), (Side.BUY, "5", "1010.1"), (Side.SELL, "1", "990"), (Side.SELL, "5", "989.9")],
)
def test_a_limit_lies_within_what_the_exchange_takes(side: Side, slippage: str, expected: str) -> None:
    assert limit_price(d(1000), side, d(slippage), NARROW) == d(expected)


@pytest.mark.parametrize(("mark", "expected"), [("1000.37", "1010.4"), ("999.63", "1009.7")])
def test_a_bounded_limit_is_rounded_towards_the_mark(mark: str, expected: str) -> None:
    assert limit_price(d(mark), Side.BUY, d(5), NARROW) == d(expected)


@pytest.mark.parametrize(("sign", "expected"), [(1, "1010.1"), (-1, "989.9")])
def test_an_entry_is_sent_with_a_price_the_exchange_takes(sign: int, expected: str) -> None:
    view = a_view(a_signal(a_signal_position(sign)), entry_slippage="5")
    assert the_order(decide(a_snapshot(view, instruments={"BTCUSDT": NARROW}))).limit == d(expected)
