"""Every way in which a request can fail beneath the answer, as places on the loopback to send one to."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from tests.adapters.binance.broken_host import (
    Identity,
    Script,
    blurts,
    broken_host,
    encrypted,
    full_backlog,
    garbles_the_cipher,
    hangs,
    resets,
    says,
    says_and,
    tunnels,
)
from tests.adapters.binance.host import free_port

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BAD_GZIP = HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd"
CUT_GZIP = gzip.compress(b'{"a": 1}' * 100)[:20]

Place = AbstractContextManager[tuple[str, str | None]]


@dataclass(frozen=True)
class Scene:
    """Where a request goes (address, proxy) and whether it can have arrived; with `trusted`, the certificate holds."""

    place: Callable[[Identity], Place]
    arrives: bool
    trusted: bool = False


@contextmanager
def _host(script: Script, *, tls: bool = False, proxied: bool = False) -> Iterator[tuple[str, str | None]]:
    with broken_host(script) as host:
        scheme = "https" if tls else "http"
        yield (f"{scheme}://127.0.0.1:9", f"http://{host.address}") if proxied else (f"{scheme}://{host.address}", None)


@contextmanager
def _nobody_accepts() -> Iterator[tuple[str, str | None]]:
    with full_backlog() as address:
        yield f"http://{address}", None


def _at(address: str, proxy: str | None = None) -> Callable[[Identity], Place]:
    return lambda _: nullcontext((address, proxy))


def _plain(script: Script, **more: bool) -> Callable[[Identity], Place]:
    return lambda _: _host(script, **more)


def _secured(then: Script) -> Callable[[Identity], Place]:
    return lambda own: _host(encrypted(own.context, then), tls=True)


def _tunnelled(then: Script) -> Callable[[Identity], Place]:
    return lambda own: _host(tunnels(encrypted(own.context, then)), tls=True, proxied=True)


SCENES = {
    "refused": Scene(_at(f"http://127.0.0.1:{free_port()}"), arrives=False),
    "refused to TLS": Scene(_at(f"https://127.0.0.1:{free_port()}"), arrives=False),
    "not accepted in time": Scene(lambda _: _nobody_accepts(), arrives=False),
    "a name nobody knows": Scene(_at("http://no-such-host.invalid"), arrives=False),
    "a name nobody can have": Scene(_at(f"http://{'a' * 64}.invalid"), arrives=False),
    "no TLS there": Scene(_plain(blurts(b"HTTP/1.1 400 Bad Request\r\n\r\n"), tls=True), arrives=False),
    "a stranger's certificate": Scene(_secured(says(b"")), arrives=False),
    "reset in the handshake": Scene(_plain(resets, tls=True), arrives=False),
    "silence in the handshake": Scene(_plain(hangs, tls=True), arrives=False),
    "no proxy there": Scene(_at("http://127.0.0.1:9", f"http://127.0.0.1:{free_port()}"), arrives=False),
    "no proxy there for TLS": Scene(_at("https://127.0.0.1:9", f"http://127.0.0.1:{free_port()}"), arrives=False),
    "the proxy refuses the tunnel": Scene(
        _plain(says(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"), tls=True, proxied=True), arrives=False
    ),
    "the proxy hangs up on the tunnel": Scene(_plain(says(b""), tls=True, proxied=True), arrives=False),
    "the proxy is silent about the tunnel": Scene(_plain(hangs, tls=True, proxied=True), arrives=False),
    "the tunnel breaks in the handshake": Scene(_plain(tunnels(resets), tls=True, proxied=True), arrives=False),
    "the proxy breaks off": Scene(_plain(says_and(b"", resets), proxied=True), arrives=True),
    "the tunnel breaks off": Scene(_tunnelled(says(b"")), arrives=True, trusted=True),
    "closed over TLS": Scene(_secured(says(b"")), arrives=True, trusted=True),
    "no answer in time over TLS": Scene(_secured(says_and(b"", hangs)), arrives=True, trusted=True),
    "a broken cipher": Scene(_secured(garbles_the_cipher), arrives=True, trusted=True),
    "a cut body over TLS": Scene(_secured(says(HEAD + b"Content-Length: 9\r\n\r\n{")), arrives=True, trusted=True),
    "no answer in time": Scene(_plain(says_and(b"", hangs)), arrives=True),
    "no rest of the head in time": Scene(_plain(says_and(HEAD, hangs)), arrives=True),
    "no rest of the body in time": Scene(_plain(says_and(HEAD + b"Content-Length: 9\r\n\r\n{", hangs)), arrives=True),
    "closed": Scene(_plain(says(b"")), arrives=True),
    "reset": Scene(_plain(says_and(b"", resets)), arrives=True),
    "reset in the body": Scene(_plain(says_and(HEAD + b"Content-Length: 9\r\n\r\n{", resets)), arrives=True),
    "a cut body": Scene(_plain(says(HEAD + b"Content-Length: 9\r\n\r\n{}")), arrives=True),
    "a cut chunk": Scene(_plain(says(CHUNKED + b"9\r\n{}")), arrives=True),
    "no last chunk": Scene(_plain(says(CHUNKED + b"2\r\n{}\r\n")), arrives=True),
    "a chunk of no length": Scene(_plain(says(CHUNKED + b"many\r\n{}\r\n0\r\n\r\n")), arrives=True),
    "a false encoding": Scene(_plain(says(BAD_GZIP)), arrives=True),
    "no status": Scene(_plain(says(b"hello\r\n\r\n")), arrives=True),
    "a status line without end": Scene(_plain(says(b"HTTP/1.1 " + b"2" * 70_000)), arrives=True),
    "a header without end": Scene(_plain(says(HEAD + b"X: " + b"x" * 70_000)), arrives=True),
    "too many headers": Scene(_plain(says(HEAD + b"X: y\r\n" * 200 + b"\r\n{}")), arrives=True),
    "two lengths": Scene(_plain(says(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}")), arrives=True),
    "a body without end": Scene(_plain(says(HEAD + b"\r\n" + b" " * 200_000)), arrives=True),
    "a body that swells": Scene(
        _plain(says(HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b" " * 200_000))), arrives=True
    ),
}
