"""Answers that are too long, too slow, packed, or elsewhere."""

from __future__ import annotations

import gzip
import importlib.util
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from nof1web.adapters.feeds import fetch
from nof1web.adapters.feeds.decode import MOST_PARTS
from nof1web.adapters.feeds.fetch import LONGEST_WAIT, Fetcher
from nof1web.errors import FeedError, Transient
from tests.adapters.binance.host import Host, Reply, running_host

JSON = {"Content-Type": "application/json"}
PATH = "GET /"


@pytest.fixture
def host() -> Iterator[Host]:
    with running_host() as running:
        yield running


def get(host: Host, **options: int) -> object:
    document = Fetcher(**{"timeout": 2, **options}).get(f"{host.url}/", params={}, etag="")
    return document and document.content


@contextmanager
def speaking(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that says whatever `talk` sends to its only visitor."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            visitor, _ = server.accept()
            with visitor:
                visitor.recv(65536)
                try:
                    talk(visitor)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def test_a_body_beyond_the_limit_is_refused(host: Host) -> None:
    host.tell(PATH, Reply(json.dumps("x" * 5000), headers=JSON))
    with pytest.raises(FeedError, match="more than"):
        get(host, largest=4096)


def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(host: Host) -> None:
    packed = gzip.compress(b" " * 5_000_000 + b"1")
    host.tell(PATH, Reply(packed, headers=JSON | {"Content-Encoding": "gzip"}))
    with pytest.raises(FeedError, match="more than"):
        get(host, largest=2**20)


def test_a_packed_body_is_read(host: Host) -> None:
    host.tell(PATH, Reply(gzip.compress(b"[1.5]"), headers=JSON | {"Content-Encoding": "gzip"}))
    assert str(get(host)) == "[Decimal('1.5')]"


def test_a_body_that_is_not_packed_as_it_says_is_unreadable(host: Host) -> None:
    host.tell(PATH, Reply(b"[1.5]", headers=JSON | {"Content-Encoding": "gzip"}))
    with pytest.raises(FeedError):
        get(host)


@pytest.mark.skipif(importlib.util.find_spec("brotli") is None, reason="brotli is not installed")
def test_brotli_is_asked_for_and_read(host: Host) -> None:
    import brotli

    host.tell(PATH, Reply(brotli.compress(b"[1]"), headers=JSON | {"Content-Encoding": "br"}))
    assert get(host) == [1]
    assert "br" in host.asked[-1].headers["Accept-Encoding"]


@pytest.mark.parametrize(
    "begins",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n[",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
    ],
    ids=["body", "head"],
)
def test_an_answer_that_drips_is_given_up(begins: bytes) -> None:
    def drip(visitor: socket.socket) -> None:
        visitor.sendall(begins)
        while True:
            visitor.sendall(b" ")
            time.sleep(0.02)

    with speaking(drip) as url, pytest.raises(Transient, match="whole answer"):
        Fetcher(timeout=1).get(url, params={}, etag="")


@pytest.mark.parametrize(
    "head",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\nContent-Type: application/json\r\n\r\n[",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nzz\r\n[1]",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n[1]",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n[1]",
        b"HTTP/1.1 200 OK\r\nContent-Type: \xff\xfe\r\nETag: \xff\r\n\r\n[1]",
        b"HTTP/1.1 302 Found\r\nLocation: http://[::bad\r\n\r\n",
    ],
)
def test_a_malformed_answer_has_a_reason(head: bytes) -> None:
    with speaking(lambda visitor: visitor.sendall(head)) as url, pytest.raises((FeedError, Transient)) as failed:
        Fetcher(timeout=1).get(url, params={}, etag="")
    assert str(failed.value.text)


def test_answers_that_never_end_take_only_so_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    fetcher, ends = Fetcher(timeout=0), threading.Event()
    monkeypatch.setattr(fetch, "_GRACE", 0.001)
    monkeypatch.setattr(fetcher, "_asked", lambda *_: ends.wait())
    before = threading.active_count()
    for _ in range(2 * fetch.MOST_AT_ONCE):
        with pytest.raises(Transient):
            fetcher.get("http://127.0.0.1:1/", params={}, etag="")
    assert threading.active_count() <= before + fetch.MOST_AT_ONCE
    ends.set()


@pytest.mark.parametrize("part", ["1.5,", "{},", "[],"])
def test_a_body_of_more_parts_than_memory_has_room_for_is_refused_unread(host: Host, part: str) -> None:
    host.tell(PATH, Reply(f"[{part * MOST_PARTS}1]", headers=JSON))
    with pytest.raises(FeedError, match="unreadable"):
        get(host)


def test_a_redirect_is_not_followed(host: Host) -> None:
    host.tell("GET /elsewhere", Reply([1], headers=JSON))
    for status in (301, 302, 307, 308):
        host.tell(PATH, Reply("", status=status, headers={"Location": "/elsewhere"}))
        with pytest.raises(FeedError):
            get(host)
    assert host.asked_for("GET /elsewhere") == []


def test_a_pause_that_is_asked_for_is_passed_on_in_either_form(host: Host) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    waits = {"7": range(7, 8), later: range(28, 32), "99999999999": range(LONGEST_WAIT, LONGEST_WAIT + 1)}
    for text, seconds in waits.items():
        host.tell(PATH, Reply("", status=429, headers={"Retry-After": text}))
        with pytest.raises(Transient) as busy:
            get(host)
        assert busy.value.retry_after in seconds


@pytest.mark.parametrize("text", ["soon", "-1", "", "Mon, 99 Nov"])
def test_a_pause_that_is_no_time_is_none(host: Host, text: str) -> None:
    host.tell(PATH, Reply("", status=503, headers={"Retry-After": text}))
    with pytest.raises(Transient) as busy:
        get(host)
    assert busy.value.retry_after is None


def test_a_source_is_reached_through_the_proxy(host: Host) -> None:
    host.tell("GET /api", Reply([1], headers=JSON))
    document = Fetcher(timeout=2, proxy=host.url).get("http://arena.invalid/api", params={}, etag="")
    assert document is not None and host.asked[-1].headers["Host"] == "arena.invalid"


def test_a_proxy_of_the_environment_is_not_used(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    host.tell(PATH, Reply([1], headers=JSON))
    assert get(host) == [1]


def test_a_question_is_posted_as_json(host: Host) -> None:
    host.tell("POST /info", Reply({"role": "user"}, headers=JSON))
    document = Fetcher(timeout=2).post(f"{host.url}/info", {"type": "userRole"})
    assert document.content == {"role": "user"} and host.bodies[-1] == b'{"type": "userRole"}'
