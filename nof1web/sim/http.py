"""The HTTP face: one WSGI app in the exchange's dialect, with the arena, the control endpoints and the small site."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse

from nof1web.sim import pages, routes_account, routes_algo, routes_arena, routes_control, routes_market, routes_orders
from nof1web.sim.faults import Fault
from nof1web.sim.limits import TooMany
from nof1web.sim.refusal import Refusal
from nof1web.sim.routing import KEY, NONE, TRADE, Answer, Call, Route, Routes, json_answer
from nof1web.sim.signing import check_signature, check_time, find_key, parse_params
from nof1web.sim.world import World

LARGEST_BODY = 1_000_000
EXCHANGE_ROUTES: Routes = {
    **routes_market.ROUTES,
    **routes_orders.ROUTES,
    **routes_algo.ROUTES,
    **routes_account.ROUTES,
}
_UNSIGNED_AREAS = {"api": routes_arena, "sim": routes_control}


class AnswerLost(ConnectionError):
    """The connection ends without an answer; servers that can't cut a socket see this raised."""


@dataclass(slots=True)
class ExchangeApp:
    """The WSGI app. `clock` gives the time (ms), `sleep` waits (s), `emit` gets every log entry."""

    world: World
    clock: Callable[[], int]
    sleep: Callable[[float], None]
    emit: Callable[[dict[str, Any]], None] | None = None

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; what it changed is written before the answer leaves."""
        call = self._read(environ)
        fault = self.world.faults.take(call.method, call.path, call.api_key)
        if fault is not None and fault.kind == "slow":
            self.sleep(float(fault.seconds))
        skipped = fault is not None and (fault.kind in ("reject", "reset_before") or not fault.executed)
        answer = json_answer({}) if skipped else self._answer(call)
        self.world.save()
        if fault is not None:
            answer = _spoilt(fault, answer)
        self._log(call, answer)
        if fault is not None and fault.kind == "garbage":
            # Half of the answer, still called JSON: what a proxy that dies in mid-transfer leaves behind.
            answer = replace(answer, body=answer.body[: len(answer.body) // 2])
        if fault is not None and fault.kind in ("lose_answer", "reset_before"):
            return _drop(environ, start_response)
        length = ("Content-Length", str(len(answer.body)))
        headers = [("Content-Type", answer.content_type), length, *call.headers, *answer.headers]
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [answer.body]

    def _read(self, environ: Mapping[str, Any]) -> Call:
        length = min(int(environ.get("CONTENT_LENGTH") or 0), LARGEST_BODY)
        body = environ["wsgi.input"].read(length).decode("utf-8", "replace") if length else ""
        return Call(
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"],
            query=environ.get("QUERY_STRING", ""),
            body=body,
            address=environ.get("REMOTE_ADDR", ""),
            api_key=environ.get("HTTP_X_MBX_APIKEY", ""),
            now_ms=self.clock(),
            world=self.world,
            environ=environ,
        )

    def _answer(self, call: Call) -> Answer:
        area = call.path.removeprefix("/").partition("/")[0]
        try:
            if area in ("fapi", "sapi"):
                return _as_answer(_call_exchange(call))
            if area in _UNSIGNED_AREAS:
                if area == "api":
                    call.params = parse_params(call.query, "")
                module = _UNSIGNED_AREAS[area]
                return _as_answer(_lookup(module.ROUTES, call, module.not_found)(call))
            return pages.answer(call)
        except TooMany as refusal:
            retry = (("Retry-After", str(refusal.retry_after)),)
            return json_answer({"code": refusal.code, "msg": refusal.message}, refusal.status, retry)
        except Refusal as refusal:
            return json_answer({"code": refusal.code, "msg": refusal.message}, refusal.status)

    def _log(self, call: Call, answer: Answer) -> None:
        if call.path.startswith(("/sim/", "/static/")):
            return
        entry = {
            "ts": call.now_ms,
            "method": call.method,
            "path": call.path,
            "key": call.api_key[:6],
            "signed": "signature" in call.params,
            "status": answer.status,
            "code": _code(answer) if answer.status >= 400 else 0,
            "symbol": call.params.get("symbol", ""),
            "client_id": _client_id(call.params),
        }
        numbered = self.world.log.add(entry)
        if self.emit is not None:
            self.emit(numbered)


def create_app(
    world: World,
    *,
    clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    sleep: Callable[[float], None] = time.sleep,
    emit: Callable[[dict[str, Any]], None] | None = None,
) -> ExchangeApp:
    """The WSGI app over a world; tests pass a clock of their own."""
    return ExchangeApp(world, clock, sleep, emit)


def _call_exchange(call: Call) -> Any:
    route = EXCHANGE_ROUTES.get((call.method, call.path))
    if route is None:
        raise Refusal(-5000, call.path, call.method)
    call.params = parse_params(call.query, call.body)
    used = call.world.limits.spend(call.address, route.cost(call), now_ms=call.now_ms)
    call.headers.append(("X-MBX-USED-WEIGHT-1M", str(used)))
    if route.security != NONE:
        _authenticate(call, route)
    if route.order:
        short, long = call.world.limits.count_order(call.owner.account_id, now_ms=call.now_ms)
        call.headers += [("X-MBX-ORDER-COUNT-10S", str(short)), ("X-MBX-ORDER-COUNT-1M", str(long))]
    return route.handler(call)


def _authenticate(call: Call, route: Route) -> None:
    key = find_key(call.world.keys.keys, call.api_key)
    if not key.permissions["enableReading"] or (route.security == TRADE and not key.permissions["enableFutures"]):
        raise Refusal(-2015)
    if route.security != KEY:
        check_time(call.params, now_ms=call.now_ms)
        check_signature(key.api_secret, call.query, call.body)
    call.key, call.account = key, call.world.exchange.account(key.account_id)


def _lookup(routes: Routes, call: Call, otherwise: Callable[[Call], Any]) -> Callable[[Call], Any]:
    exact = routes.get((call.method, call.path))
    folder = routes.get((call.method, call.path.rsplit("/", 1)[0] + "/*"))
    route = exact or folder
    return route.handler if route else otherwise


def _as_answer(payload: Any) -> Answer:
    return payload if isinstance(payload, Answer) else json_answer(payload)


def _spoilt(fault: Fault, answer: Answer) -> Answer:
    if fault.kind == "reject":
        refusal = Refusal(fault.code)
        return json_answer({"code": refusal.code, "msg": refusal.message}, refusal.status)
    if fault.kind == "http_503_unknown":
        message = "Unknown error, please check your request or try again later."
        return json_answer({"code": -1000, "msg": message}, 503)
    return answer


def _drop(environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    cut = environ.get("sim.cut_connection")
    if cut is None:
        raise AnswerLost("the answer was lost on purpose")
    cut()
    start_response("500 Lost", [("Content-Length", "0")])
    return [b""]


def _code(answer: Answer) -> int:
    if "json" not in answer.content_type:
        return 0
    payload = json.loads(answer.body)
    return int(payload.get("code", 0)) if isinstance(payload, dict) else 0


def _client_id(params: Mapping[str, str]) -> str:
    names = ("newClientOrderId", "clientAlgoId", "origClientOrderId")
    return next((params[name] for name in names if params.get(name)), "")
