"""Orders and protection as the engine wants them asked for, by position mode (binance.md §3, §4.4, §8)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.core.trading import AlgoRequest, Leg, OrderRequest, PositionSide, Side
from nof1web.sim import engine

ALGO_TYPES = {Leg.STOP: "STOP_MARKET", Leg.TARGET: "TAKE_PROFIT_MARKET"}
CLOSING = {(PositionSide.LONG, Side.SELL), (PositionSide.SHORT, Side.BUY)}


def reduces(order: OrderRequest) -> bool:
    """Whether the order can only make a position smaller: reduce-only, or the closing side in hedge mode."""
    return order.reduce_only or (order.position_side, order.side) in CLOSING


def engine_order(order: OrderRequest) -> engine.OrderRequest:
    """Return a MARKET order, or LIMIT IOC when the order has a limit."""
    return engine.OrderRequest(
        symbol=order.symbol,
        side=order.side.value,
        type="MARKET" if order.limit is None else "LIMIT",
        quantity=order.quantity,
        position_side=order.position_side.value,
        price=order.limit or Decimal(0),
        time_in_force="GTC" if order.limit is None else "IOC",
        reduce_only=order.reduce_only,
        client_order_id=order.client_order_id,
    )


def engine_algo(order: AlgoRequest) -> engine.AlgoRequest:
    """Return a conditional order; protection never opens, so in one-way mode it is always reduce-only."""
    return engine.AlgoRequest(
        symbol=order.symbol,
        side=order.side.value,
        type=ALGO_TYPES[order.leg],
        quantity=order.quantity,
        trigger=order.trigger,
        position_side=order.position_side.value,
        working_type=order.working_type,
        reduce_only=order.position_side is PositionSide.BOTH,
        client_algo_id=order.client_algo_id,
    )
