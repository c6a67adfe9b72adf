"""The user-data websocket of the real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from socket import SO_RCVBUF, SOL_SOCKET

import pytest
from websocket import ABNF, WebSocketBadStatusException, WebSocketConnectionClosedException

from tests.sim.served import Exchange, ask, closing, heard, is_silent


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """One served exchange for all that leave it as it was."""
    exchange = Exchange(tmp_path_factory.mktemp("exchange"))
    yield exchange
    exchange.end()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Exchange]:
    """An exchange of the test's own."""
    exchange = Exchange(tmp_path)
    yield exchange
    exchange.end()


ROUTES = ["/private/ws/{}", "/private/ws?listenKey={}", "/ws/{}"]


@pytest.mark.parametrize("route", ROUTES)
def test_an_order_is_heard_on_every_route(shared: Exchange, route: str):
    stream = shared.stream(route.format(shared.listen_key()))
    answer = shared.order()
    told = heard(stream, 4)
    stream.close()
    wanted = ["ORDER_TRADE_UPDATE", "TRADE_LITE", "ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE"]
    assert [each["e"] for each in told] == wanted
    assert told[2]["o"]["i"] == answer["orderId"]


def test_only_the_events_of_the_address_are_heard(shared: Exchange):
    stream = shared.stream(f"/private/ws?listenKey={shared.listen_key()}&events=ACCOUNT_UPDATE/ALGO_UPDATE")
    shared.order()
    assert heard(stream, 1)[0]["e"] == "ACCOUNT_UPDATE" and is_silent(stream)


def test_a_stream_of_several_wraps_each_event(shared: Exchange):
    key = shared.listen_key()
    stream = shared.stream(f"/private/stream?listenKey={key}&events=TRADE_LITE")
    shared.order()
    (told,) = heard(stream, 1)
    assert (told["stream"], told["data"]["e"]) == (key, "TRADE_LITE")


@pytest.mark.parametrize("route", ["/stream?streams={}", "/market/stream", "/public/ws/btcusdt@depth", "/ws"])
def test_other_addresses_open_and_bring_no_user_data(shared: Exchange, route: str):
    stream = shared.stream(route.format(shared.listen_key()))
    ask(stream, "SUBSCRIBE", shared.listen_key())
    shared.order()
    assert is_silent(stream)


@pytest.mark.parametrize("route", ["/private/ws/nokey", "/private/stream?listenKey=nokey", "/ws/nokey"])
def test_an_unknown_listen_key_opens_nothing(shared: Exchange, route: str):
    with pytest.raises(WebSocketBadStatusException) as refused:
        shared.stream(route)
    assert (refused.value.status_code, json.loads(refused.value.resp_body)["code"]) == (400, -1125)


def test_a_page_of_another_site_opens_nothing(shared: Exchange):
    with pytest.raises(WebSocketBadStatusException) as refused:
        shared.stream(f"/private/ws/{shared.listen_key()}", origin="http://evil.example")
    assert refused.value.status_code == 403


def test_an_address_without_a_stream_is_not_found(shared: Exchange):
    with pytest.raises(WebSocketBadStatusException) as refused:
        shared.stream("/private/nothing")
    assert refused.value.status_code == 404


def test_streams_are_subscribed_to_listed_and_left(shared: Exchange):
    stream, key = shared.stream("/private/stream"), shared.listen_key()
    assert ask(stream, "SUBSCRIBE", key) == {"result": None, "id": 7}
    assert ask(stream, "LIST_SUBSCRIPTIONS") == {"result": [key], "id": 7}
    shared.order()
    assert [each["stream"] for each in heard(stream, 4)] == [key] * 4
    assert ask(stream, "UNSUBSCRIBE", key) == {"result": None, "id": 7}
    shared.order()
    assert is_silent(stream)


def test_wrapping_is_switched_on_and_off(shared: Exchange):
    stream = shared.stream(f"/private/ws/{shared.listen_key()}")
    assert ask(stream, "GET_PROPERTY", "combined")["result"] is False
    ask(stream, "SET_PROPERTY", "combined", True)
    shared.order()
    assert "stream" in heard(stream, 1)[0]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ("{", 3),
        ("[]", 2),
        ('{"method":"SUBSCRIBE","params":["a"],"id":-1}', 2),
        ('{"method":"BUY","id":1}', 2),
        ('{"method":"GET_PROPERTY","params":["colour"],"id":1}', 0),
        ('{"method":"SET_PROPERTY","params":["combined",1],"id":1}', 1),
        ('{"method":"SUBSCRIBE","params":["NoSuchKey"],"id":1}', -1125),
    ],
)
def test_a_request_that_makes_no_sense_is_told_so(shared: Exchange, request_: str, code: int):
    stream = shared.stream("/private/ws")
    stream.send(request_)
    assert json.loads(stream.recv())["error"]["code"] == code


def test_a_ping_is_answered(shared: Exchange):
    stream = shared.stream("/private/ws")
    stream.ping("hello")
    frame = stream.recv_frame()
    assert (frame.opcode, frame.data) == (ABNF.OPCODE_PONG, b"hello")


def test_too_many_messages_end_it(shared: Exchange):
    stream = shared.stream("/private/ws")
    for number in range(40):
        stream.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": number}))
    assert closing(stream) == 1008


def test_too_large_a_message_ends_it(shared: Exchange):
    stream = shared.stream("/private/ws")
    stream.send("x" * 70_000)
    assert closing(stream) == 1009


def test_bytes_end_it(shared: Exchange):
    stream = shared.stream("/private/ws")
    stream.send_binary(b"x")
    assert closing(stream) == 1003


def test_a_goodbye_is_returned(shared: Exchange):
    stream = shared.stream("/private/ws")
    stream.send_close(1000)
    assert closing(stream) == 1000


def test_many_connections_hear_the_same(shared: Exchange):
    key = shared.listen_key()
    streams = [shared.stream(f"/private/ws/{key}") for _ in range(20)]
    shared.order()
    first, *others = [heard(stream, 4) for stream in streams]
    assert all(other == first for other in others)


def test_a_cut_stream_ends_without_a_word_and_opens_again(shared: Exchange):
    stream = shared.stream(f"/private/ws/{shared.listen_key()}")
    assert shared.control("stream", {"drop": shared.key["account_id"]})["dropped"] >= 1
    assert stream.sock.recv(10) == b""
    again = shared.stream(f"/private/ws/{shared.listen_key()}")
    shared.order()
    assert len(heard(again, 4)) == 4


def test_a_closed_listen_key_says_so_and_ends_it(own: Exchange):
    key = own.listen_key()
    stream = own.stream(f"/private/ws/{key}")
    own.listen_key("DELETE")
    (told,) = heard(stream, 1)
    assert (told["e"], told["listenKey"], closing(stream)) == ("listenKeyExpired", key, 1001)


def test_the_servers_end_is_told_and_clean(own: Exchange):
    streams = [own.stream(f"/private/ws/{own.listen_key()}") for _ in range(5)]
    assert own.end() == 0
    assert [closing(stream) for stream in streams] == [1001] * 5


def test_the_server_pings_and_drops_who_never_answers(tmp_path: Path):
    quick = "import nof1web.sim.websocket as w; w.PING_SECONDS, w.PONG_SECONDS = 0.05, 0.3"
    exchange = Exchange(tmp_path, quick)
    stream = exchange.stream("/private/ws")
    assert stream.recv_frame().opcode == ABNF.OPCODE_PING
    assert closing(stream) == 1008
    assert exchange.end() == 0


def test_who_reads_nothing_is_cut_off_and_holds_up_nobody(tmp_path: Path):
    short = "import nof1web.sim.stream as s, nof1web.sim.websocket as w; s.QUEUE_LENGTH, w.SEND_BUFFER = 50, 4096"
    exchange = Exchange(tmp_path, short)
    key = exchange.listen_key()
    slow = exchange.stream(f"/private/ws/{key}", sockopt=[(SOL_SOCKET, SO_RCVBUF, 2048)])
    fast = exchange.stream(f"/private/ws/{key}")
    for number in range(60):
        exchange.order("SELL" if number % 2 else "BUY", "0.001")
        assert len(heard(fast, 4)) == 4
    with pytest.raises(WebSocketConnectionClosedException):
        heard(slow, 240)
    assert exchange.end() == 0
