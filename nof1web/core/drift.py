"""Why the account has less than a tracker holds: explained before it is believed (DESIGN §5 rule 8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from nof1web.core.states import EpochState
from nof1web.core.trading import Fill, Leg, Side

ZERO = Decimal(0)
APART = timedelta(seconds=2)
"""how far apart two agreeing readings must be"""
QUIET = timedelta(seconds=10)
"""how long ago the last own order must be: readings may lag behind it (binance.md §7)"""


class Cause(StrEnum):
    """What made a holding smaller."""

    NONE = "none"
    """nothing: the account has it, or only the foreign share became smaller"""
    UNPROVEN = "unproven"
    """it seems smaller, but nothing proves it: the holding stays as it is"""
    OWN_STOP = "own_stop"
    OWN_TARGET = "own_target"
    OWN_ORDER = "own_order"
    """by an order of ours that no change explains any more"""
    LIQUIDATED = "liquidated"
    """by the exchange: liquidation or auto-deleveraging"""
    CLOSED_BY_HAND = "closed_by_hand"
    REDUCED_BY_HAND = "reduced_by_hand"
    UNEXPLAINED = "unexplained"
    """nobody traded, but two readings agree"""


_STATES = {
    Cause.OWN_STOP: EpochState.STOPPED,
    Cause.OWN_TARGET: EpochState.STOPPED,
    Cause.OWN_ORDER: EpochState.DONE,
    Cause.LIQUIDATED: EpochState.DONE,
    Cause.CLOSED_BY_HAND: EpochState.DONE,
    Cause.REDUCED_BY_HAND: EpochState.DONE,
    Cause.UNEXPLAINED: EpochState.DONE,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """How much (unsigned) the account had on the holding's side of the symbol, and when that was read."""

    quantity: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What is believed (`holding` signed, `foreign` unsigned on the same side) and what the account showed.

    `earlier` is the reading before, own fills since then included; `settled_at` when the last own order in the symbol
    was settled.
    """

    holding: Decimal
    foreign: Decimal
    reading: Reading
    earlier: Reading | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found out; None stands for a query that failed, which proves nothing.

    `fired` are the orders of own finished stops and targets, `forced` those of liquidations and deleveraging, by the
    exchange's ids. `trades` are the account's in the symbol, without what earlier explanations used up already;
    those under `own` ids, of journaled orders, explain nothing: their holding has moved with them. Those under
    `ours` are of orders with our mark that moved no holding: they never take a foreign share first.
    """

    fired: Mapping[str, Leg] | None
    forced: frozenset[str] | None
    trades: tuple[Fill, ...] | None
    own: frozenset[str] = frozenset()
    ours: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Drift:
    """What it was: the holding (signed) and foreign share that are left, the epoch's new state (None: as it was).

    `taken` is what the holding lost, unsigned; `fills` are the trades that explain it.
    """

    cause: Cause
    holding: Decimal
    foreign: Decimal
    state: EpochState | None = None
    taken: Decimal = ZERO
    fills: tuple[Fill, ...] = ()


def explain(standing: Standing, evidence: Evidence) -> Drift:
    """Return why the live position is smaller than believed, by the strongest evidence there is.

    In order: own algo order finished, liquidation or deleveraging, orders with our mark, foreign trades, two readings
    that agree. Several may each explain a part; the first that took something of the holding names it.
    """
    if evidence.fired is None or evidence.trades is None:
        return Drift(Cause.UNPROVEN if _lacking(standing) else Cause.NONE, standing.holding, standing.foreign)
    found = _Finding(standing, evidence.trades)
    for leg, cause in ((Leg.STOP, Cause.OWN_STOP), (Leg.TARGET, Cause.OWN_TARGET)):
        fired = {order_id for order_id, each in evidence.fired.items() if each is leg}
        # Own fills are certain, whatever the reading: it may be older than they are.
        found.take_own(cause, found.use(fired))
    if found.lacking and evidence.forced is None:
        return found.drift()
    forced = evidence.forced or frozenset()
    found.take_own_first(Cause.LIQUIDATED, found.use(forced, most=found.lacking))
    found.take_own_first(Cause.OWN_ORDER, found.use(evidence.ours, most=found.lacking))
    known = evidence.own | evidence.ours | forced | evidence.fired.keys()
    others = {fill.order_id for fill in evidence.trades} - known
    found.take_foreign_first(Cause.REDUCED_BY_HAND, found.use(others, most=found.lacking))
    if _agreed(standing):
        found.take_foreign_first(Cause.UNEXPLAINED, found.lacking)
    return found.drift()


class _Finding:
    """An explanation on its way: what is left of holding and foreign share, and what took from them."""

    def __init__(self, standing: Standing, trades: tuple[Fill, ...]) -> None:
        self._standing, self._long = standing, standing.holding > 0
        closes = Side.SELL if self._long else Side.BUY
        self._trades = [fill for fill in trades if fill.side is closes]
        self._held, self._foreign = abs(standing.holding), standing.foreign
        self._cause, self._fills = Cause.NONE, list[Fill]()

    @property
    def lacking(self) -> Decimal:
        """How much of what is left to believe the account doesn't show."""
        return max(self._held + self._foreign - self._standing.reading.quantity, ZERO)

    def use(self, ids: Collection[str], *, most: Decimal | None = None) -> Decimal:
        """Return what the reducing trades under these order ids took, at most as much as given.

        Trades become part of the explanation, the oldest first, until they cover it.
        """
        total = ZERO
        for fill in self._trades:
            if fill.order_id in ids and (most is None or total < most):
                self._fills.append(fill)
                total += fill.quantity
        return total if most is None else min(total, most)

    def take_own(self, cause: Cause, quantity: Decimal) -> None:
        """Let the holding lose up to a quantity."""
        lost = min(quantity, self._held)
        self._held -= lost
        if lost and self._cause is Cause.NONE:
            self._cause = cause

    def take_own_first(self, cause: Cause, quantity: Decimal) -> None:
        """Let the holding lose up to a quantity, and the foreign share what that can't cover."""
        own = min(quantity, self._held)
        self.take_own(cause, own)
        self._foreign -= min(quantity - own, self._foreign)

    def take_foreign_first(self, cause: Cause, quantity: Decimal) -> None:
        """Let the foreign share lose up to a quantity, and the holding what that can't cover."""
        foreign = min(quantity, self._foreign)
        self._foreign -= foreign
        self.take_own(cause, quantity - foreign)

    def drift(self) -> Drift:
        """Return the explanation; what nothing proved stays as it was believed."""
        taken = abs(self._standing.holding) - self._held
        cause = self._cause
        if cause is Cause.NONE and self.lacking:
            cause = Cause.UNPROVEN
        if cause is Cause.REDUCED_BY_HAND and not self._held:
            cause = Cause.CLOSED_BY_HAND
        holding = self._held if self._long else -self._held
        return Drift(cause, holding, self._foreign, _STATES.get(cause), taken, tuple(self._fills))


def _lacking(standing: Standing) -> bool:
    return abs(standing.holding) + standing.foreign > standing.reading.quantity


def _agreed(standing: Standing) -> bool:
    """Whether the reading before showed the same, far enough apart, and no own order could still blur either."""
    now, earlier = standing.reading, standing.earlier
    if earlier is None or earlier.quantity != now.quantity or now.at - earlier.at < APART:
        return False
    return standing.settled_at is None or now.at - standing.settled_at > QUIET
