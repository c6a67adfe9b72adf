"""What an agent has closed: told by comparing two signals, priced at the last mark its source showed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core import book
from nof1web.core.signals import Signal, SignalPosition


@dataclass(frozen=True, slots=True)
class Trade:
    """One epoch of an agent from its open to its close; quantity signed, as it was last; prices in USD.

    `exit_price` is the last mark before the close was seen: sources don't tell at what price an agent got out.
    """

    symbol: str
    epoch: str
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    leverage: int
    opened_at: datetime
    closed_at: datetime

    @property
    def profit(self) -> Decimal:
        """Gain or loss (USD) before fees and funding."""
        return self.quantity * (self.exit_price - self.entry_price)

    @property
    def held(self) -> timedelta:
        """How long it was held."""
        return self.closed_at - self.opened_at


def closed_between(before: Signal, after: Signal, marks: Mapping[str, Decimal]) -> Iterator[Trade]:
    """Yield what was held before and is not any more, at the last known `marks` by symbol, else at its entry.

    What a record lacks is held until that is confirmed, as people see it (book.shown), and then closed when it was
    first lacking.
    """
    now = {position.symbol: position for position in after.positions}
    held = {position.symbol: position.epoch for position in book.shown(after, after.read_at)}
    for position in book.shown(before, before.read_at):
        if held.get(position.symbol) != position.epoch:
            yield Trade(
                symbol=position.symbol,
                epoch=position.epoch,
                quantity=position.quantity,
                entry_price=position.entry_price,
                exit_price=marks.get(position.symbol, position.entry_price),
                leverage=position.leverage,
                opened_at=position.first_seen_at,
                closed_at=_lacked_at(now.get(position.symbol)) or after.recorded_at,
            )


def _lacked_at(position: SignalPosition | None) -> datetime | None:
    return None if position is None or position.missing is None else position.missing.since
