"""The order ticket: from what was typed to an order, and from the order to a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from nof1web.sim.accounts import BOTH, ZERO, Account
from nof1web.sim.algo_orders import CONTRACT_PRICE, MARK_PRICE, AlgoOrder, AlgoRequest
from nof1web.sim.orders import BUY, LIMIT, MARKET, SELL, Order, OrderRequest
from nof1web.sim.page_account import ORDER_TYPES, TIMES_IN_FORCE
from nof1web.sim.page_fields import Fields
from nof1web.sim.page_format import price, quantity
from nof1web.sim.routing import Call
from nof1web.sim.rules import Instruments

_LEAST, _MOST = Decimal("1e-18"), Decimal("1e15")


def place(call: Call, account: Account, fields: Fields) -> Order | AlgoOrder:
    """Place the order a ticket asks for; raises BadField, or Refusal as the exchange does.

    Fields of another order type are not looked at: the page hides them.
    """
    exchange = call.world.exchange
    symbol, side = fields.one_of("symbol", call.instruments), fields.one_of("side", (BUY, SELL))
    kind = fields.one_of("type", ORDER_TYPES)
    position_side = fields.one_of("position_side", account.sides()) if account.hedge else BOTH
    reduce_only = not account.hedge and fields.text("reduce_only") == "true"
    size = fields.decimal("quantity", "quantity_error", least=_LEAST, most=_MOST)
    if kind in (MARKET, LIMIT):
        limit = kind == LIMIT
        request = OrderRequest(
            symbol=symbol,
            side=side,
            type=kind,
            quantity=size,
            position_side=position_side,
            price=fields.decimal("price", "price_error", least=_LEAST, most=_MOST) if limit else ZERO,
            time_in_force=fields.one_of("time_in_force", TIMES_IN_FORCE) if limit else "GTC",
            reduce_only=reduce_only,
        )
        return exchange.place_order(account.account_id, request, now_ms=call.now_ms)
    algo = AlgoRequest(
        symbol=symbol,
        side=side,
        type=kind,
        quantity=size,
        trigger=fields.decimal("trigger", "trigger_error", least=_LEAST, most=_MOST),
        position_side=position_side,
        working_type=fields.one_of("working_type", (MARK_PRICE, CONTRACT_PRICE)),
        reduce_only=reduce_only,
    )
    return exchange.place_algo(account.account_id, algo, now_ms=call.now_ms)


def outcome(placed: Order | AlgoOrder, instruments: Instruments) -> tuple[str, Mapping[str, str]]:
    """What became of it, as a sentence of page_notices with its values."""
    instrument = instruments[placed.symbol]
    if isinstance(placed, AlgoOrder):
        return "algo_waits", {"symbol": placed.symbol, "price": price(placed.trigger, instrument)}
    average = placed.quote / placed.executed if placed.executed else placed.price
    values = {
        "side": placed.side,
        "symbol": placed.symbol,
        "quantity": quantity(placed.executed or placed.quantity, instrument),
        "asked": quantity(placed.quantity, instrument),
        "price": price(average, instrument),
    }
    if placed.is_open and not placed.executed:
        return "order_rests", values
    if not placed.executed:
        return "order_unfilled", values
    return "order_filled" if placed.executed == placed.quantity else "order_partly", values
