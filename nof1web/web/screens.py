"""What open pages show: drawn once for all of a session's tabs on the same page, sent only where it differs."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from weakref import WeakValueDictionary

from flask import render_template

from nof1web.services import reporting, timelines
from nof1web.web import access, filters, pages, spoken
from nof1web.web.watched import Watched, shows

REPLAYED = 500
"""how many missed events a page that comes back shows at most; all of them are under /activity"""

# "3 s ago" alone is no news: the page counts on by itself. A form's token differs each time it is made.
_NO_NEWS = re.compile(r"(<time[^>]*>)[^<]*|(name=\"csrf_token\" value=\")[^\"]*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A drawn fragment, its digest, and what of the page's view it was drawn from."""

    html: str
    digest: bytes
    looked_at: dict[str, object]


@dataclass(slots=True, weakref_slot=True)
class Drawing:
    """A page's fragments by name and when they were last compared with the view (monotonic seconds).

    `newest` is the newest event shown, where the page is a list that grows.
    """

    at: float = -1.0
    pieces: dict[str, Piece] = field(default_factory=dict)
    newest: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Drawings:
    """One per process: the drawing of each page that somebody has open, for as long as somebody has."""

    def __init__(self) -> None:
        self._kept: WeakValueDictionary[tuple[str, ...], Drawing] = WeakValueDictionary()
        self._lock = threading.Lock()

    def of(self, key: tuple[str, ...]) -> Drawing:
        """Return the drawing of a page, an empty one when nobody has it open."""
        with self._lock:
            return self._kept.setdefault(key, Drawing())


DRAWINGS = Drawings()
_PULSES: dict[tuple[str, str], Piece] = {}


class Screen:
    """One open page: keeps what was sent, so that only what differs travels.

    `after` is the newest event the page shows already; its list of events has room for all that came since.
    """

    def __init__(self, user_id: str, page: str, id: str, after: int) -> None:
        self.user_id, self.page, self.id = user_id, page, id
        self._after, self.missed = after, 0
        # A form's token belongs to the session: no other session's drawing may be shown.
        self._key = (access.token(), page, id, spoken.locale())
        self._sent: dict[str, bytes] = {}
        self._drawing: Drawing | None = None

    def behind(self) -> bool:
        """Whether something happened that the page doesn't show yet."""
        with access.ports().tenants(self.user_id) as store:
            return store.chronicle.last_event_id() > self._after

    def drawn(self, woken: float) -> bool:
        """Whether another tab of the session has drawn the page after `woken` (monotonic seconds)."""
        return self._drawing is not None and self._drawing.at >= woken

    def changes(self, woken: float) -> str:
        """Return the fragments that differ from what this page was sent last; empty when none does.

        A drawing made after `woken` (monotonic seconds) by another tab is as good as an own one.
        """
        drawing = self._drawing = self._drawing or self._first()
        with drawing.lock:
            if drawing.at < woken:
                drawing.at = time.monotonic()
                drawing.pieces = dict(self._drawn(drawing))
            found = drawing.pieces
        out = [piece.html for name, piece in found.items() if self._sent.get(name) != piece.digest]
        self._sent = {name: piece.digest for name, piece in found.items()}
        if drawing.newest > self._after:
            self._after = drawing.newest
            self._drawing = self._shared()
        return "".join(out)

    def pulse(self) -> str:
        """Return the banner alone when it differs from what this page was sent last."""
        piece = _pulse()
        if self._sent.get("pulse") == piece.digest:
            return ""
        self._sent["pulse"] = piece.digest
        return piece.html

    def _first(self) -> Drawing:
        if pages.PAGES[self.page].tells and not pages.PAGES[self.page].grows:
            self.missed = len(reporting.events(access.ports(), self.user_id, after=self._after, limit=REPLAYED))
        return self._shared()

    def _shared(self) -> Drawing:
        return DRAWINGS.of((*self._key, str(self._after if pages.PAGES[self.page].grows else self.missed)))

    def _drawn(self, before: Drawing) -> Iterator[tuple[str, Piece]]:
        if pages.PAGES[self.page].grows:
            yield from self._grown(before)
        else:
            view = pages.view_of(access.ports(), self.user_id, self.page, self.id, missed=self.missed)
            for name in pages.PAGES[self.page].fragments:
                known = before.pieces.get(name)
                yield name, known if known and shows(view, known.looked_at) else self._piece(name, view)
        yield "pulse", _pulse()

    def _piece(self, name: str, view: object) -> Piece:
        watched = Watched(view)
        html = pages.draw(name, watched, page=self.page, id=self.id, pushed=True)
        return Piece(html, _digest(html), watched.looked_at)

    def _grown(self, drawing: Drawing) -> Iterator[tuple[str, Piece]]:
        if filters.before(self.id):
            # An older stretch of the list doesn't change.
            return
        wanted = filters.events(self.id)
        rows = timelines.newer(access.ports(), self.user_id, wanted, after=self._after, limit=REPLAYED)
        if rows:
            drawing.newest = rows[0].id
            html = render_template(f"{pages.PAGES[self.page].area}/_rows.html", rows=rows)
            yield "rows", Piece(html, _digest(html), {})


def _pulse() -> Piece:
    pulse = pages.pulse()
    # Nearly always the same, and asked for with every drawing.
    key = (spoken.locale(), str(pulse.trouble))
    if key not in _PULSES:
        html = render_template("shared/_pulse.html", pulse=pulse, pushed=True)
        _PULSES[key] = Piece(html, _digest(html), {})
    return _PULSES[key]


def _digest(html: str) -> bytes:
    return blake2b(_NO_NEWS.sub(r"\1\2", html).encode(), digest_size=8).digest()
