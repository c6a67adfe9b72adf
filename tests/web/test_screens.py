"""What a socket sends: drawn once for all tabs of a session, the banner also while nobody says anything."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from flask import Flask
from flask_login import login_user

from nof1web.core.records import Event
from nof1web.errors import Text, Unavailable
from nof1web.services import overviewing, users
from nof1web.services.stores import User
from nof1web.web import pages, screens
from nof1web.web.access import Visitor
from nof1web.web.hub import Room
from nof1web.web.live import Socket
from nof1web.web.sending import WholeSends
from nof1web.wiring import Wiring


@contextmanager
def session(app: Flask, wiring: Wiring, user: User, token: str = "") -> Iterator[None]:
    """Be a logged-in browser's open socket."""
    with app.test_request_context("/live"):
        login_user(Visitor(user, token or users.open_session(wiring, user.id)))
        yield


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every view that is read for drawing."""
    seen: list[str] = []
    read = pages.view_of

    def noted(p, user_id, page, id="", *, missed=0):
        seen.append(page)
        return read(p, user_id, page, id, missed=missed)

    monkeypatch.setattr(pages, "view_of", noted)
    return seen


def test_two_tabs_of_a_session_are_drawn_once(app: Flask, wiring: Wiring, ann: User, drawn: list[str]) -> None:
    with session(app, wiring, ann):
        tabs = [screens.Screen(ann.id, "overview", "", 10**9) for _ in range(2)]
        woken = time.monotonic()
        first, second = (tab.changes(woken) for tab in tabs)
        assert first == second and drawn == ["overview"]
        assert tabs[0].changes(time.monotonic()) == "" and drawn == ["overview", "overview"]


def test_another_session_gets_a_drawing_of_its_own(
    app: Flask, wiring: Wiring, ann: User, drawn: list[str]
) -> None:
    woken = time.monotonic()
    for _ in range(2):
        with session(app, wiring, ann):
            screens.Screen(ann.id, "overview", "", 10**9).changes(woken)
    assert drawn == ["overview", "overview"]


def test_only_what_looks_at_a_change_is_drawn_again(
    app: Flask, wiring: Wiring, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    draw = pages.draw
    monkeypatch.setattr(pages, "draw", lambda name, view, **more: drawn.append(name) or draw(name, view, **more))
    with session(app, wiring, ann):
        screen = screens.Screen(ann.id, "overview", "", 10**9)
        screen.changes(time.monotonic())
        drawn.clear()
        with wiring.tenants(ann.id) as store:
            store.chronicle.add_event(Event("test", Text("One more."), wiring.clock()))
        assert "One more." in screen.changes(time.monotonic())
    assert "events" in drawn and not {"positions", "steps", "totals"} & set(drawn)


def test_a_list_that_grows_is_sent_each_event_once(app: Flask, wiring: Wiring, ann: User) -> None:
    with session(app, wiring, ann), wiring.tenants(ann.id) as store:
        shown = store.chronicle.last_event_id()
        tab, other = (screens.Screen(ann.id, "activity", "", shown) for _ in range(2))
        for number in range(2):
            store.chronicle.add_event(Event("test", Text(f"Row {number}."), wiring.clock()))
            sent = tab.changes(time.monotonic())
            assert f"Row {number}." in sent and sent.count("data-event") == 1
        assert other.changes(time.monotonic()).count("data-event") == 2
        assert "data-event" not in tab.changes(time.monotonic())


def test_a_busy_file_leaves_the_page_open_and_is_asked_again(app: Flask, wiring: Wiring, ann: User) -> None:
    with session(app, wiring, ann):
        screen = screens.Screen(ann.id, "activity", "", 0)
        ws = SimpleNamespace(connected=True, sock=SimpleNamespace(busy=False))
        seat = Socket(ws, screen, wants_marks=False, inside=lambda do: do())
        screen.changes = lambda woken: (_ for _ in ()).throw(Unavailable("Busy."))  # type: ignore[method-assign]
        seat.draw(0.0)
    assert seat.late and ws.connected


def test_an_event_does_not_wait_for_the_next_marks() -> None:
    room = Room("u_1", drawn=time.monotonic())
    room.wake(events=True)
    assert room._rest() and room.told == room.drawn


def test_a_silent_page_learns_that_no_worker_is_left(
    app: Flask, wiring: Wiring, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session(app, wiring, ann):
        screen = screens.Screen(ann.id, "activity", "", 10**9)
        screen.changes(time.monotonic())
        assert screen.pulse() == ""
        health = {"redis": True, "workers": [], "scheduler": {"alive": True}, "egress": []}
        monkeypatch.setattr(wiring, "health", lambda: health)
        monkeypatch.setattr(overviewing, "PULSES", overviewing.Pulses())
        assert "No worker answers: nothing is copied." in screen.pulse()
        assert screen.pulse() == ""


def test_a_slow_readers_message_arrives_whole() -> None:
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    ours.settimeout(5)
    message = bytes(range(256)) * 2000
    sender = threading.Thread(target=WholeSends(ours).send, args=(message,))
    sender.start()
    received = b""
    while len(received) < len(message):
        received += theirs.recv(1000)
    sender.join()
    ours.close()
    theirs.close()
    assert received == message


def test_a_busy_persons_pages_are_drawn_four_times_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    room, pauses = Room("u_1", drawn=time.monotonic(), told=time.monotonic()), []
    monkeypatch.setattr(room.woken, "wait", lambda seconds: pauses.append(seconds) or time.sleep(seconds))
    for _ in range(40):
        room.wake(events=True)
    told = room.told
    assert room._rest() and room.told - told >= 0.25 and 0 < pauses[0] <= 0.25
