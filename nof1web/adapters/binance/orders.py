"""The parameters of orders and protection, by position mode (binance.md §3, §4.4, §8)."""

from __future__ import annotations

from nof1web.adapters.binance.parsing import plain
from nof1web.core.trading import AlgoRequest, Leg, OrderRequest, PositionSide, Side

ALGO_TYPES = {Leg.STOP: "STOP_MARKET", Leg.TARGET: "TAKE_PROFIT_MARKET"}
CLOSING = {(PositionSide.LONG, Side.SELL), (PositionSide.SHORT, Side.BUY)}


def reduces(order: OrderRequest) -> bool:
    """Whether the order can only make a position smaller: reduce-only, or the closing side in hedge mode."""
    return order.reduce_only or (order.position_side, order.side) in CLOSING


def order_params(order: OrderRequest) -> dict[str, str]:
    """Return POST /fapi/v1/order's parameters: MARKET, or LIMIT IOC when the order has a limit; RESULT always."""
    params = {
        "symbol": order.symbol,
        "side": order.side.value,
        "type": "MARKET",
        "quantity": plain(order.quantity),
        "newClientOrderId": order.client_order_id,
        "newOrderRespType": "RESULT",
    }
    if order.limit is not None:
        params |= {"type": "LIMIT", "timeInForce": "IOC", "price": plain(order.limit)}
    return params | _mode(order.position_side, reduce_only=order.reduce_only)


def algo_params(order: AlgoRequest) -> dict[str, str]:
    """Return POST /fapi/v1/algoOrder's parameters; protection never opens, so one-way mode always says reduceOnly."""
    return {
        "algoType": "CONDITIONAL",
        "symbol": order.symbol,
        "side": order.side.value,
        "type": ALGO_TYPES[order.leg],
        "quantity": plain(order.quantity),
        "triggerPrice": plain(order.trigger),
        "workingType": order.working_type,
        "priceProtect": "false",
        "clientAlgoId": order.client_algo_id,
    } | _mode(order.position_side, reduce_only=True)


def _mode(side: PositionSide, *, reduce_only: bool) -> dict[str, str]:
    if side is not PositionSide.BOTH:
        return {"positionSide": side.value}
    return {"reduceOnly": "true"} if reduce_only else {}
