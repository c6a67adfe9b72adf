"""The HTTP face: one WSGI app in the exchange's dialect, with the arena, the control endpoints and the small site."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse

from nof1web.sim import (
    disturbing,
    door,
    pages,
    routes_account,
    routes_algo,
    routes_arena,
    routes_batch,
    routes_candles,
    routes_clock,
    routes_control,
    routes_faults,
    routes_history,
    routes_hyperliquid,
    routes_market,
    routes_meddling,
    routes_orders,
    routes_sapi,
    routes_settings,
    routes_stream,
    thinning,
)
from nof1web.sim.disturbing import AnswerLost, refusal_answer
from nof1web.sim.faults import Fault
from nof1web.sim.refusal import Refusal
from nof1web.sim.routing import Answer, Call, Route, Routes, json_answer
from nof1web.sim.signing import parse_params
from nof1web.sim.world import World

__all__ = ["EXCHANGE_ROUTES", "AnswerLost", "ExchangeApp", "create_app"]

EXCHANGE_ROUTES: Routes = {
    **routes_market.ROUTES,
    **routes_candles.ROUTES,
    **routes_orders.ROUTES,
    **routes_batch.ROUTES,
    **routes_algo.ROUTES,
    **routes_account.ROUTES,
    **routes_settings.ROUTES,
    **routes_history.ROUTES,
    **routes_sapi.ROUTES,
    **routes_stream.ROUTES,
}
CONTROL_ROUTES: Routes = {
    **routes_control.ROUTES,
    **routes_faults.ROUTES,
    **routes_meddling.ROUTES,
    **routes_stream.CONTROLS,
    **routes_clock.CONTROLS,
}


@dataclass(slots=True)
class ExchangeApp:
    """The WSGI app. `clock` gives the time (ms), `sleep` waits (s), `emit` gets every log entry."""

    world: World
    clock: Callable[[], int]
    sleep: Callable[[float], None]
    emit: Callable[[dict[str, Any]], None] | None = None

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; what it changed is written before the answer leaves."""
        try:
            call = self._read(environ)
        except door.BodyLost:
            return disturbing.drop(environ, start_response)
        try:
            fault, answer = self._meet(call)
        finally:
            # What was done before something went wrong is done.
            self.world.save()
        if fault is not None:
            if fault.kind == "slow_answer":
                self.sleep(float(fault.seconds))
            answer = disturbing.spoilt(fault, answer, now_ms=call.now_ms, limit=self.world.limits.weight)
        self._log(call, answer)
        return _send(call, fault, answer, start_response)

    def _read(self, environ: Mapping[str, Any]) -> Call:
        refused: Refusal | None = None
        raw = b""
        try:
            raw = door.read_body(environ)
        except Refusal as refusal:
            refused = refusal
        call = Call(
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"],
            query=environ.get("QUERY_STRING", ""),
            body=raw.decode("utf-8", "replace"),
            address=environ.get("REMOTE_ADDR", ""),
            api_key=environ.get("HTTP_X_MBX_APIKEY", ""),
            now_ms=self.clock(),
            world=self.world,
            environ=environ,
            refused=refused,
        )
        if door.is_for_exchange(call.path):
            door.read_params(call)
        return call

    def _meet(self, call: Call) -> tuple[Fault | None, Answer]:
        """What goes wrong with a request and what it is answered; who isn't let in meets no fault."""
        fault: Fault | None = None
        try:
            route = door.admit(call, EXCHANGE_ROUTES) if door.is_for_exchange(call.path) else None
            fault = self._fault(call)
            if fault is not None and fault.skips:
                return fault, json_answer({})
            return fault, self._answer(call, fault) if route is None else self._exchange(call, route, fault)
        except Refusal as refusal:
            return fault, refusal_answer(refusal)

    def _fault(self, call: Call) -> Fault | None:
        """What goes wrong with this request: what was ordered first, then what the plan drew."""
        faults, plan = self.world.faults, self.world.fault_plan
        if (not faults.waiting and plan is None) or call.path.startswith("/sim/"):
            return None
        asked = door.asked(call)
        fault = faults.take(asked, now_ms=call.now_ms)
        if fault is None and plan is not None:
            fault = plan.draw(asked, now_ms=call.now_ms)
            if fault is not None:
                faults.fire(fault)
        return fault

    def _answer(self, call: Call, fault: Fault | None) -> Answer:
        """The arena, the controls and the site."""
        area = call.path.removeprefix("/").partition("/")[0]
        self._wait_if_slow(call, fault)
        if call.refused is not None:
            raise call.refused
        if area == "api":
            call.params = parse_params(call.query, "")
            return _as_answer(_lookup(routes_arena.ROUTES, call, routes_arena.not_found)(call))
        if area == "sim":
            return _as_answer(_lookup(CONTROL_ROUTES, call, routes_control.not_found)(call))
        if (call.method, call.path) == ("POST", routes_hyperliquid.PATH):
            return routes_hyperliquid.info(call)
        return pages.answer(call)

    def _exchange(self, call: Call, route: Route, fault: Fault | None) -> Answer:
        if self._wait_if_slow(call, fault):
            door.check_engine_deadline(call)
        if call.account is not None:
            self.world.exchange.run_out(call.account.account_id, now_ms=call.now_ms)
        with ExitStack() as scene:
            if fault is not None and fault.kind == "partial":
                scene.enter_context(thinning.thin_for(call, fault.share))
            if self.world.faults.waiting and call.method == "GET" and call.account is not None:
                disturbing.let_lag(call, scene)
            return _as_answer(route.handler(call))

    def _wait_if_slow(self, call: Call, fault: Fault | None) -> bool:
        """Between door and engine; whoever comes late finds a later time there."""
        if fault is None or fault.kind != "slow":
            return False
        self.sleep(float(fault.seconds))
        call.now_ms = self.clock()
        return True

    def _log(self, call: Call, answer: Answer) -> None:
        if call.path.startswith(("/sim/", "/static/")) or call.path.endswith("/figures"):
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
    clock: Callable[[], int] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    emit: Callable[[dict[str, Any]], None] | None = None,
) -> ExchangeApp:
    """The WSGI app over a world, by the world's clock; some tests give that another wall clock."""
    if clock is not None:
        world.clock.wall = clock
    return ExchangeApp(world, clock or world.clock, sleep, emit)


def _send(call: Call, fault: Fault | None, answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    kind = fault.kind if fault is not None else ""
    if kind in ("lose_answer", "reset_before"):
        return disturbing.drop(call.environ, start_response)
    if kind == "garbage":
        answer = disturbing.garbled(answer)
    length = ("Content-Length", str(len(answer.body)))
    headers = [("Content-Type", answer.content_type), length, *answer.headers]
    # A proxy's page knows nothing of what the exchange counts.
    if kind != "html" and door.is_for_exchange(call.path):
        headers += [*door.weight_headers(call), *call.headers]
    start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
    if call.method == "HEAD":
        return []
    return disturbing.half(call.environ, answer.body) if kind == "truncated" else [answer.body]


def _lookup(routes: Routes, call: Call, otherwise: Callable[[Call], Any]) -> Callable[[Call], Any]:
    exact = routes.get((call.method, call.path))
    folder = routes.get((call.method, call.path.rsplit("/", 1)[0] + "/*"))
    route = exact or folder
    return route.handler if route else otherwise


def _as_answer(payload: Any) -> Answer:
    return payload if isinstance(payload, Answer) else json_answer(payload)


def _code(answer: Answer) -> int:
    if "json" not in answer.content_type:
        return 0
    payload = json.loads(answer.body)
    return int(payload.get("code", 0)) if isinstance(payload, dict) else 0


def _client_id(params: Mapping[str, str]) -> str:
    names = ("newClientOrderId", "clientAlgoId", "origClientOrderId")
    return next((params[name] for name in names if params.get(name)), "")
