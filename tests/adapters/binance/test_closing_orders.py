"""Whether an order could only close is told by its flag, or in hedge mode by its side of the position."""

from __future__ import annotations

from typing import Any

import pytest

from nof1web.adapters.binance.parsing import parse_order


def a_row(**more: Any) -> dict[str, Any]:
    return {"clientOrderId": "n1", "orderId": 7, "status": "FILLED", "executedQty": "0.1", "side": "SELL"} | more


@pytest.mark.parametrize(
    ("row", "closing"),
    [
        ({"reduceOnly": True, "positionSide": "BOTH"}, True),
        ({"reduceOnly": False, "positionSide": "BOTH"}, False),
        ({"reduceOnly": False, "positionSide": "LONG"}, True),
        ({"reduceOnly": False, "positionSide": "SHORT"}, False),
        ({"positionSide": "SHORT", "side": "BUY"}, True),
        ({}, False),
    ],
)
def test_an_order_that_can_only_close_is_told_from_one_that_opens(row: dict[str, Any], closing: bool) -> None:
    assert parse_order(a_row(**row), "n1").closing is closing
