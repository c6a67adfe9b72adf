"""Changing orders, several at once, and the countdown that cancels them, over HTTP (binance.md §4.4)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from nof1web.sim import render
from nof1web.sim.amend import parse_amend
from nof1web.sim.orders import Order, Params, required, whole
from nof1web.sim.refusal import Refusal
from nof1web.sim.render import Json
from nof1web.sim.retention import rows_kept
from nof1web.sim.routes_orders import find, place_from
from nof1web.sim.routing import READ, TRADE, Call, Route, Routes
from nof1web.sim.timers import LONGEST_COUNTDOWN_MS
from nof1web.sim.windows import limited, window

MOST_PLACED = 5
MOST_CANCELLED = 10
_BATCH = "batchOrders"
# JSON can write halves of characters that no answer could repeat.
_SURROGATE = re.compile("[\ud800-\udfff]")
_ID_LISTS = {"orderidlist": "orderId", "origclientorderidlist": "origClientOrderId"}


def amend(call: Call) -> Json:
    """PUT order."""
    return _amend_from(call, call.params)


def list_amendments(call: Call) -> list[Json]:
    """GET orderAmendment of a symbol or of one of its orders, oldest first."""
    symbol = call.listed_symbol()
    order_id = whole(call.params, "orderId", 0)
    client_id = call.params.get("origClientOrderId", "")
    start, end = window(call, whole_week=True)
    chosen = [
        item
        for item in rows_kept(call.owner.amendments, call.now_ms)
        if item.symbol == symbol
        and order_id in (0, item.order_id)
        and client_id in ("", item.client_order_id)
        and start <= item.at_ms <= end
    ]
    rows = limited(call, chosen, default=50, most=100, newest=not call.params.get("startTime"))
    return [render.amendment(item, call.instruments) for item in rows]


def place_batch(call: Call) -> list[Json]:
    """POST batchOrders: each element is an order or why it was refused; the answer is 200 even when all were."""
    return [_tried(place_from, call, wish) for wish in _wishes(call)]


def amend_batch(call: Call) -> list[Json]:
    """PUT batchOrders, answered like POST."""
    return [_tried(_amend_from, call, wish) for wish in _wishes(call)]


def cancel_batch(call: Call) -> list[Json]:
    """DELETE batchOrders by orderIdList or origClientOrderIdList, at most 10 (-4032); ids win over client ids."""
    symbol = call.listed_symbol()
    # A widespread client writes these two names in small letters, and the real host takes them.
    lists = {name.lower(): name for name in call.params if name.lower() in _ID_LISTS}
    small = "orderidlist" if "orderidlist" in lists else "origclientorderidlist"
    own = _ID_LISTS[small]
    name = lists.get(small, f"{own}List")
    ids = _json_list(call, name)
    if len(ids) > MOST_CANCELLED:
        raise Refusal(-4032)
    return [_tried(_cancel_from, call, {"symbol": symbol, own: _text(name, each)}) for each in ids]


def count_down(call: Call) -> Json:
    """POST countdownCancelAll: regular orders of the symbol end unless it is called again in time."""
    symbol = call.listed_symbol()
    required(call.params, "countdownTime")
    after_ms = whole(call.params, "countdownTime", 0)
    if not 0 <= after_ms <= LONGEST_COUNTDOWN_MS:
        raise Refusal(-1130, "countdownTime")
    call.world.exchange.set_countdown(call.owner.account_id, symbol, after_ms, now_ms=call.now_ms)
    return {"symbol": symbol, "countdownTime": str(after_ms)}


def sign_tradfi(call: Call) -> Json:
    """POST stock/contract: the agreement that TradFi symbols need."""
    call.world.exchange.agree_to_tradfi(call.owner.account_id)
    return {"code": 200, "msg": "success"}


def _amend_from(call: Call, params: Params) -> Json:
    request = parse_amend(params, hedge=call.owner.hedge)
    order = find(call, params, -2013)
    order = call.world.exchange.amend_order(call.owner.account_id, order, request, now_ms=call.now_ms)
    return render.amend_answer(order, call.instruments, modify_id=request.modify_id)


def _cancel_from(call: Call, params: Params) -> Json:
    order: Order = find(call, params, -2011)
    order = call.world.exchange.cancel_order(call.owner.account_id, order, now_ms=call.now_ms)
    return render.order_answer(order, call.instruments, result=True)


def _tried(act: Callable[[Call, Params], Json], call: Call, params: Params) -> Json:
    try:
        return act(call, params)
    except Refusal as refusal:
        return {"code": refusal.code, "msg": refusal.message}


def _wishes(call: Call) -> list[Params]:
    wishes = _json_list(call, _BATCH)
    if not 0 < len(wishes) <= MOST_PLACED:
        raise Refusal(-4082)
    return [_params(wish) for wish in wishes]


def _params(wish: Any) -> Params:
    if not isinstance(wish, dict):
        raise Refusal(-1130, _BATCH)
    params = {name: _text(_BATCH, value) for name, value in wish.items() if value is not None}
    if any(_SURROGATE.search(text) for text in (*params, *params.values())):
        raise Refusal(-1100, message="Illegal characters found in a parameter.")
    return params


def _json_list(call: Call, name: str) -> list[Any]:
    try:
        # Numbers stay as they were written.
        values = json.loads(required(call.params, name), parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise Refusal(-1130, name) from error
    if not isinstance(values, list) or not values:
        raise Refusal(-4082) if name == _BATCH and values == [] else Refusal(-1130, name)
    return values


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        raise Refusal(-1130, name)
    return value


ROUTES: Routes = {
    ("PUT", "/fapi/v1/order"): Route(amend, 0, TRADE, order=True),
    ("GET", "/fapi/v1/orderAmendment"): Route(list_amendments, 1, READ),
    ("POST", "/fapi/v1/batchOrders"): Route(place_batch, 5, TRADE, order=(5, 1)),
    ("PUT", "/fapi/v1/batchOrders"): Route(amend_batch, 5, TRADE, order=(5, 1)),
    ("DELETE", "/fapi/v1/batchOrders"): Route(cancel_batch, 1, TRADE),
    ("POST", "/fapi/v1/countdownCancelAll"): Route(count_down, 10, TRADE),
    ("POST", "/fapi/v1/stock/contract"): Route(sign_tradfi, 50, TRADE),
}
