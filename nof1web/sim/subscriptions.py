"""What a stream's connection asks for: by its address, and by JSON requests once it is open (binance.md §1)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from nof1web.sim.refusal import Refusal
from nof1web.sim.render import Json
from nof1web.sim.stream import Events, Streams, Subscriber

MOST_NAMES = 1024
_ROUTES = ("private", "public", "market")
_METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
LONGEST_ID = 36


@dataclass(frozen=True, slots=True)
class Address:
    """What the address of a connection asks for: listen keys with the events wanted, and whether messages are wrapped.

    `private` says whether user data may flow at all.
    """

    keys: tuple[tuple[str, Events], ...] = ()
    combined: bool = False
    private: bool = False


class BadRequest(ValueError):
    """A JSON request that makes no sense, with the exchange's code (0 to 3) and sentence."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)


def read_address(path: str, query: str) -> Address | None:
    """What a stream's address asks for; None when no stream is there.

    /private/ws/<key>, /private/ws?listenKey=&events=, /private/stream?listenKey=&events= (both as often as wanted),
    /private/ws and /private/stream alone (for SUBSCRIBE), and the testnet's /ws/<key>. All other addresses without a
    route, and /public and /market, open and bring no user data, as on the mainnet since 2026-04-23; market streams
    don't exist here.
    """
    parts = path.strip("/").split("/")
    route = parts.pop(0) if parts[0] in _ROUTES else ""
    mode, name, rest = (*parts[:2], "", "")[0], "".join(parts[1:2]), parts[2:]
    if mode not in ("ws", "stream") or rest or (name and mode == "stream"):
        return None
    combined = mode == "stream"
    if route == "private" and not name:
        return Address(_queried(query), combined=combined, private=True)
    if name and "@" not in name and route in ("private", ""):
        return Address(((name, None),), private=True)
    return Address(combined=combined, private=route == "private")


def follow_address(streams: Streams, subscriber: Subscriber, address: Address, *, now_ms: int) -> None:
    """Give a new connection what its address asks for; raises -1125 for a listen key that is unknown or expired.

    The real exchange lets such a connection open and stay silent: here it is told.
    """
    streams.present.add(subscriber)
    for key, wanted in address.keys:
        streams.follow(subscriber, key, wanted, now_ms=now_ms)


def answer(streams: Streams, subscriber: Subscriber, text: str, *, private: bool, now_ms: int) -> str:
    """The JSON answer to a JSON request of an open connection."""
    number: Any = None
    try:
        request = _parsed(text)
        number = request.get("id")
        result = _obey(streams, subscriber, request, private=private, now_ms=now_ms)
        reply: Json = {"result": result, "id": number}
    except BadRequest as error:
        reply = {"error": {"code": error.code, "msg": str(error)}, "id": number}
    except Refusal as refusal:
        reply = {"error": {"code": refusal.code, "msg": refusal.message}, "id": number}
    return json.dumps(reply, separators=(",", ":"))


def _queried(query: str) -> tuple[tuple[str, Events], ...]:
    """Listen keys in the order of the query, each with the `events` that follow it."""
    found: list[tuple[str, Events]] = []
    for name, value in parse_qsl(query):
        if name in ("listenKey", "streams"):
            found += [_named(each) for each in value.split("/") if each]
        elif name == "events" and found:
            found[-1] = (found[-1][0], _listed(value))
    return tuple(found)


def _named(name: str) -> tuple[str, Events]:
    """A name to subscribe to: <listenKey> or <listenKey>@<event>/<event>."""
    key, mark, wanted = name.partition("@")
    return (key, _listed(wanted)) if mark else (key, None)


def _listed(text: str) -> Events:
    """The events named: nothing else is sent then, not even that the listen key expired (measured on the mainnet)."""
    return frozenset(part for part in text.split("/") if part) or None


def _parsed(text: str) -> Json:
    try:
        request = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f"line {getattr(error, 'lineno', 1)} column {getattr(error, 'colno', 1)}"
        raise BadRequest(3, f"Invalid JSON: expected value at {place}") from error
    if not isinstance(request, dict) or "method" not in request:
        raise BadRequest(2, "Invalid request: missing field `method` at line 1 column 1")
    return request


def _obey(streams: Streams, subscriber: Subscriber, request: Json, *, private: bool, now_ms: int) -> Any:
    _check_id(request.get("id"))
    method, params = request["method"], request.get("params", [])
    if method == "LIST_SUBSCRIPTIONS":
        return list(subscriber.names)
    if method not in _METHODS:
        expected = ", ".join(f"`{each}`" for each in _METHODS)
        raise BadRequest(2, f"Invalid request: unknown variant {method}, expected one of {expected}")
    if not isinstance(params, list):
        raise BadRequest(2, "Invalid request: params must be an array")
    if method.endswith("_PROPERTY"):
        return _property(subscriber, method, params)
    if not all(isinstance(name, str) and name for name in params):
        raise BadRequest(2, "Invalid request: stream names must be strings")
    for name in params:
        if method == "UNSUBSCRIBE":
            streams.unfollow(subscriber, name.partition("@")[0] if name not in subscriber.names else name)
        else:
            _subscribe(streams, subscriber, name, private=private, now_ms=now_ms)
    return None


def _subscribe(streams: Streams, subscriber: Subscriber, name: str, *, private: bool, now_ms: int) -> None:
    if len(subscriber.names) >= MOST_NAMES:
        raise BadRequest(2, f"Invalid request: too many streams, at most {MOST_NAMES}")
    key, wanted = _named(name)
    if not private or key.islower() or key.startswith("!"):
        subscriber.names[name] = frozenset()
    else:
        streams.follow(subscriber, key, wanted, now_ms=now_ms)


def _property(subscriber: Subscriber, method: str, params: list[Any]) -> Any:
    if not params or not isinstance(params[0], str):
        raise BadRequest(2, "Invalid request: property name must be a string")
    if params[0] != "combined":
        raise BadRequest(0, "Unknown property")
    if len(params) > (1 if method == "GET_PROPERTY" else 2):
        raise BadRequest(2, "Invalid request: too many parameters")
    if method == "GET_PROPERTY":
        return subscriber.combined
    if len(params) < 2 or not isinstance(params[1], bool):
        raise BadRequest(1, "Invalid value type: expected Boolean")
    subscriber.combined = params[1]
    return None


def _check_id(number: Any) -> None:
    """An unsigned integer, or a string as the official SDK sends it."""
    whole = isinstance(number, int) and not isinstance(number, bool) and number >= 0
    if not whole and not (isinstance(number, str) and 0 < len(number) <= LONGEST_ID):
        raise BadRequest(2, "Invalid request: request ID must be an unsigned integer")
