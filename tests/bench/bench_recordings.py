"""What is kept of thirty Hyperliquid addresses in a day: their books as told, and what of them is new."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from nof1web.adapters.store.market import SqliteMarket
from nof1web.core.signals import Reading
from nof1web.errors import Transient
from nof1web.services import feeding
from tests.adapters.feeds.wallets import Wallets, address
from tests.tools.table import Row

LEADERS, EVERY = 30, 5
FIRST, THEN = 10, 40
"""minutes: what is there from the beginning is in both"""
COINS = {"BTC": 100_000, "ETH": 3_900, "SOL": 190, "XRP": 2, "DOGE": 0, "BNB": 1_100}
TRADES_AN_HOUR = 4
"""changes of an address's book"""


def rows() -> Iterator[Row]:
    """Measure what a day's recording takes on the disk."""
    day = (_recorded(THEN) - _recorded(FIRST)) * 24 * 60 / (THEN - FIRST)
    how = f"{LEADERS} addresses with up to 6 positions read every {EVERY} s, {TRADES_AN_HOUR} changes an hour each"
    yield "recorded of an address in a day", f"{day / LEADERS / 1000:.0f} kB", f"from {THEN - FIRST} minutes; {how}"
    yield "  of all of them in a week", f"{7 * day / 1e6:.0f} MB", "kept for seven days"


class _Addresses:
    """The source over addresses in memory."""

    name = "hyperliquid"

    def __init__(self, wallets: Wallets, market: SqliteMarket) -> None:
        self.wallets, self.market = wallets, market

    def read(self, marker: int | None) -> Reading | None:
        """One round."""
        told = self.wallets.rounds.read(tuple(self.wallets.books))
        return told.reading(lambda address: self.market.signal(self.name, address))

    def parse(self, raw: bytes) -> Reading:
        """Not asked for."""
        raise NotImplementedError

    def stored(self) -> None:
        """Nothing to remember."""


def _recorded(minutes: int) -> int:
    """How many bytes there are after so many minutes."""
    with tempfile.TemporaryDirectory() as folder:
        market = SqliteMarket(Path(folder) / "market.db")
        _live(market, minutes)
        market.close()
        return sum(each.stat().st_size for each in Path(folder).iterdir())


def _live(market: SqliteMarket, minutes: int) -> None:
    dice = random.Random(7)
    wallets = Wallets()
    wallets.marks = {coin: Decimal(price or "0.2") for coin, price in COINS.items()}
    for number in range(1, LEADERS + 1):
        held = dice.sample(list(COINS), dice.randint(1, len(COINS)))
        book = {coin: f"{dice.randint(1, 99) / 10}@{wallets.marks[coin]}" for coin in held}
        wallets.hold(address(number), number, **book)
    feed, chance = _Addresses(wallets, market), TRADES_AN_HOUR * EVERY / 3600
    for tick in range(minutes * 60 // EVERY):
        wallets.seconds = float(tick * EVERY)
        wallets.marks = {coin: mark * Decimal(1 + dice.gauss(0, 2e-4)) for coin, mark in wallets.marks.items()}
        for number in range(1, LEADERS + 1):
            if dice.random() < chance:
                _trade(wallets, address(number), dice)
        try:
            feeding.read_source(feed, market, wallets.now, keep=timedelta(days=7))
        except Transient:
            continue


def _trade(wallets: Wallets, who: str, dice: random.Random) -> None:
    coin = dice.choice(list(wallets.books[who]))
    size, entry = wallets.books[who][coin]
    after = f"{float(size) * dice.choice((0.5, 1.5, -1)):.2f}"
    if float(after):
        wallets.fill(who, coin, before=size, after=after, oid=int(wallets.seconds) + 1000)
        wallets.books[who][coin] = (after, entry)
