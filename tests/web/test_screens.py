"""What a socket sends: drawn once for all tabs of a session, the banner also while nobody says anything."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask_login import login_user

from nof1web.services import overviewing, users
from nof1web.services.stores import User
from nof1web.web import pages, screens
from nof1web.web.access import Visitor
from nof1web.web.live import WholeSends
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
