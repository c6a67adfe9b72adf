"""Any address on Hyperliquid as a signal source: POST info (nof1.md §6)."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime

from nof1web.adapters.feeds.fetch import Fetcher
from nof1web.adapters.feeds.hyperliquid_ask import MOST_ROWS, PER_MINUTE, ask_role, ask_state
from nof1web.adapters.feeds.hyperliquid_rounds import Rounds, Seen
from nof1web.adapters.feeds.hyperliquid_wire import MAIN, parse_reading
from nof1web.adapters.feeds.weights import Bucket
from nof1web.core.leaders import SOURCE, Account
from nof1web.core.signals import Reading

LARGEST_BODY = 8 * 2**20
"""bytes; 50 addresses with a position in every coin there is"""


class HyperliquidFeed:
    """The Feed port over `base_url`/info for the addresses that `leaders` gives; `seen` tells what is stored of one."""

    name = SOURCE

    def __init__(
        self,
        *,
        base_url: str,
        timeout: int,
        leaders: Callable[[], Collection[str]],
        seen: Seen = lambda address: (),
        proxy: str | None = None,
    ) -> None:
        url, fetcher = f"{base_url.rstrip('/')}/info", Fetcher(timeout=timeout, proxy=proxy, largest=LARGEST_BODY)
        self._ask = lambda question: fetcher.post(url, question)
        self._leaders = leaders
        weights = Bucket(PER_MINUTE, debt=MOST_ROWS)
        self._rounds = Rounds(self._ask, weights, time.monotonic, lambda: datetime.now(UTC), seen)

    def read(self, marker: int | None) -> Reading | None:
        """Return the present book of each address that could be read; there are no pages and no unchanged answers."""
        return parse_reading(self._rounds.read(self._leaders()))

    def parse(self, raw: bytes) -> Reading:
        """Return what a stored round says; FeedError when it says nothing."""
        return parse_reading(raw)

    def stored(self) -> None:
        """Nothing has to be remembered: every answer is whole."""

    def account(self, address: str) -> Account:
        """Return what an address is now; FeedError when the answer can't be used, Transient when there is none."""
        state = ask_state(self._ask, address, MAIN).state
        role, master = ask_role(self._ask, address) if not state.held else ("user", "")
        return Account(state.equity, len(state.held), role != "missing", master)
