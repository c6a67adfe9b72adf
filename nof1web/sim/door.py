"""The exchange's door: parameters, weight, keys, time and signature, before anything is asked of the engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from nof1web.sim.faults import EXCHANGE, Asked
from nof1web.sim.limits import FAPI, POOLS, SAPI, SPOT
from nof1web.sim.refusal import Refusal
from nof1web.sim.routing import KEY, NONE, TRADE, Call, Route, Routes
from nof1web.sim.signing import check_deadline, check_signature, check_time, find_key, parse_params

LARGEST_BODY = 1_000_000
# So long at most nothing of an unfinished body may come.
BODY_SECONDS = 30.0
_FORM = "application/x-www-form-urlencoded"
_WITH_BODY = frozenset({"POST", "PUT", "DELETE"})
# What the matching engine looks at recvWindow of once more (binance.md §2).
_ENGINE_PATHS = frozenset({"/fapi/v1/order", "/fapi/v1/batchOrders", "/fapi/v1/algoOrder"})
_ENGINE_METHODS = frozenset({"POST", "PUT"})


class BodyLost(ConnectionError):
    """The client stopped sending in the middle of a body, or took too long."""


def is_for_exchange(path: str) -> bool:
    """Whether a path is the exchange's: all of fapi and sapi, and of the area it shares with the arena the spot API."""
    return path.startswith(EXCHANGE)


def pool_of(path: str) -> str:
    """The pool of weight that a path without a route of its own belongs to."""
    return {"/fapi/": FAPI, "/sapi/": SAPI}.get(path[:6], SPOT)


def read_body(environ: Mapping[str, Any]) -> bytes:
    """The request's body; raises Refusal for a length that is none, or a body that is too large, and BodyLost."""
    text = str(environ.get("CONTENT_LENGTH") or "0")
    if not (text.isascii() and text.isdigit()):
        raise Refusal(-1100, "Content-Length", "^[0-9]{1,7}$")
    if len(text) > 7 or int(text) > LARGEST_BODY:
        refusal = Refusal(-1101, message="The request's body is too large.")
        refusal.status = 413
        raise refusal
    return _read(environ, int(text)) if int(text) else b""


def _read(environ: Mapping[str, Any], size: int) -> bytes:
    socket = environ.get("sim.socket")
    if socket is not None:
        socket.settimeout(BODY_SECONDS)
    try:
        body: bytes = environ["wsgi.input"].read(size)
    except OSError as error:
        raise BodyLost("the body did not come") from error
    if socket is not None:
        socket.settimeout(None)
    return body


def form_of(call: Call) -> str:
    """The body when it holds parameters: a form, of a verb that may bring one; anything else is not read."""
    kind = str(call.environ.get("CONTENT_TYPE") or _FORM).partition(";")[0].strip().lower()
    return call.body if call.method in _WITH_BODY and kind == _FORM else ""


def read_params(call: Call) -> None:
    """Set the call's parameters, or the refusal that the door will answer with."""
    try:
        call.params = parse_params(call.query, form_of(call))
    except Refusal as refusal:
        call.refused = call.refused or refusal


def admit(call: Call, routes: Routes) -> Route:
    """Let a request in: its route, its weight, its sender, its orders counted. Raises Refusal.

    The weight is spent whatever comes of it; an order counts once its sender is proved (binance.md §5).
    """
    route = routes.get((call.method, call.path))
    pool = route.pool if route else pool_of(call.path)
    call.pool = pool
    limits = call.world.limits
    limits.spend(call.address, route.cost(call) if route else 1, now_ms=call.now_ms, pool=pool)
    if route is None:
        raise Refusal(-5000, call.path, call.method)
    if call.refused is not None:
        raise call.refused
    if route.security != NONE:
        _authenticate(call, route)
    if route.order:
        short, long = limits.count_orders(call.owner.account_id, route.order_counts, now_ms=call.now_ms)
        call.headers += [("X-MBX-ORDER-COUNT-10S", str(short)), ("X-MBX-ORDER-COUNT-1M", str(long))]
    return route


def check_engine_deadline(call: Call) -> None:
    """What the matching engine refuses when a request reaches it late: -5028."""
    if call.method in _ENGINE_METHODS and call.path in _ENGINE_PATHS:
        check_deadline(call.params, now_ms=call.told_ms)


def weight_headers(call: Call) -> list[tuple[str, str]]:
    """The header every answer of the exchange carries: what the address spent, errors and refusals included."""
    header = POOLS[call.pool].header
    if not header:
        return []
    return [(header, str(call.world.limits.spent(call.address, now_ms=call.now_ms, pool=call.pool)))]


def asked(call: Call) -> Asked:
    """What faults are chosen by."""
    return Asked(call.method, call.path, call.api_key, call.params.get("symbol", ""), tuple(_orders(call.params)))


def _orders(params: Mapping[str, str]) -> list[Mapping[str, str]]:
    if "batchOrders" not in params:
        return [params]
    try:
        batch = json.loads(params["batchOrders"])
    except (ValueError, RecursionError):
        return []
    return [order for order in batch if isinstance(order, dict)] if isinstance(batch, list) else []


def _authenticate(call: Call, route: Route) -> None:
    spot = route.pool in (SAPI, SPOT)
    key = find_key(call.world.keys.keys, call.api_key, address=call.address, spot=spot)
    if not key.permissions["enableReading"] or (route.security == TRADE and not key.permissions["enableFutures"]):
        raise Refusal(-2015)
    if route.security != KEY:
        check_time(call.params, now_ms=call.told_ms)
        check_signature(key, call.query, form_of(call))
    account = call.world.exchange.account(key.account_id)
    if account.portfolio_margin and not spot:
        raise Refusal(-2015, message="Invalid API-key, IP, or permissions for action: portfolio margin is on.")
    call.key, call.account = key, account
