"""Regular orders and fills over HTTP (binance.md §4.4)."""

from __future__ import annotations

from operator import attrgetter

from nof1web.sim import render
from nof1web.sim.accounts import Trade
from nof1web.sim.orders import Order, Params, listed_symbol, parse_order, whole
from nof1web.sim.refusal import Refusal
from nof1web.sim.render import Json
from nof1web.sim.retention import orders_kept, rows_kept
from nof1web.sim.routing import READ, TRADE, Call, Route, Routes, by_symbol
from nof1web.sim.windows import limited, window

_DONE = "The operation of cancel all open order is done."


def place(call: Call) -> Json:
    """POST order: the answer carries neither avgPrice nor cumQuote."""
    return place_from(call, call.params)


def place_from(call: Call, params: Params) -> Json:
    """Place the order some parameters ask for; raises Refusal."""
    request = parse_order(params, call.instruments, hedge=call.owner.hedge)
    order = call.world.exchange.place_order(call.owner.account_id, request, now_ms=call.now_ms)
    return render.order_answer(order, call.instruments, result=params.get("newOrderRespType") == "RESULT")


def test(call: Call) -> Json:
    """POST order/test: what POST order refuses is refused, and nothing is placed."""
    request = parse_order(call.params, call.instruments, hedge=call.owner.hedge)
    call.world.exchange.check_order(call.owner.account_id, request, now_ms=call.now_ms)
    return {}


def show(call: Call) -> Json:
    """GET order, open or not; -2013 when there is none."""
    return render.order_full(find(call, call.params, -2013), call.instruments)


def show_open(call: Call) -> Json:
    """GET openOrder; -2013 when it no longer rests."""
    order = find(call, call.params, -2013)
    if not order.is_open:
        raise Refusal(-2013)
    return render.order_full(order, call.instruments)


def cancel(call: Call) -> Json:
    """DELETE order; -2011 when it no longer rests."""
    order = find(call, call.params, -2011)
    order = call.world.exchange.cancel_order(call.owner.account_id, order, now_ms=call.now_ms)
    return render.order_answer(order, call.instruments, result=True)


def cancel_all(call: Call) -> Json:
    """DELETE allOpenOrders of a symbol: regular orders only."""
    symbol = call.listed_symbol()
    for order in [o for o in call.owner.open_orders.values() if o.symbol == symbol]:
        call.world.exchange.cancel_order(call.owner.account_id, order, now_ms=call.now_ms)
    return {"code": 200, "msg": _DONE}


def list_open(call: Call) -> list[Json]:
    """GET openOrders: regular orders only."""
    resting = [o for o in call.owner.open_orders.values() if call.symbol in (None, o.symbol)]
    return [render.order_full(order, call.instruments) for order in resting]


def list_all(call: Call) -> list[Json]:
    """GET allOrders, oldest first; from an id on when one is given, else within a window of less than 7 days."""
    first = whole(call.params, "orderId", 0)
    start, end = window(call)
    orders = [o for o in orders_kept(call.owner, call.now_ms) if call.symbol in (None, o.symbol)]
    if first:
        chosen = [o for o in orders if o.order_id >= first]
    else:
        chosen = [o for o in orders if start <= o.created_ms <= end]
    chosen.sort(key=attrgetter("order_id"))
    rows = limited(call, chosen, default=500, most=1000, newest=not first)
    return [render.order_listed(order, call.instruments) for order in rows]


def list_trades(call: Call) -> list[Json]:
    """GET userTrades, oldest first; from an id on when one is given, else within a window of at most 7 days."""
    symbol = call.listed_symbol()
    order_id = whole(call.params, "orderId", 0)
    from_id = whole(call.params, "fromId", -1)
    if from_id >= 0 and (call.params.get("startTime") or call.params.get("endTime")):
        raise Refusal(-1128)
    start, end = window(call, whole_week=True)
    kept = rows_kept(call.owner.trades, call.now_ms)
    trades = [t for t in kept if t.symbol == symbol and order_id in (0, t.order_id)]
    if from_id >= 0:
        chosen: list[Trade] = [t for t in trades if t.trade_id >= from_id]
    else:
        chosen = [t for t in trades if start <= t.at_ms <= end]
    newest = from_id < 0 and not call.params.get("startTime")
    rows = limited(call, chosen, default=500, most=1000, newest=newest)
    return [render.trade(row, call.instruments) for row in rows]


def find(call: Call, params: Params, missing: int) -> Order:
    """The order that orderId, else origClientOrderId names; raises -1102, or `missing` when there is none."""
    symbol = listed_symbol(params, call.instruments)
    order_id = whole(params, "orderId", 0)
    client_id = params.get("origClientOrderId", "")
    if not order_id and not client_id:
        message = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
        raise Refusal(-1102, message=message)
    order = call.world.exchange.find_order(
        call.owner.account_id, symbol, order_id=order_id, client_id=client_id, now_ms=call.now_ms
    )
    if order is None:
        raise Refusal(missing)
    return order


ROUTES: Routes = {
    ("POST", "/fapi/v1/order"): Route(place, 0, TRADE, order=True),
    ("POST", "/fapi/v1/order/test"): Route(test, 0, TRADE),
    ("GET", "/fapi/v1/order"): Route(show, 1, READ),
    ("DELETE", "/fapi/v1/order"): Route(cancel, 1, TRADE),
    ("GET", "/fapi/v1/openOrder"): Route(show_open, 1, READ),
    ("GET", "/fapi/v1/openOrders"): Route(list_open, by_symbol(1, 40), READ),
    ("DELETE", "/fapi/v1/allOpenOrders"): Route(cancel_all, 1, TRADE),
    ("GET", "/fapi/v1/allOrders"): Route(list_all, 5, READ),
    ("GET", "/fapi/v1/userTrades"): Route(list_trades, 5, READ),
}
