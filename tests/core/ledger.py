"""An exchange account in memory: its positions, the journal of its orders, and what a reading of it shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from nof1web.core import own_fills
from nof1web.core.records import Epoch, Intent
from nof1web.core.snapshot import ZERO
from nof1web.core.trading import Account, Position, PositionSide, Side
from nof1web.services import loading
from tests.core.applying import numbered

Row = tuple[str, PositionSide]
_DELAY = timedelta(milliseconds=250)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the exchange said of an account at `account.read_at`."""

    account: Account
    positions: tuple[Position, ...]


class Ledger:
    """One account of `wallet` USDT. `lag` is how long a reading serves; None: each decision has one of its own.

    `rows` is what is really there, signed, by (symbol, side); `journal` every intent, the newest first.
    """

    def __init__(self, *, hedge: bool, wallet: Decimal, lag: timedelta | None = None) -> None:
        self.hedge, self.wallet, self.lag = hedge, wallet, lag
        self.rows: dict[Row, Decimal] = {}
        self.journal: list[Intent] = []
        self.foreign: dict[Row, Decimal] = {}
        self.reading: Reading | None = None

    @property
    def delay(self) -> timedelta:
        """How long after a decision its orders execute: later than what it was decided from."""
        return timedelta() if self.lag is None else _DELAY

    def by_hand(self, symbol: str, delta: Decimal, side: PositionSide | None) -> None:
        """Trade outside every tracker, at once."""
        if not self.hedge:
            side = PositionSide.BOTH
        row = symbol, side or (PositionSide.LONG if delta > 0 else PositionSide.SHORT)
        self.rows[row] = self.rows.get(row, ZERO) + delta
        self.foreign[row] = self.foreign.get(row, ZERO) + delta

    def move(self, intent: Intent, executed: Decimal) -> None:
        """Let an order execute: a reduce-only one never turns a position around (binance.md §8)."""
        bought = executed if intent.side is Side.BUY else -executed
        side = PositionSide.BOTH
        if self.hedge:
            long = (intent.side is Side.BUY) != intent.kind.exits
            side = PositionSide.LONG if long else PositionSide.SHORT
        before = self.rows.get((intent.symbol, side), ZERO)
        after = before + bought
        assert not intent.kind.exits or (abs(after) < abs(before) and after * before >= 0), "reduce-only"
        self.rows[intent.symbol, side] = after

    def reads(self, now: datetime, marks: Mapping[str, Decimal], epochs: Iterable[Epoch]) -> Reading:
        """Return the last reading while it serves, else one of now: entries are at the marks, nothing is gained."""
        if self.reading is None or self.lag is None or now - self.reading.account.read_at > self.lag:
            own = [epoch for epoch in epochs if epoch.quantity and not epoch.shadow]
            used = sum((epoch.allocation for epoch in own), ZERO)
            account = Account(
                self.wallet, self.wallet, self.wallet - used, used, ZERO, self.hedge, False, now, frozenset()
            )
            account = replace(account, read_no=numbered(now))
            self.reading = Reading(account, tuple(self._positions(marks, own)))
        return self.reading

    def seen(self, epochs: Iterable[Epoch]) -> dict[str, Any]:
        """Return what a snapshot says of the account by its last reading and the orders since (services/loading.py)."""
        assert self.reading is not None, "something was read before"
        account, rows = self.reading.account, self.reading.positions
        at = account.read_no
        lately = [each for each in self.journal if own_fills.settled_since(each, at)]
        own = list(epochs)
        since = own_fills.not_shown(lately, at, rows, own, hedge=self.hedge)
        near = [each for each in self.journal if self.lag is not None and loading._near(each, account)]
        return {
            "account": self.reading.account,
            "positions": rows,
            "foreign": loading.foreign_shares(rows, own, own_fills.executed(since, hedge=self.hedge), hedge=self.hedge),
            "filled_since": own_fills.taken_since(lately, at, own),
            "under_way": own_fills.margins(
                each for each in self.journal if not each.shadow and not each.status.resolved
            ),
            "live": loading.live_quantities(rows, since, hedge=self.hedge),
            "unsure": frozenset(each.symbol for each in near),
        }

    def live(self, symbol: str, long: bool) -> Decimal:
        """Return how much (unsigned) there really is of a symbol on a side."""
        rows = (quantity for (name, _), quantity in self.rows.items() if name == symbol and (quantity > 0) == long)
        return sum(map(abs, rows), ZERO)

    def _positions(self, marks: Mapping[str, Decimal], own: list[Epoch]) -> Iterable[Position]:
        for (symbol, side), quantity in self.rows.items():
            if quantity:
                leverage = next((each.leverage for each in own if each.symbol == symbol), 10)
                margin = abs(quantity) * marks[symbol] / leverage
                yield Position(symbol, side, quantity, marks[symbol], marks[symbol], ZERO, ZERO, margin)
