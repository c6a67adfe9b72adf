"""Stands between a client and the built-in exchange and writes down every request, exactly as it was sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

SECTION = "/section/"
OWN = ("timestamp", "signature")


@dataclass(frozen=True, slots=True)
class Sent:
    """One request: what two clients that ask the same have in common, whatever their clock and key.

    The official SDK shows its key to public addresses too, where none is needed: that is no difference.
    """

    method: str
    path: str
    params: tuple[tuple[str, str], ...]
    signed: bool
    body: bytes
    with_key: bool = field(compare=False)


def sent(method: str, target: str, headers: dict[str, str], body: bytes) -> Sent:
    """Read a request; a signature counts only in its place, the last, with a time before it."""
    url = urlsplit(target)
    pairs = parse_qsl(url.query, keep_blank_values=True)
    names = [name for name, _ in pairs]
    signed = names[-1:] == ["signature"] and names.count("timestamp") == names.count("signature") == 1
    params = tuple(sorted(pair for pair in pairs if pair[0] not in OWN))
    return Sent(method, url.path, params, signed, body, "x-mbx-apikey" in headers)


class Relay:
    """Where clients find it, and the requests by section; a client opens one by asking for its name."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sections: dict[str, list[Sent]] = {}
        self._present: list[Sent] = []

    def begin(self, section: str) -> None:
        """Write what follows under this name."""
        self._present = self.sections.setdefault(section, [])

    def note(self, request: Sent) -> None:
        """Write one down."""
        self._present.append(request)


@contextmanager
def running_relay(exchange_url: str) -> Iterator[Relay]:
    """Relay to the exchange from a free loopback port; stops when left."""
    behind = urlsplit(exchange_url).netloc

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            if self.path.startswith(SECTION):
                relay.begin(unquote(self.path.removeprefix(SECTION)))
                self.pass_on(200, {}, b"{}")
                return
            relay.note(sent(self.command, self.path, headers, body))
            through = HTTPConnection(behind, timeout=10)
            through.request(self.command, self.path, body=body or None, headers={**headers, "accept-encoding": ""})
            response = through.getresponse()
            self.pass_on(response.status, dict(response.headers.items()), response.read())
            through.close()

        def pass_on(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    relay = Relay(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield relay
    finally:
        server.shutdown()
        server.server_close()
