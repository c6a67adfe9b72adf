"""/live: pushes a page's fragments to its own user's sockets when something happened or prices moved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, cast

from flask import Flask, copy_current_request_context, current_app, request
from flask_babel import gettext as _
from flask_login import current_user
from flask_sock import Sock
from simple_websocket import ConnectionClosed
from wsproto.frame_protocol import FrameProtocol

from nof1web.errors import Nof1Error, Unavailable
from nof1web.web import access, pages
from nof1web.web.hub import Heard, Hub
from nof1web.web.screens import Screen
from nof1web.web.sending import Reader, Unheard, WholeSends

_AGAIN = 1013
"""try again later, says the protocol: pages do"""

sock = Sock()


@lru_cache(maxsize=4)
def _framed(text: str) -> bytes:
    """Return a message as it goes over any page's connection: a person's tabs are mostly sent the same."""
    frames = FrameProtocol(client=False, extensions=[])
    return bytes(frames.send_data(text, fin=True))


def _asked() -> tuple[str, str]:
    page, _colon, id = request.args.get("page", "overview").partition(":")
    return (page, id) if page in pages.PAGES else ("overview", "")


def _after() -> int:
    text = request.args.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


@dataclass(eq=False, slots=True)
class Socket:
    """An open page's seat: what it shows, and the socket it is sent through.

    `inside` calls a function as if in the request that opened the page: its person's thread serves other pages too.
    """

    ws: Any
    screen: Screen
    wants_marks: bool
    inside: Callable[[Callable[[], None]], None]
    late: bool = False

    def draw(self, woken_at: float) -> None:
        """Send what differs from what was sent last; close when the session ended or the page's subject is gone."""
        self.late = self.ws.sock.busy
        if self.late or not self.ws.connected:
            return
        if self.screen.drawn(woken_at):
            # Another tab of the session was let in and drew it: what is new is only to be sent.
            self._send(self.screen.changes(woken_at))
        else:
            self.inside(partial(self._draw, woken_at))

    def look(self) -> None:
        """Send the banner when it differs: nobody says that nobody is left to say anything."""
        if not self.ws.sock.busy and self.ws.connected:
            with suppress(Unavailable):
                self.inside(lambda: self._send(self.screen.pulse()))

    def close(self) -> None:
        """Let the page connect again."""
        with suppress(ConnectionClosed, OSError):
            self.ws.close(_AGAIN)

    def _draw(self, woken_at: float) -> None:
        with suppress(ConnectionClosed, OSError):
            try:
                if current_user.is_authenticated:
                    self._send(self.screen.changes(woken_at))
                else:
                    self.ws.close(4401, _("Log in first"))
            except Unavailable:
                # A file is busy for a moment: the page stays as it is until it isn't.
                self.late = True
            except Nof1Error:
                self.ws.close(4404, _("There is nothing here"))

    def _send(self, changes: str) -> None:
        if changes:
            with suppress(ConnectionClosed, OSError):
                self.ws.sock.send(_framed(changes))


@sock.route("/live")
def live(ws: Any) -> None:
    """Serve one page's socket until it closes, its session ends, or its page is gone."""
    user_id, (page, id) = access.me().id, _asked()
    shown = pages.PAGES[page]
    hub: Hub = current_app.extensions["nof1_hub"]
    ws.sock = WholeSends(ws.sock)
    # The handshake is over: what was kept for it goes.
    ws.ws = ws.ws.connection
    screen = Screen(user_id, page, id, _after())
    seat = Socket(ws, screen, shown.marks, copy_current_request_context(_call))
    room = hub.join(user_id, seat)
    try:
        # Joined first, looked second: whatever happens in between is drawn or wakes the room.
        # Where nothing but events counts, a page that shows them all has nothing to learn yet.
        if not shown.events_only or _behind(screen):
            room.expect(seat)
        ws.thread.run()
    finally:
        hub.leave(room, seat)


def _behind(screen: Screen) -> bool:
    try:
        return screen.behind()
    except Unavailable:
        return True


def _call(do: Callable[[], None]) -> None:
    do()


def install(app: Flask) -> None:
    """Open /live; the hub starts with the first socket."""

    def listen() -> Iterable[Heard]:
        return cast(Iterable[Heard], app.extensions["nof1_ports"]().bus.listen())

    @app.before_request
    def uncompressed() -> None:
        # Browsers offer to compress; a compressor of its own for each page would be a quarter megabyte.
        if request.path == "/live":
            request.environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)

    app.config["SOCK_SERVER_OPTIONS"] = {
        "ping_interval": 25,
        "max_message_size": 4096,
        "thread_class": Reader,
        "event_class": Unheard,
    }
    app.extensions["nof1_hub"] = Hub(listen)
    sock.init_app(app)
