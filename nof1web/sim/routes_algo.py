"""The algo service over HTTP (binance.md §3)."""

from __future__ import annotations

from nof1web.sim import render
from nof1web.sim.algo_orders import AlgoOrder, parse_algo
from nof1web.sim.orders import whole
from nof1web.sim.refusal import Refusal
from nof1web.sim.render import Json
from nof1web.sim.retention import algos_kept
from nof1web.sim.routing import READ, TRADE, Call, Route, Routes, by_symbol
from nof1web.sim.windows import limited, window

_DONE = "The operation of cancel all open order is done."


def place(call: Call) -> Json:
    """POST algoOrder."""
    request = parse_algo(call.params, call.instruments, hedge=call.owner.hedge)
    algo = call.world.exchange.place_algo(call.owner.account_id, request, now_ms=call.now_ms)
    return render.algo_answer(algo, call.instruments)


def show(call: Call) -> Json:
    """GET algoOrder by algoId or clientAlgoId; -2013 when there is none."""
    return render.algo_full(_find(call, -2013), call.instruments)


def cancel(call: Call) -> Json:
    """DELETE algoOrder; its code is a string, as on the real host."""
    algo = call.world.exchange.cancel_algo(_find(call, -2011), now_ms=call.now_ms)
    return {"algoId": algo.algo_id, "clientAlgoId": algo.client_algo_id, "code": "200", "msg": "success"}


def cancel_all(call: Call) -> Json:
    """DELETE algoOpenOrders of a symbol."""
    symbol = call.listed_symbol()
    for algo in [a for a in call.owner.open_algos.values() if a.symbol == symbol and a.is_open]:
        call.world.exchange.cancel_algo(algo, now_ms=call.now_ms)
    return {"code": 200, "msg": _DONE}


def list_open(call: Call) -> list[Json]:
    """GET openAlgoOrders: those that still wait."""
    if call.params.get("algoType", "CONDITIONAL") != "CONDITIONAL":
        raise Refusal(-1130, "algoType")
    waiting = [a for a in call.owner.open_algos.values() if a.is_open and call.symbol in (None, a.symbol)]
    wanted = whole(call.params, "algoId", 0)
    return [render.algo_full(a, call.instruments) for a in waiting if wanted in (0, a.algo_id)]


def list_all(call: Call) -> list[Json]:
    """GET allAlgoOrders of a symbol, oldest first."""
    symbol = call.listed_symbol()
    first = whole(call.params, "algoId", 0)
    start, end = window(call)
    algos = [a for a in algos_kept(call.owner, call.now_ms) if a.symbol == symbol]
    chosen = [a for a in algos if (a.algo_id >= first if first else start <= a.created_ms <= end)]
    rows = limited(call, chosen, default=500, most=1000, newest=not first)
    return [render.algo_full(algo, call.instruments) for algo in rows]


def _find(call: Call, missing: int) -> AlgoOrder:
    algo_id = whole(call.params, "algoId", 0)
    client_id = call.params.get("clientAlgoId", "")
    if not algo_id and not client_id:
        raise Refusal(-1102, message="Param 'algoId' or 'clientAlgoId' must be sent, but both were empty/null!")
    algo = call.world.exchange.find_algo(
        call.owner.account_id, algo_id=algo_id, client_id=client_id, now_ms=call.now_ms
    )
    if algo is None:
        raise Refusal(missing)
    return algo


ROUTES: Routes = {
    ("POST", "/fapi/v1/algoOrder"): Route(place, 0, TRADE, order=True),
    ("GET", "/fapi/v1/algoOrder"): Route(show, 1, READ),
    ("DELETE", "/fapi/v1/algoOrder"): Route(cancel, 1, TRADE),
    ("GET", "/fapi/v1/openAlgoOrders"): Route(list_open, by_symbol(1, 40), READ),
    ("DELETE", "/fapi/v1/algoOpenOrders"): Route(cancel_all, 1, TRADE),
    ("GET", "/fapi/v1/allAlgoOrders"): Route(list_all, 5, READ),
}
