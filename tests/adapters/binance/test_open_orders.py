"""What rests on an account, as openOrders and openAlgoOrders list it (binance.md §3, §4)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nof1web.adapters.binance.parsing import parsed
from nof1web.adapters.binance.parsing_open_orders import parse_open_orders
from nof1web.errors import Transient

PLAIN = {
    "avgPrice": "0.00000", "clientOrderId": "web_1", "executedQty": "0.200", "orderId": 1, "origQty": "0.500",
    "origType": "LIMIT", "price": "2800.00", "reduceOnly": False, "side": "BUY", "positionSide": "BOTH",
    "status": "PARTIALLY_FILLED", "stopPrice": "0", "closePosition": False, "symbol": "ETHUSDT", "time": 1579276756075,
    "timeInForce": "GTC", "type": "LIMIT", "updateTime": 1579276756075,
}  # fmt: skip
ALGO = {
    "algoId": 2, "clientAlgoId": "x-1", "algoType": "CONDITIONAL", "orderType": "STOP_MARKET", "symbol": "BTCUSDT",
    "side": "SELL", "positionSide": "LONG", "quantity": "0.000", "algoStatus": "NEW", "triggerPrice": "55000.00",
    "price": "0.00", "closePosition": True, "reduceOnly": False, "createTime": 1579276756075,
}  # fmt: skip


def test_a_plain_order_filled_in_part_keeps_its_price_and_waits_for_no_trigger() -> None:
    (order,) = parse_open_orders([PLAIN], [])
    assert (order.id, order.kind, order.quantity, order.executed) == ("web_1", "LIMIT", Decimal("0.5"), Decimal("0.2"))
    assert (order.price, order.trigger, order.reduces) == (Decimal(2800), None, False)


def test_a_stop_for_the_whole_position_has_no_quantity_of_its_own() -> None:
    (order,) = parse_open_orders([], [ALGO])
    assert order.whole and order.reduces and (order.trigger, order.price) == (Decimal(55000), None)


@pytest.mark.parametrize("trigger", [{}, {"triggerPrice": ""}, {"triggerPrice": "0.00"}])
def test_a_trailing_stop_is_listed_without_a_trigger(trigger: dict[str, str]) -> None:
    bare = {name: value for name, value in ALGO.items() if name != "triggerPrice"}
    (order,) = parse_open_orders([], [bare | {"orderType": "TRAILING_STOP_MARKET"} | trigger])
    assert (order.kind, order.trigger) == ("TRAILING_STOP_MARKET", None)


def test_an_unreadable_row_is_no_empty_list() -> None:
    with pytest.raises(Transient):
        parsed(lambda rows: parse_open_orders(rows, []), [PLAIN | {"origQty": "many"}])
