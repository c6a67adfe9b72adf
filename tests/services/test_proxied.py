"""An account that goes out through a proxy of its own: http and socks5h, with a password and without."""

from __future__ import annotations

import base64
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from nof1web.errors import Transient
from nof1web.services import credentials, keys, proxies, replacing
from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.exchange_process import ExchangeProcess
from tests.services.installations import a_key, asked
from tests.services.two_exchanges import ann, live, p, testnet

__all__ = ["ann", "live", "p", "testnet"]


class Relay(socketserver.ThreadingTCPServer):
    """A proxy that lets in who says the password and notes which host they asked for."""

    daemon_threads, allow_reuse_address = True, True

    def __init__(self, handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.wanted: list[str] = []


class Http(socketserver.StreamRequestHandler):
    """Carries one request after the other to the host its address names."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            method, address, version = line.split()
            headers = list(iter(self.rfile.readline, b"\r\n"))
            word = b"Basic " + base64.b64encode(b"ann:word/word")
            if not any(header.lower().startswith(b"proxy-authorization") and word in header for header in headers):
                self.wfile.write(b"HTTP/1.1 407 Denied\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            host, _slash, path = address.decode().removeprefix("http://").partition("/")
            self.server.wanted.append(host)
            onward = [header for header in headers if not header.lower().startswith((b"proxy-", b"connection"))]
            with socket.create_connection(tuple(host.split(":"))) as out:
                first = b" ".join((method, f"/{path}".encode(), version)) + b"\r\n"
                out.sendall(first + b"".join(onward) + b"Connection: close\r\n\r\n")
                answer = b"".join(iter(lambda: out.recv(65536), b""))
            # One request each: a client that knows so opens the next connection by itself.
            self.wfile.write(answer.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            return


class Socks(socketserver.BaseRequestHandler):
    """SOCKS 5 with a password; takes names only, so that nobody looked them up before."""

    def handle(self) -> None:
        self.request.recv(257)
        self.request.sendall(b"\x05\x02")
        self.request.recv(513)
        self.request.sendall(b"\x01\x00")
        asked = self.request.recv(262)
        name = asked[5 : 5 + asked[4]].decode()
        port = int.from_bytes(asked[-2:], "big")
        self.server.wanted.append(f"{asked[3]}:{name}")
        with socket.create_connection(("127.0.0.1", port)) as out:
            self.request.sendall(b"\x05\x00\x00\x01" + bytes(6))
            back = threading.Thread(target=_pump, args=(out, self.request), daemon=True)
            back.start()
            _pump(self.request, out)
            back.join(5)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


@contextmanager
def relay(handler: type[socketserver.BaseRequestHandler]) -> Iterator[Relay]:
    with Relay(handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


def let_in(server: Relay) -> str:
    """Return the relay's address with the password it asks for."""
    return proxies.joined(f"http://ann@127.0.0.1:{server.server_address[1]}", "word/word") or ""


def add_through(p: Wiring, user: User, live: ExchangeProcess, proxy: str) -> object:
    key = a_key(live)
    typed = {"api_key": key["api_key"], "api_secret": key["api_secret"]}
    options = keys.KeyOptions(proxy=proxy)
    return credentials.add(p, user.id, name="Main", environment="live", options=options, **typed)[0]


def test_every_request_of_the_account_goes_through_its_proxy(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    with relay(Http) as server:
        made = add_through(p, ann, live, let_in(server))
        seen = len(server.wanted)
        assert seen >= 5 and set(server.wanted) == {live.url.removeprefix("http://")}
        assert credentials.retest(p, ann.id, made.id)["ok"] is True
        assert len(server.wanted) > seen
    with p.tenants(ann.id) as store:
        facts = store.keys.facts(made.id)
        assert facts is not None and facts.proxy.startswith("http://ann@") and "word" not in facts.proxy
        kept = b"".join(path.read_bytes() for path in p.config.tenants_dir.rglob("tenant.db*"))
        assert b"word%2Fword" not in kept and b"word/word" not in kept


def test_behind_a_proxy_that_is_away_nothing_leaves_directly(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    before = asked(live)
    with pytest.raises(Transient) as refused:
        add_through(p, ann, live, "http://ann:hidden@127.0.0.1:9")
    assert "hidden" not in str(refused.value)
    # The control request that made the key is the only one since.
    assert asked(live) - before <= 1


def test_without_its_proxy_an_account_goes_out_directly_again(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    with relay(Http) as server:
        made = add_through(p, ann, live, let_in(server))
    replacing.store_proxy(p, ann.id, made, "")
    with p.tenants(ann.id) as store:
        assert [each.field for each in store.keys.all_sealed()] == ["api_secret"]
    assert credentials.retest(p, ann.id, made.id)["ok"] is True


def test_a_socks_proxy_is_given_the_name_to_look_up(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    pytest.importorskip("socks", reason="PySocks is not installed")
    port = live.url.rpartition(":")[2]
    for name in ("live_url", "sapi_url"):
        object.__setattr__(p.config, name, f"http://exchange.invalid:{port}")
    with relay(Socks) as server:
        add_through(p, ann, live, f"socks5h://ann:secret@127.0.0.1:{server.server_address[1]}")
    # 3 is a host name in SOCKS 5: nobody here resolved it, and nobody could have.
    assert set(server.wanted) == {"3:exchange.invalid"}
