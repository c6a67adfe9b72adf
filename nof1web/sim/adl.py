"""Auto-deleveraging: who is closed first when nobody else pays, and the queue as adlQuantile shows it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from nof1web.sim import forced, settlement
from nof1web.sim.accounts import CROSSED, LONG, SHORT, ZERO, Account, Position
from nof1web.sim.book import Level
from nof1web.sim.ledger import Ledger
from nof1web.sim.margin import margins
from nof1web.sim.market import Market
from nof1web.sim.rules import TAKER_FEE

GROUPS = 5


@dataclass(slots=True)
class Ranks:
    """The scores of a symbol's longs and shorts, ascending; made once per market step and only when asked for."""

    _made: dict[str, tuple[tuple[int, Decimal], dict[bool, list[Decimal]]]] = field(default_factory=dict)

    def quantile(self, ledger: Ledger, market: Market, account: Account, position: Position) -> int:
        """0 (last to be closed) to 4 (first) among the holders of the same side; 0 for a flat position."""
        if not position.quantity:
            return 0
        scores = self._scores(ledger, market, position.symbol)[position.quantity > 0]
        own = score(account, position, market.mark(position.symbol))
        below = min(bisect_right(scores, own), len(scores))
        return max(0, (below * GROUPS - 1) // max(1, len(scores)))

    def _scores(self, ledger: Ledger, market: Market, symbol: str) -> dict[bool, list[Decimal]]:
        mark = market.mark(symbol)
        key = (market.steps, mark)
        if symbol not in self._made or self._made[symbol][0] != key:
            scores: dict[bool, list[Decimal]] = {True: [], False: []}
            for account, position in _holders(ledger, symbol):
                scores[position.quantity > 0].append(score(account, position, mark))
            scores[True].sort()
            scores[False].sort()
            self._made[symbol] = (key, scores)
        return self._made[symbol][1]


def score(account: Account, position: Position, mark: Decimal) -> Decimal:
    """Where a position stands in the queue: profit ratio times leverage, a loss divided by it."""
    leverage = account.config(position.symbol).leverage
    ratio = position.unrealised(mark) / (abs(position.quantity) * position.entry_price)
    return ratio * leverage if ratio > 0 else ratio / leverage


def quantiles(ranks: Ranks, ledger: Ledger, market: Market, account: Account, symbol: str) -> dict[str, int]:
    """A symbol's adlQuantile: by side; "HEDGE", a mere sign, instead of "BOTH" for a crossed symbol in hedge mode."""

    def of(side: str) -> int:
        position = account.positions.get(f"{symbol}|{side}")
        return ranks.quantile(ledger, market, account, position) if position else 0

    if not account.hedge:
        return {LONG: 0, SHORT: 0, "BOTH": of("BOTH")}
    long, short = of(LONG), of(SHORT)
    if account.config(symbol).margin_type != CROSSED:
        return {LONG: long, SHORT: short, "BOTH": 0}
    if account.quantity(symbol, LONG) and account.quantity(symbol, SHORT):
        long = short = max(long, short)
    return {LONG: long, SHORT: short, "HEDGE": 0}


def deleverage(
    ledger: Ledger, market: Market, against: Account, position: Position, *, price: Decimal, now_ms: int
) -> Decimal:
    """Close the opposite side's first in the queue at a price until the position is matched; how much was matched.

    `against` holds the position that is taken over and is never a partner itself. Who would lose at the price, or be
    left owing, is passed over. The partners' resting orders in the symbol go first, as in a liquidation.
    """
    wanted, mark = abs(position.quantity), market.mark(position.symbol)
    partners = [
        (score(account, held, mark), account, held)
        for account, held in _holders(ledger, position.symbol)
        if account is not against and (held.quantity > 0) != (position.quantity > 0)
    ]
    matched = ZERO
    for _, account, held in sorted(partners, key=lambda row: row[0], reverse=True):
        if matched >= wanted:
            break
        quantity = min(abs(held.quantity), wanted - matched)
        if not _can_bear(account, market, held, quantity=quantity, price=price):
            continue
        close(ledger, market, account, held, quantity=quantity, price=price, now_ms=now_ms)
        matched += quantity
    return matched


def close(
    ledger: Ledger,
    market: Market,
    account: Account,
    position: Position,
    *,
    quantity: Decimal,
    price: Decimal,
    now_ms: int,
) -> None:
    """Take a quantity (positive) off a holder's position at a price; client id "adl_autoclose".

    An isolated position loses no more than its margin: the insurance fund pays the rest.
    """
    forced.cancel_resting(ledger, account, {position.symbol}, now_ms=now_ms)
    order = forced.open_order(
        ledger, market, position, account, why=forced.ADL, price=price, now_ms=now_ms, quantity=quantity
    )
    had = account.wallet, position.isolated_wallet
    forced.fill(ledger, market, account, order, Level(price, quantity), now_ms=now_ms)
    settlement.cover_isolated(ledger, market, account, position, had=had, now_ms=now_ms)
    forced.finish(ledger, account, order, now_ms=now_ms)


def _can_bear(account: Account, market: Market, position: Position, *, quantity: Decimal, price: Decimal) -> bool:
    signed = quantity.copy_sign(position.quantity)
    if signed * (price - position.entry_price) < 0:
        return False
    if account.is_isolated(position.symbol):
        return True
    given_up = signed * (market.mark(position.symbol) - price) + quantity * price * TAKER_FEE
    return margins(account, market).cross_equity >= given_up


def _holders(ledger: Ledger, symbol: str) -> Iterator[tuple[Account, Position]]:
    for account in list(ledger.active.values()):
        for position in account.live_positions():
            if position.symbol == symbol:
                yield account, position
