"""/live: pushes a page's fragments to its own user's sockets when something happened or prices moved."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, cast

from flask import Flask, current_app, request
from flask_babel import gettext as _
from flask_sock import Sock

from nof1web.errors import Nof1Error
from nof1web.services import reporting, users
from nof1web.web import access, pages
from nof1web.web.hub import Heard, Hub, Seat

EVENTS_SECONDS = 1.0
MARKS_SECONDS = 2.0
LOOK_SECONDS = 5.0
"""how long a silent page waits before it looks whether its socket and session still live"""

REPLAYED = 50
"""how many missed events a page that comes back shows at most; all of them are under /activity"""

_AGO = re.compile(r"(<time[^>]*>)[^<]*")

sock = Sock()


def _asked() -> tuple[str, str]:
    page, _colon, id = request.args.get("page", "overview").partition(":")
    return (page, id) if page in pages.PAGES else ("overview", "")


def _after() -> int:
    text = request.args.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


class Screen:
    """One open page: draws its fragments and keeps what was sent, so that only what differs travels.

    `after` is the newest event the page shows already; its list of events has room for all that came since.
    """

    def __init__(self, user_id: str, page: str, id: str, after: int) -> None:
        self.user_id, self.page, self.id = user_id, page, id
        self.missed = len(reporting.events(access.ports(), user_id, after=after, limit=REPLAYED))
        self._sent: dict[str, bytes] = {}

    def changes(self) -> str:
        """Return the fragments that differ from what this page was sent last; empty when none does."""
        view = pages.view_of(access.ports(), self.user_id, self.page, self.id, missed=self.missed)
        out = []
        for name in pages.PAGES[self.page].fragments:
            html = pages.draw(name, view, page=self.page, id=self.id, pushed=True)
            # "3 s ago" alone is no news: the page counts on by itself.
            digest = blake2b(_AGO.sub(r"\1", html).encode(), digest_size=8).digest()
            if self._sent.get(name) != digest:
                self._sent[name] = digest
                out.append(html)
        return "".join(out)


def _rest(seat: Seat, last: float) -> bool:
    """Wait until what happened may be drawn: once per second, for marks alone every two; False when nothing did."""
    events, marks = seat.take()
    while events or marks:
        pause = (EVENTS_SECONDS if events else MARKS_SECONDS) - (time.monotonic() - last)
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
            changes = screen.changes()
            last = time.monotonic()
            if changes:
                ws.send(changes)
        seat.woken.wait(LOOK_SECONDS)


def install(app: Flask) -> None:
    """Open /live; the hub starts with the first socket."""

    def listen() -> Iterable[Heard]:
        return cast(Iterable[Heard], app.extensions["nof1_ports"]().bus.listen())

    app.config["SOCK_SERVER_OPTIONS"] = {"ping_interval": 25, "max_message_size": 4096}
    app.extensions["nof1_hub"] = Hub(listen)
    sock.init_app(app)
