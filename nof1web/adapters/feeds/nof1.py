"""The nof1 arena as a signal source: GET account-totals (nof1.md §1)."""

from __future__ import annotations

from nof1web.adapters.feeds.decode import decoded
from nof1web.adapters.feeds.fetch import Fetcher
from nof1web.adapters.feeds.nof1_wire import parse_reading
from nof1web.core.signals import Reading

Known = tuple[int | None, str]


class Nof1Feed:
    """The Feed port over `base_url`/account-totals; remembers the ETag of the last answer that was stored."""

    name = "nof1"

    def __init__(self, *, base_url: str, timeout: int, proxy: str | None = None) -> None:
        self._url = f"{base_url.rstrip('/')}/account-totals"
        self._fetcher = Fetcher(timeout=timeout, proxy=proxy)
        self._etag: Known = (None, "")
        self._unstored: Known = (None, "")

    def read(self, marker: int | None) -> Reading | None:
        """Return the newest record per agent from page `marker` on (None: from the start); None when nothing changed.

        FeedError when the answer can't be used, Transient when there is none.
        """
        known, etag = self._etag
        params = {} if marker is None else {"lastHourlyMarker": str(marker)}
        # Kept only by a good answer: one that can't be sent would spoil every read.
        self._etag = self._unstored = (None, "")
        document = self._fetcher.get(self._url, params=params, etag=etag if known == marker else "")
        self._etag = self._unstored = (known, etag)
        if document is None:
            return None
        reading = parse_reading(document.content, source=self.name, asked=marker, raw=document.raw)
        self._unstored = (marker, document.etag)
        return reading

    def parse(self, raw: bytes) -> Reading:
        """Return what a stored answer says; FeedError when it says nothing."""
        return parse_reading(decoded(raw, self.name), source=self.name, asked=None, raw=raw)

    def stored(self) -> None:
        """Note that the last reading was stored: only then may the source answer that nothing changed since."""
        self._etag = self._unstored
