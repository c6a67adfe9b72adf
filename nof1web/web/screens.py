"""What open pages show: drawn once for all of a session's tabs on the same page, sent only where it differs."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from flask import render_template
from flask_babel import get_locale

from nof1web.services import reporting
from nof1web.web import access, pages

REPLAYED = 500
"""how many missed events a page that comes back shows at most; all of them are under /activity"""

_KEPT = 128
# "3 s ago" alone is no news: the page counts on by itself. A form's token differs each time it is made.
_NO_NEWS = re.compile(r"(<time[^>]*>)[^<]*|(name=\"csrf_token\" value=\")[^\"]*")


@dataclass(slots=True)
class Drawing:
    """A page's fragments by name, each with its digest, and when they were drawn (monotonic seconds)."""

    at: float = -1.0
    fragments: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Drawings:
    """One per process: the newest drawing of each page that somebody has open."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, ...], Drawing] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: tuple[str, ...]) -> Drawing:
        """Return the drawing of a page, an empty one when nobody has drawn it lately."""
        with self._lock:
            found = self._kept.pop(key, None) or Drawing()
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found


DRAWINGS = Drawings()


class Screen:
    """One open page: keeps what was sent, so that only what differs travels.

    `after` is the newest event the page shows already; its list of events has room for all that came since.
    """

    def __init__(self, user_id: str, page: str, id: str, after: int) -> None:
        self.user_id, self.page, self.id = user_id, page, id
        self.missed = 0
        if pages.PAGES[page].tells:
            self.missed = len(reporting.events(access.ports(), user_id, after=after, limit=REPLAYED))
        # A form's token belongs to the session: no other session's drawing may be shown.
        self._key = (access.token(), page, id, str(get_locale()), str(self.missed))
        self._sent: dict[str, bytes] = {}

    def changes(self, woken: float) -> str:
        """Return the fragments that differ from what this page was sent last; empty when none does.

        A drawing made after `woken` (monotonic seconds) by another tab is as good as an own one.
        """
        drawing = DRAWINGS.of(self._key)
        with drawing.lock:
            if drawing.at < woken:
                drawing.at = time.monotonic()
                drawing.fragments = dict(self._drawn())
            found = drawing.fragments
        out = [html for name, (digest, html) in found.items() if self._sent.get(name) != digest]
        self._sent = {name: digest for name, (digest, _html) in found.items()}
        return "".join(out)

    def pulse(self) -> str:
        """Return the banner alone when it differs from what this page was sent last."""
        digest, html = _digest(render_template("shared/_pulse.html", pulse=pages.pulse(), pushed=True))
        if self._sent.get("pulse") == digest:
            return ""
        self._sent["pulse"] = digest
        return html

    def _drawn(self) -> Iterator[tuple[str, tuple[bytes, str]]]:
        view = pages.view_of(access.ports(), self.user_id, self.page, self.id, missed=self.missed)
        for name in pages.PAGES[self.page].fragments:
            yield name, _digest(pages.draw(name, view, page=self.page, id=self.id, pushed=True))
        yield "pulse", _digest(render_template("shared/_pulse.html", pulse=pages.pulse(), pushed=True))


def _digest(html: str) -> tuple[bytes, str]:
    return blake2b(_NO_NEWS.sub(r"\1\2", html).encode(), digest_size=8).digest(), html
