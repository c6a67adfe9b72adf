"""What a served exchange does with clients that end in the middle, and who may read its files."""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from websocket import ABNF, WebSocketBadStatusException
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import CloseConnection, Event, Ping, TextMessage

from nof1web.sim.stream import Subscriber
from nof1web.sim.websocket import Session
from tests.sim.served import Exchange, closing

SHORT = "from nof1web.sim import door; door.BODY_SECONDS = 0.2"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Exchange, Path]]:
    """A served exchange in a folder that everybody may look into."""
    folder = tmp_path_factory.mktemp("open")
    folder.chmod(0o755)
    exchange = Exchange(folder, prepare=SHORT)
    yield exchange, folder
    exchange.end()


def raw(exchange: Exchange, text: str) -> socket.socket:
    """A connection that has sent a text."""
    address = urlsplit(exchange.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=10)
    connection.sendall(text.encode())
    return connection


@pytest.mark.parametrize("ends", [False, True])
def test_an_unfinished_body_ends_the_connection_without_an_answer(served: tuple[Exchange, Path], ends: bool):
    exchange, _ = served
    half = raw(exchange, "POST /sim/market HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\n\r\n{")
    if ends:
        half.shutdown(socket.SHUT_WR)
    assert half.recv(1000) == b""
    half.close()
    assert requests.get(f"{exchange.url}/fapi/v1/ping", timeout=10).json() == {}


def test_an_origin_that_is_no_address_is_another_site(served: tuple[Exchange, Path]):
    exchange, _ = served
    with pytest.raises(WebSocketBadStatusException) as refused:
        exchange.stream("/private/ws", origin="http://[")
    assert refused.value.status_code == 403


def test_a_client_that_answers_a_goodbye_ends_the_stream_in_peace(served: tuple[Exchange, Path]):
    exchange, _ = served
    stream = exchange.stream("/private/ws")
    stream.send_binary(b"no text")
    assert closing(stream) == 1003
    stream.send("still on its way")
    stream.send_frame(ABNF.create_frame(b"\x03\xeb", ABNF.OPCODE_CLOSE))
    assert stream.sock.recv(100) == b""


class Pipe:
    """A socket that brings these bytes and then ends."""

    def __init__(self, *chunks: bytes):
        self.chunks = [*chunks, b""]
        self.sent: list[bytes] = []

    def setsockopt(self, *_: int) -> None: ...

    def shutdown(self, _: int) -> None: ...

    def sendall(self, data: bytes) -> None:
        self.sent.append(data)

    def recv(self, _: int) -> bytes:
        return self.chunks.pop(0)


@pytest.mark.parametrize("last", [TextMessage("still on its way"), Ping(), CloseConnection(1000)])
def test_what_comes_after_the_own_goodbye_is_no_error(last: Event):
    server, client = Connection(ConnectionType.SERVER), Connection(ConnectionType.CLIENT)
    server.send(CloseConnection(1001))
    pipe = Pipe(client.send(last))
    Session(pipe, server, Subscriber(0), lambda text: text).run(b"")
    assert pipe.chunks == []


def test_only_the_owner_may_read_what_is_kept(served: tuple[Exchange, Path]):
    exchange, folder = served
    requests.get(f"{exchange.url}/fapi/v1/ping", timeout=10)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert set(modes) >= {"exchange.db", "exchange.db-wal", "requests.log"}
    assert set(modes.values()) == {0o600}
