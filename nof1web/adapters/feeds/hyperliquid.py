"""Any address on Hyperliquid as a signal source: POST info (nof1.md §6)."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime

from nof1web.adapters.feeds.fetch import Fetcher
from nof1web.adapters.feeds.hyperliquid_ask import MOST_ROWS, PER_MINUTE
from nof1web.adapters.feeds.hyperliquid_look import Looks
from nof1web.adapters.feeds.hyperliquid_rounds import Rounds
from nof1web.adapters.feeds.hyperliquid_told import Known, shown
from nof1web.adapters.feeds.hyperliquid_wire import parse_reading
from nof1web.adapters.feeds.weights import Bucket, Weights
from nof1web.core.leaders import SOURCE, Account
from nof1web.core.signals import Reading

LARGEST_BODY = 8 * 2**20
"""bytes; 50 addresses with a position in every coin there is"""


class HyperliquidFeed:
    """The Feed port over `base_url`/info for the addresses that `leaders` gives; `known` is what is stored of one."""

    name = SOURCE

    def __init__(
        self,
        *,
        base_url: str,
        timeout: int,
        leaders: Callable[[], Collection[str]],
        known: Known = lambda address: None,
        weights: Weights | None = None,
        proxy: str | None = None,
    ) -> None:
        url, fetcher = f"{base_url.rstrip('/')}/info", Fetcher(timeout=timeout, proxy=proxy, largest=LARGEST_BODY)
        self._ask = lambda question: fetcher.post(url, question)
        self._leaders, self._known = leaders, known
        self._weights = weights or Bucket(PER_MINUTE, debt=MOST_ROWS)
        self._rounds = Rounds(self._ask, self._weights, time.monotonic, lambda: datetime.now(UTC), shown(known))

    def read(self, marker: int | None) -> Reading | None:
        """Return the present book of each address that could be read; there are no pages and no unchanged answers."""
        return self._rounds.read(self._leaders()).reading(self._known)

    def parse(self, raw: bytes) -> Reading:
        """Return what a stored round says; FeedError when it says nothing."""
        return parse_reading(raw)

    def stored(self) -> None:
        """Nothing has to be remembered: what is told is compared with what is stored."""

    def account(self, address: str) -> Account:
        """Return what an address is now; FeedError when the answer can't be used, Transient when there is none."""
        return Looks(self._ask, self._weights).account(address)
