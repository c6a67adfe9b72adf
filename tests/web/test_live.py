"""The live socket, over a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import websocket
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from nof1web.core.records import Event
from nof1web.errors import Text
from nof1web.services.stores import User
from nof1web.web.access import foreign_origin
from nof1web.wiring import Wiring
from tests.web import seed
from tests.web.conftest import csrf, enter


@pytest.fixture
def server(app: Flask) -> Iterator[str]:
    """The application on a loopback port."""
    made = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{made.server_port}"
    made.shutdown()
    thread.join()


def sit(
    server: str, client: FlaskClient, query: str = "page=overview", origin: str = "", after: int = 0
) -> websocket.WebSocket:
    """Open a page's socket as its browser does."""
    cookie = client.get_cookie("nof1")
    return websocket.create_connection(
        f"ws://{server}/live?after={after}&{query}",
        cookie=f"nof1={cookie.value}" if cookie else None,
        origin=origin or f"http://{server}",
        timeout=10,
    )


def happen(wiring: Wiring, user: User, sentence: str) -> None:
    """Let something happen to a tenant, as a worker does."""
    with wiring.tenants(user.id) as store:
        id = store.chronicle.add_event(Event("test", Text(sentence), wiring.clock()))
    wiring.bus.publish(user.id, id)


def test_an_event_reaches_its_own_users_page(server: str, page: FlaskClient, wiring: Wiring, ann: User) -> None:
    socket = sit(server, page)
    first = socket.recv()
    assert 'hx-swap-oob="true"' in first and 'id="positions"' in first and "<html" not in first
    happen(wiring, ann, "Something new for Ann.")
    assert "Something new for Ann." in socket.recv()
    socket.close()


def test_only_what_changed_travels(server: str, page: FlaskClient, wiring: Wiring, ann: User) -> None:
    socket = sit(server, page, "page=activity")
    socket.recv()
    happen(wiring, ann, "One more line.")
    again = socket.recv()
    assert again.count("data-event=") == 1 and 'id="totals"' not in again
    socket.close()


def test_anothers_page_hears_nothing(server: str, app: Flask, wiring: Wiring, ann: User, bob: User) -> None:
    mine, others = (sit(server, enter(app.test_client(), user.email), "page=activity") for user in (ann, bob))
    assert mine.recv() and others.recv()
    happen(wiring, ann, "Ann's secret trade.")
    happen(wiring, bob, "Bob's own line.")
    assert "Ann&#39;s secret trade." in mine.recv()
    heard = others.recv()
    assert "Bob&#39;s own line." in heard and "Ann" not in heard
    mine.close()
    others.close()


def test_what_was_missed_while_away_is_shown_on_return(
    server: str, page: FlaskClient, wiring: Wiring, ann: User
) -> None:
    happen(wiring, ann, "While you were away.")
    socket = sit(server, page, "page=overview")
    assert "While you were away." in socket.recv()
    socket.close()


def newest(wiring: Wiring, user: User) -> int:
    with wiring.tenants(user.id) as store:
        return store.chronicle.last_event_id()


def test_all_that_was_missed_is_shown_even_when_it_is_much(
    server: str, page: FlaskClient, wiring: Wiring, ann: User
) -> None:
    seen = newest(wiring, ann)
    for number in range(15):
        happen(wiring, ann, f"Missed number {number}.")
    socket = sit(server, page, after=seen)
    strip = socket.recv()
    assert all(f"Missed number {number}." in strip for number in range(15))
    socket.close()
    socket = sit(server, page, after=seen + 15)
    strip = socket.recv()
    assert "Missed number 14." in strip and "Missed number 0." not in strip
    socket.close()


def test_a_page_that_missed_nothing_is_told_only_the_next_event(
    server: str, page: FlaskClient, wiring: Wiring, ann: User
) -> None:
    happen(wiring, ann, "Seen already.")
    socket = sit(server, page, "page=activity", after=newest(wiring, ann))
    socket.settimeout(0.3)
    with pytest.raises(websocket.WebSocketTimeoutException):
        socket.recv()
    socket.settimeout(10)
    happen(wiring, ann, "The next one.")
    assert "The next one." in socket.recv()
    socket.close()


def test_a_foreign_site_cannot_open_the_socket(server: str, page: FlaskClient) -> None:
    for origin in ("https://evil.example", f"https://{server}", "http://127.0.0.1", "null", "http://["):
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
            sit(server, page, origin=origin)


@pytest.mark.parametrize(
    ("public", "seen", "origin", "foreign"),
    [
        ("", "http://nof1.example/live", "http://nof1.example", False),
        ("", "https://nof1.example/live", "https://nof1.example", False),
        ("", "https://nof1.example/live", "http://nof1.example", True),
        ("https://nof1.example", "http://nof1.example/live", "https://nof1.example", False),
        ("https://nof1.example", "http://nof1.example/live", "http://nof1.example", True),
        ("https://nof1.example", "http://127.0.0.1:8000/live", "https://nof1.example:443", False),
        ("https://nof1.example", "http://127.0.0.1:8000/live", "http://127.0.0.1:8000", False),
    ],
)
def test_a_site_is_its_scheme_and_host(public: str, seen: str, origin: str, foreign: bool) -> None:
    site = Flask(__name__)
    site.config["NOF1_PUBLIC_URL"] = public
    with site.test_request_context(seen, headers={"Origin": origin}):
        assert foreign_origin() is foreign


def test_a_stranger_cannot_open_the_socket(server: str, stranger: FlaskClient) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException, match="401"):
        sit(server, stranger)


def test_anothers_page_cannot_be_watched(server: str, others_page: FlaskClient, ann: User) -> None:
    socket = sit(server, others_page, f"page=credential:{seed.ids(ann)[0]}")
    assert socket.recv() == ""
    socket.close()


def test_a_closed_session_ends_its_socket(server: str, page: FlaskClient, wiring: Wiring, ann: User) -> None:
    socket = sit(server, page, "page=activity")
    socket.recv()
    page.post("/logout", data={"csrf_token": csrf(page)})
    happen(wiring, ann, "Too late.")
    assert socket.recv() == ""
    socket.close()
