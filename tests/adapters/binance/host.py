"""A loopback host that answers as it is told, or fails as a network does."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from nof1web.adapters.binance import clock

SERVER_MS = 1_795_373_087_787


@dataclass(frozen=True)
class Reply:
    """One answer; `fault` breaks it: reset, hang, short, or none."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""

    @property
    def raw(self) -> bytes:
        """The body as bytes; bytes and text go out as they are."""
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; `query` is the exact text after the question mark."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]

    @property
    def params(self) -> dict[str, str]:
        """The decoded parameters."""
        return dict(parse_qsl(self.query))


class Host:
    """What to answer, by "METHOD /path": the replies in order, the last one again and again."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self.bodies: list[bytes] = []
        self.released = threading.Event()
        self._replies: dict[str, list[Reply]] = {}
        self.tell("GET /fapi/v1/time", Reply({"serverTime": SERVER_MS}))

    def tell(self, what: str, *replies: Reply) -> None:
        """Answer `what` with these from now on."""
        self._replies[what] = list(replies)

    def next(self, what: str) -> Reply:
        """The reply that is due."""
        replies = self._replies.get(what, [Reply({"code": -1, "msg": f"nothing told for {what}"}, status=404)])
        return replies.pop(0) if len(replies) > 1 else replies[0]

    def asked_for(self, what: str) -> list[Asked]:
        """The requests that came for "METHOD /path"."""
        return [one for one in self.asked if f"{one.method} {one.path}" == what]


@contextmanager
def running_host() -> Iterator[Host]:
    """Serve on a free loopback port with a fresh clock for it; stops when left."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def answer(self) -> None:
            url = urlsplit(self.path)
            host.bodies.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            host.asked.append(Asked(self.command, url.path, url.query, dict(self.headers.items())))
            _send(self, host, host.next(f"{self.command} {url.path}"))

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    host = Host(f"http://127.0.0.1:{server.server_address[1]}")
    clock._clocks.pop(host.url, None)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield host
    finally:
        host.released.set()
        server.shutdown()
        server.server_close()


def _send(handler: BaseHTTPRequestHandler, host: Host, reply: Reply) -> None:
    if reply.fault:
        handler.close_connection = True
    if reply.fault == "reset":
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
        return
    if reply.fault == "hang":
        host.released.wait(5)
        return
    handler.send_response_only(reply.status)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    spare = 50 if reply.fault == "short" else 0
    handler.send_header("Content-Length", str(len(reply.raw) + spare))
    handler.end_headers()
    handler.wfile.write(reply.raw)


def free_port() -> int:
    """A loopback port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
