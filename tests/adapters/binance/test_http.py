"""What each way of failing on the network means: certainly not executed, or nobody knows."""

from __future__ import annotations

import socket

import pytest

from nof1web.adapters.binance.connection import session_of
from nof1web.adapters.binance.http import Call, Transport, Unmetered
from nof1web.errors import ExchangeError, OutcomeUnknown, Rejected, Transient
from tests.adapters.binance.host import Host, Reply, free_port

ASK = Call("GET", "/fapi/v1/order", 1, "exit")
SEND = Call("POST", "/fapi/v1/order", 0, "exit")
DROP = Call("DELETE", "/fapi/v1/order", 1, "exit")
BROKEN = {
    "reset": Reply(fault="reset"),
    "no answer in time": Reply(fault="hang"),
    "cut off": Reply({"a": 1}, fault="short"),
    "not JSON": Reply("<html>hello</html>"),
    "a gateway's page": Reply("<html>Bad Gateway</html>", status=502),
    "a redirect": Reply("", status=302, headers={"Location": "/elsewhere"}),
    "a redirect to nowhere": Reply("", status=308, headers={"Location": "http://[bad"}),
    "a redirect with a document": Reply({"moved": True}, status=301, headers={"Location": "/elsewhere"}),
    "nothing": Reply(""),
    "no content": Reply("", status=204),
    "a document cut off": Reply('{"orderId": 1'),
    "a number that is none": Reply('{"leverage": NaN}'),
    "a number beyond all": Reply('{"leverage": -Infinity}'),
    "a number too long": Reply('{"leverage": ' + "9" * 5_000 + "}"),
    "an exponent too large": Reply('{"leverage": 1e99999999999999999999}'),
    "a bottomless document": Reply("[" * 100_000),
    "text of no encoding": Reply(b'{"a": "\xff\xfe"}'),
    "a code of its own with success": Reply({"code": -1000, "msg": "An unknown error occured."}),
    "a code never heard of with success": Reply({"code": 7, "msg": "?"}),
    "a gateway's document": Reply({"message": "Endpoint request timed out"}, status=404),
    "a proxy that asks who we are": Reply("<html>", status=407),
    "a false encoding": Reply(b"\x00\x01", headers={"Content-Encoding": "gzip"}),
    "timed out behind": Reply("", status=408),
}


@pytest.fixture
def transport(host: Host) -> Transport:
    return Transport(host.url, throttle=Unmetered())


def outcome(transport: Transport, call: Call) -> type[ExchangeError]:
    with pytest.raises(ExchangeError) as failed:
        transport.send(call)
    return failed.type


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("call", [SEND, DROP], ids=["POST", "DELETE"])
def test_a_change_whose_answer_is_lost_has_an_unknown_outcome(
    transport: Transport, host: Host, fault: str, call: Call
) -> None:
    host.tell(f"{call.method} {call.path}", BROKEN[fault])
    assert outcome(transport, call) is OutcomeUnknown
    assert len(host.asked) == 1


@pytest.mark.parametrize("fault", BROKEN)
def test_a_read_whose_answer_is_lost_may_be_read_again(transport: Transport, host: Host, fault: str) -> None:
    host.tell("GET /fapi/v1/order", BROKEN[fault])
    assert outcome(transport, ASK) is Transient


@pytest.mark.parametrize("call", [ASK, SEND])
def test_a_connection_never_made_changed_nothing(call: Call) -> None:
    assert outcome(Transport(f"http://127.0.0.1:{free_port()}", throttle=Unmetered()), call) is Transient


def test_a_name_that_does_not_resolve_changed_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert outcome(Transport("http://no-such-host.invalid", throttle=Unmetered()), SEND) is Transient


def test_a_proxy_that_is_not_there_changed_nothing(host: Host) -> None:
    away = Transport(host.url, throttle=Unmetered(), proxy=f"http://127.0.0.1:{free_port()}")
    assert outcome(away, SEND) is Transient


def test_a_proxy_that_breaks_off_leaves_the_outcome_unknown(host: Host) -> None:
    host.tell("POST /fapi/v1/order", Reply(fault="reset"))
    assert outcome(Transport("http://exchange.invalid", throttle=Unmetered(), proxy=host.url), SEND) is OutcomeUnknown


def test_a_proxy_of_the_environment_is_ignored(
    transport: Transport, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    host.tell("GET /fapi/v1/order", Reply({"a": 1}))
    assert transport.send(ASK) == {"a": 1}


def test_the_error_of_a_lost_answer_does_not_carry_the_signed_address(transport: Transport, host: Host) -> None:
    host.tell("POST /fapi/v1/order", Reply(fault="reset"))
    with pytest.raises(OutcomeUnknown) as failed:
        transport.send(SEND, "a=1&signature=abc")
    assert failed.value.__cause__ is None and failed.value.__suppress_context__
    assert "signature" not in str(failed.value)


@pytest.mark.parametrize(("body", "status"), [("<html>Bad Gateway</html>", 502), ({"code": -4164}, 400)])
def test_the_raw_body_is_kept_on_every_error(transport: Transport, host: Host, body: object, status: int) -> None:
    told = Reply(body, status=status)
    host.tell("POST /fapi/v1/order", told)
    with pytest.raises(ExchangeError) as failed:
        transport.send(SEND)
    assert (failed.value.body, failed.value.http_status) == (told.raw.decode(), status)


def test_everything_travels_in_the_query_and_the_body_is_empty(transport: Transport, host: Host) -> None:
    host.tell("POST /fapi/v1/order", Reply({"ok": 1}))
    transport.send(SEND, "a=1")
    assert (host.asked[0].query, host.bodies[0]) == ("a=1", b"")


def test_a_connection_is_used_again(host: Host) -> None:
    assert session_of(host.url, None) is session_of(host.url, None)


def test_a_refusal_keeps_what_the_exchange_said(transport: Transport, host: Host) -> None:
    host.tell("POST /fapi/v1/order", Reply({"code": -4164, "msg": "Order's notional is low."}, status=400))
    with pytest.raises(Rejected) as refused:
        transport.send(SEND)
    assert (refused.value.exchange_code, refused.value.http_status) == (-4164, 400)
    assert "notional" in refused.value.body and "notional" in str(refused.value)
