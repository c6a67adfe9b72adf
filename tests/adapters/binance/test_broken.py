"""Each way in which a request can fail beneath the answer, done for real, and what it proves about the request.

Every exception that requests and urllib3 define has a row: the scene that raises it, or why none can.
"""

from __future__ import annotations

import inspect
import socket
from types import ModuleType

import pytest
import requests.exceptions as of_requests
import urllib3.exceptions as of_urllib3

from nof1web.adapters.binance import connection, http
from nof1web.adapters.binance.http import Call, Oversized, Transport, Unmetered, unanswered
from nof1web.errors import ExchangeError, OutcomeUnknown, Transient
from tests.adapters.binance.broken_host import (
    BrokenHost,
    Identity,
    broken_host,
    hangs,
    identity,
    resets,
    says,
    says_and,
)
from tests.adapters.binance.scenes import HEAD, SCENES

READ = Call("GET", "/fapi/v1/order", 1, "exit")
CHANGES = [Call("POST", "/fapi/v1/order", 0, "exit"), Call("DELETE", "/fapi/v1/algoOrder", 1, "protection")]
RAISES: dict[type[BaseException], str] = {
    of_requests.ConnectionError: "refused",
    of_requests.ProxyError: "the proxy refuses the tunnel",
    of_requests.SSLError: "no TLS there",
    of_requests.ConnectTimeout: "not accepted in time",
    of_requests.ReadTimeout: "no answer in time",
    of_requests.InvalidHeader: "two lengths",
    of_requests.ChunkedEncodingError: "a cut body",
    of_requests.ContentDecodingError: "a false encoding",
    of_urllib3.MaxRetryError: "refused",
    of_urllib3.NewConnectionError: "refused",
    of_urllib3.NameResolutionError: "a name nobody knows",
    of_urllib3.ConnectTimeoutError: "not accepted in time",
    of_urllib3.LocationParseError: "a name nobody can have",
    of_urllib3.SSLError: "a broken cipher",
    of_urllib3.ProxyError: "no proxy there",
    of_urllib3.ProtocolError: "reset",
    of_urllib3.ReadTimeoutError: "no rest of the body in time",
    of_urllib3.IncompleteRead: "a cut body",
    of_urllib3.InvalidChunkLength: "a chunk of no length",
    of_urllib3.DecodeError: "a false encoding",
    of_urllib3.InvalidHeader: "two lengths",
    Oversized: "a body that swells",
}
BASE = "only the classes under it are raised"
ADDRESS = "addresses and proxies are looked at when the process starts"
NEVER_ASKED = "no call of the client asks for what raises it"
ONE_TRY = "nothing is tried again or redirected by the library"
NOT_RAISED: dict[type[BaseException], str] = {
    of_requests.RequestException: BASE,
    of_requests.Timeout: BASE,
    of_requests.InvalidJSONError: NEVER_ASKED,
    of_requests.JSONDecodeError: NEVER_ASKED,
    of_requests.HTTPError: NEVER_ASKED,
    of_requests.URLRequired: ADDRESS,
    of_requests.MissingSchema: ADDRESS,
    of_requests.InvalidSchema: ADDRESS,
    of_requests.InvalidURL: ADDRESS,
    of_requests.InvalidProxyURL: ADDRESS,
    of_requests.TooManyRedirects: ONE_TRY,
    of_requests.RetryError: ONE_TRY,
    of_requests.StreamConsumedError: NEVER_ASKED,
    of_requests.UnrewindableBodyError: ONE_TRY,
    of_urllib3.HTTPError: BASE,
    of_urllib3.PoolError: BASE,
    of_urllib3.RequestError: BASE,
    of_urllib3.TimeoutError: BASE,
    of_urllib3.LocationValueError: BASE,
    of_urllib3.URLSchemeUnknown: ADDRESS,
    of_urllib3.ProxySchemeUnknown: ADDRESS,
    of_urllib3.ProxySchemeUnsupported: ADDRESS,
    of_urllib3.HostChangedError: ONE_TRY,
    of_urllib3.ResponseError: ONE_TRY,
    of_urllib3.UnrewindableBodyError: ONE_TRY,
    of_urllib3.EmptyPoolError: "the pool makes a further connection instead of waiting for one",
    of_urllib3.FullPoolError: "the pool makes a further connection instead of waiting for one",
    of_urllib3.ClosedPoolError: "a session has one host, so that its pool is never put aside for another",
    of_urllib3.TimeoutStateError: NEVER_ASKED,
    of_urllib3.ResponseNotChunked: NEVER_ASKED,
    of_urllib3.BodyNotHttplibCompatible: NEVER_ASKED,
    of_urllib3.HeaderParsingError: "the library notes it in its log and goes on",
}
UNSENT = (of_urllib3.ConnectTimeoutError, of_urllib3.LocationValueError)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short patience, a small largest body, and a resolver that asks nobody."""
    real = socket.getaddrinfo

    def resolver(name: str, *rest: object, **named: object) -> object:
        if name.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(name, *rest, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.15)
    monkeypatch.setattr(http, "READ_SECONDS", 0.15)
    monkeypatch.setattr(http, "LARGEST_BODY", 100_000)
    monkeypatch.setattr(socket, "getaddrinfo", resolver)


def named(kind: type) -> str:
    return f"{kind.__module__}.{kind.__name__}"


def play(name: str, call: Call, own: Identity, monkeypatch: pytest.MonkeyPatch) -> tuple[ExchangeError, set[type]]:
    """The error of a scene and the classes of everything it came from."""
    scene, raw, spied = SCENES[name], list[Exception](), unanswered

    def spy(error: Exception, host: str, *, mutating: bool) -> ExchangeError:
        raw.append(error)
        return spied(error, host, mutating=mutating)

    monkeypatch.setattr(http, "unanswered", spy)
    with scene.place(own) as (address, proxy):
        connection.session_of(address, proxy).verify = str(own.certificate) if scene.trusted else True
        with pytest.raises(ExchangeError) as failed:
            Transport(address, throttle=Unmetered(), proxy=proxy).send(call, "a=1&signature=abc")
        assert len(raw) == 1 and "signature" not in str(failed.value) + failed.value.body
    return failed.value, {type(each) for each in connection._causes(raw[0])}


@pytest.mark.parametrize("name", SCENES)
def test_a_change_that_may_have_arrived_is_unknown_and_one_that_cannot_have_is_not(
    name: str, own: Identity, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for call in CHANGES:
        error, _ = play(name, call, own, monkeypatch)
        assert type(error) is (OutcomeUnknown if SCENES[name].arrives else Transient)


@pytest.mark.parametrize("name", SCENES)
def test_a_read_that_fails_may_be_read_again(
    name: str, own: Identity, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert type(play(name, READ, own, monkeypatch)[0]) is Transient


@pytest.mark.parametrize("kind", RAISES, ids=named)
def test_a_class_of_error_is_raised_by_its_scene(
    kind: type[BaseException], own: Identity, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kind in play(RAISES[kind], CHANGES[0], own, monkeypatch)[1]


def defined(module: ModuleType) -> set[type[BaseException]]:
    """The exceptions a module defines; warnings are none."""
    found = {each for _, each in inspect.getmembers(module, inspect.isclass) if issubclass(each, Exception)}
    return {each for each in found if each.__module__ == module.__name__ and not issubclass(each, Warning)}


def test_every_error_of_the_libraries_has_a_row() -> None:
    known = {*RAISES, *NOT_RAISED} - {Oversized}
    assert defined(of_requests) | defined(of_urllib3) == known
    assert not set(RAISES) & set(NOT_RAISED)


@pytest.mark.parametrize("kind", sorted(defined(of_requests) | defined(of_urllib3), key=named), ids=named)
def test_an_error_that_proves_nothing_by_itself_is_an_unknown_outcome(kind: type[Exception]) -> None:
    error = unanswered(kind.__new__(kind), "host", mutating=True)
    assert type(error) is (Transient if issubclass(kind, UNSENT) else OutcomeUnknown)


def test_an_older_failure_being_dealt_with_proves_nothing_about_the_next() -> None:
    try:
        try:
            raise of_urllib3.ConnectTimeoutError
        except of_urllib3.ConnectTimeoutError:
            raise of_requests.ReadTimeout  # noqa: B904 - that there is no cause is the point
    except of_requests.ReadTimeout as error:
        assert type(unanswered(error, "host", mutating=True)) is OutcomeUnknown


@pytest.mark.parametrize("call", CHANGES, ids=["POST", "DELETE"])
@pytest.mark.parametrize("name", ["closed", "reset", "no answer in time", "a cut body"])
def test_a_change_is_sent_once_whatever_happens(name: str, call: Call, quick: None) -> None:
    heard: list[BrokenHost] = []
    script = {"closed": says(b""), "reset": says_and(b"", resets), "no answer in time": says_and(b"", hangs)}
    with broken_host(script.get(name, says(HEAD + b"Content-Length: 9\r\n\r\n{"))) as host:
        heard.append(host)
        with pytest.raises(OutcomeUnknown):
            Transport(f"http://{host.address}", throttle=Unmetered()).send(call)
    assert [each.split()[0].decode() for each in heard[0].requests] == [call.method]


def test_a_kept_connection_that_the_host_closed_is_made_anew(quick: None) -> None:
    with broken_host(says(HEAD + b"Content-Length: 8\r\n\r\n" + b'{"a": 1}')) as host:
        transport = Transport(f"http://{host.address}", throttle=Unmetered())
        for _ in range(3):
            assert transport.send(CHANGES[0]) == {"a": 1}
            assert host.closed.acquire(timeout=5)
    assert len(host.requests) == 3


def test_the_rest_of_a_body_too_long_is_not_waited_for(quick: None) -> None:
    endless = says_and(HEAD + b"\r\n" + b" " * 200_000, hangs)
    with broken_host(endless) as host, pytest.raises(Transient, match="Oversized"):
        Transport(f"http://{host.address}", throttle=Unmetered()).send(READ)
