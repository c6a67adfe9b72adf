"""What a fault does to an answer on its way out (binance.md §6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from wsgiref.types import StartResponse

from nof1web.sim import visibility
from nof1web.sim.door import asked
from nof1web.sim.faults import Fault
from nof1web.sim.limits import TooMany, banned
from nof1web.sim.refusal import Refusal
from nof1web.sim.routing import Answer, Call, html_answer, json_answer

_PAGES = {403: "403 Forbidden", 502: "502 Bad Gateway", 504: "504 Gateway Time-out"}
UNKNOWN = "Unknown error, please check your request or try again later."
UNAVAILABLE = "Service Unavailable."


class AnswerLost(ConnectionError):
    """The connection ends without a whole answer; servers that can't cut a socket see this raised."""


def spoilt(fault: Fault, answer: Answer, *, now_ms: int, limit: int) -> Answer:
    """The answer that is sent instead; `limit` is the weight per minute that a 429 names."""
    instead = _INSTEAD.get(fault.kind)
    if instead is not None:
        return instead()
    if fault.kind == "reject":
        return refusal_answer(Refusal(fault.code))
    if fault.kind == "html":
        title = _PAGES.get(fault.status, f"{fault.status} Error")
        page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        return html_answer(page + "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n", fault.status)
    if fault.kind == "http_429":
        return refusal_answer(TooMany(-1003, limit, retry_after=_seconds(fault, now_ms), status=429))
    if fault.kind == "http_418":
        return refusal_answer(banned(now_ms + 1000 * _seconds(fault, now_ms), now_ms))
    return answer


def let_lag(call: Call, scene: ExitStack) -> None:
    """Let a read show the account as a replica knows it that lags behind, while such a fault is in force."""
    faults, now_ms = call.world.faults, call.now_ms
    if call.path in visibility.ORDER_READS:
        hiding = faults.in_force("hide_orders", asked(call), now_ms=now_ms)
        if hiding is not None:
            faults.fire(hiding)
            lag, symbol = hiding.lag_seconds, hiding.symbol
            young = visibility.without_young_orders(call.owner, lag_seconds=lag, now_ms=now_ms, symbol=symbol)
            scene.enter_context(young)
    if call.path in visibility.POSITION_READS:
        stale = faults.in_force("stale_positions", asked(call), now_ms=now_ms)
        if stale is not None:
            faults.fire(stale)
            lag, symbol = stale.lag_seconds, stale.symbol
            scene.enter_context(call.world.replica.behind(call.owner, lag_seconds=lag, now_ms=now_ms, symbol=symbol))


def refusal_answer(refusal: Refusal) -> Answer:
    """A refusal as the exchange writes it, with Retry-After where a limit was passed."""
    retry = (("Retry-After", str(refusal.retry_after)),) if isinstance(refusal, TooMany) else ()
    return json_answer({"code": refusal.code, "msg": refusal.message}, refusal.status, retry)


def garbled(answer: Answer) -> Answer:
    """Half of the answer, still called JSON: what a proxy that dies in mid-transfer leaves behind."""
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def drop(environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """End the connection without an answer."""
    _cutter(environ)()
    start_response("500 Lost", [("Content-Length", "0")])
    return [b""]


def half(environ: Mapping[str, Any], body: bytes) -> Iterator[bytes]:
    """Half of the body, then the end of the connection; the headers promised the whole."""
    yield body[: max(1, len(body) // 2)]
    _cutter(environ)()


def _cutter(environ: Mapping[str, Any]) -> Callable[[], None]:
    cut: Callable[[], None] | None = environ.get("sim.cut_connection")
    if cut is None:
        raise AnswerLost("the answer was lost on purpose")
    return cut


def _seconds(fault: Fault, now_ms: int) -> int:
    left_ms = fault.until_ms - now_ms if fault.until_ms else int(fault.seconds * 1000)
    return max(1, -(-left_ms // 1000))


def _error(code: int, status: int, message: str | None = None) -> Callable[[], Answer]:
    return lambda: json_answer({"code": code, "msg": message or Refusal(code).message}, status)


_INSTEAD: dict[str, Callable[[], Answer]] = {
    "http_503_unknown": _error(-1000, 503, UNKNOWN),
    # Its words are what tells that nothing was executed; no code is documented for it.
    "http_503_unavailable": _error(0, 503, UNAVAILABLE),
    "internal_error": _error(-1001, 503),
    "timeout_1007": _error(-1007, 408),
    "throttled_1008": _error(-1008, 503),
}
