"""/live: pushes a page's fragments to its own user's sockets when something happened or prices moved."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import Any, cast

from flask import Flask, current_app, request
from flask_babel import gettext as _
from flask_sock import Sock

from nof1web.errors import Nof1Error
from nof1web.services import users
from nof1web.web import access, pages
from nof1web.web.hub import Heard, Hub, Seat
from nof1web.web.screens import Screen

EVENTS_SECONDS = 0.25
"""what happens within it is drawn once: at most four drawings a second"""

MARKS_SECONDS = 2.0
LOOK_SECONDS = 5.0
"""how long a silent page waits before it looks whether its socket and session still live"""

sock = Sock()


class WholeSends:
    """A socket whose send sends everything, one message after the other.

    The websocket library calls send once and looks away: where the reader is slow, what didn't fit would be lost in
    the middle of a message, and its own pings would land there.
    """

    def __init__(self, inner: Any) -> None:
        self._inner, self._turn = inner, threading.Lock()

    def send(self, data: bytes) -> int:
        """Send all of it, then return its length."""
        with self._turn:
            self._inner.sendall(data)
        return len(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _asked() -> tuple[str, str]:
    page, _colon, id = request.args.get("page", "overview").partition(":")
    return (page, id) if page in pages.PAGES else ("overview", "")


def _after() -> int:
    text = request.args.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _rest(seat: Seat, last: float) -> bool:
    """Wait until what happened may be drawn: four times a second, for marks every two; False when nothing did."""
    events, marks = seat.take()
    # Marks concern everybody at once: each person has a moment of their own, so that nobody's event waits for all.
    marks_at = max(last + MARKS_SECONDS, time.monotonic() + seat.offset * MARKS_SECONDS)
    while events or marks:
        pause = (last + EVENTS_SECONDS if events else marks_at) - time.monotonic()
        if pause <= 0:
            return True
        seat.woken.wait(pause)
        more_events, _more_marks = seat.take()
        events = events or more_events
    return False


@sock.route("/live")
def live(ws: Any) -> None:
    """Serve one page's socket until it closes, its session ends, or its page is gone."""
    user_id, token = access.me().id, access.token()
    ws.sock = WholeSends(ws.sock)
    page, id = _asked()
    hub: Hub = current_app.extensions["nof1_hub"]
    seat = hub.join(user_id, wants_marks=pages.PAGES[page].marks)
    try:
        # Joined first, looked second: whatever happens in between is drawn or wakes the seat.
        screen = Screen(user_id, page, id, _after())
        # Where nothing but events counts, a page that shows them all has nothing to learn yet.
        seat.events = seat.events or screen.missed > 0 or not pages.PAGES[page].events_only
        _serve(ws, seat, screen, token)
    except Nof1Error:
        ws.close(4404, _("There is nothing here"))
    finally:
        hub.leave(seat)


def _serve(ws: Any, seat: Seat, screen: Screen, token: str) -> None:
    last = 0.0
    while ws.connected:
        if _rest(seat, last):
            if users.session_user(access.ports(), token) is None:
                ws.close(4401, _("Log in first"))
                return
            changes = screen.changes(seat.woken_at)
            last = time.monotonic()
            if changes:
                ws.send(changes)
        if not seat.woken.wait(LOOK_SECONDS) and (changes := screen.pulse()):
            # Nobody says that nobody is left to say anything: a silent page looks by itself.
            ws.send(changes)


def install(app: Flask) -> None:
    """Open /live; the hub starts with the first socket."""

    def listen() -> Iterable[Heard]:
        return cast(Iterable[Heard], app.extensions["nof1_ports"]().bus.listen())

    app.config["SOCK_SERVER_OPTIONS"] = {"ping_interval": 25, "max_message_size": 4096}
    app.extensions["nof1_hub"] = Hub(listen)
    sock.init_app(app)
