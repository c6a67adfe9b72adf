"""The streams' addresses on the exchange's own port: who may open one, and the handshake (binance.md §1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication

from wsproto import ConnectionType, WSConnection
from wsproto.connection import Connection
from wsproto.events import AcceptConnection
from wsproto.utilities import RemoteProtocolError

from nof1web.sim.refusal import Refusal
from nof1web.sim.routing import json_answer
from nof1web.sim.stream import Streams, Subscriber
from nof1web.sim.subscriptions import Address, answer, follow_address, read_address
from nof1web.sim.websocket import Session


@dataclass(slots=True)
class StreamServer:
    """The WSGI app that serves the streams' addresses to websocket clients and leaves everything else to `app`.

    The server puts `sim.socket` and `sim.cut_connection` into the environment. `clock` is the exchange's time (ms);
    pings and the limits on what a client sends go by the real one.
    """

    app: WSGIApplication
    streams: Streams
    clock: Callable[[], int]

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request; for a websocket that means until it ends."""
        if environ.get("HTTP_UPGRADE", "").lower() != "websocket":
            return self.app(environ, start_response)
        address = read_address(environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
        if address is None:
            return _refuse(start_response, "404 Not Found", {"error": "no stream here"})
        if not _is_own_page(environ):
            return _refuse(start_response, "403 Forbidden", {"error": "not from another site"})
        subscriber = Subscriber(self.clock(), combined=address.combined)
        try:
            connection, greeting = _shake_hands(environ)
            follow_address(self.streams, subscriber, address, now_ms=self.clock())
            self._serve(environ, address, subscriber, connection, greeting)
        except RemoteProtocolError as error:
            return _refuse(start_response, "400 Bad Request", {"error": str(error)})
        except Refusal as refusal:
            body = {"code": refusal.code, "msg": refusal.message}
            return _refuse(start_response, "400 Bad Request", body)
        finally:
            self.streams.leave(subscriber)
        return []

    def _serve(
        self, environ: dict[str, Any], address: Address, subscriber: Subscriber, connection: Connection, greeting: bytes
    ) -> None:
        def obey(text: str) -> str:
            return answer(self.streams, subscriber, text, private=address.private, now_ms=self.clock())

        try:
            Session(environ["sim.socket"], connection, subscriber, obey).run(greeting)
        finally:
            environ["sim.cut_connection"]()


def _shake_hands(environ: dict[str, Any]) -> tuple[Connection, bytes]:
    """The protocol's state after a good opening handshake and the answer to it; raises RemoteProtocolError."""
    names = ("HOST", "CONNECTION", "UPGRADE", "SEC_WEBSOCKET_KEY", "SEC_WEBSOCKET_VERSION")
    headers = [
        (name.replace("_", "-").lower().encode(), environ[f"HTTP_{name}"].encode("latin-1"))
        for name in names
        if f"HTTP_{name}" in environ
    ]
    protocol = WSConnection(ConnectionType.SERVER)
    protocol.initiate_upgrade_connection(headers, "/")
    greeting = protocol.send(AcceptConnection())
    if protocol.connection is None:
        raise RemoteProtocolError("the handshake failed")
    return protocol.connection, greeting


def _is_own_page(environ: dict[str, Any]) -> bool:
    """Whether a program asks, or a page of the exchange's own; a page of another site is told by its Origin."""
    origin = environ.get("HTTP_ORIGIN")
    try:
        return origin is None or urlsplit(origin).netloc == environ.get("HTTP_HOST", "")
    except ValueError:
        return False


def _refuse(start_response: StartResponse, status: str, payload: dict[str, Any]) -> list[bytes]:
    refusal = json_answer(payload)
    length = ("Content-Length", str(len(refusal.body)))
    start_response(status, [("Content-Type", refusal.content_type), length, ("Connection", "close")])
    return [refusal.body]
