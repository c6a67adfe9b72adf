"""What a decision consists of: orders, changes without an order, verdicts, and when to look again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from nof1web.core.records import Epoch, EpochState, OrderKind, Verdict, Watch
from nof1web.core.signals import SignalPosition
from nof1web.core.trading import Instrument, Side

if TYPE_CHECKING:
    from nof1web.core.snapshot import TrackerView


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """One order to send. `delta` is the signed change of the holding.

    `ratio` is what the epoch gets when this is its first order; `allocation` the margin in USDT the epoch occupies
    of the budget once an entry is filled;
    `limit` is the worst price of an entry, None for exits, which are never held back for price. `others_most` is the
    notional (USDT) the user's other credentials may have when it leaves, None without a limit over all accounts.
    """

    tracker_id: str
    symbol: str
    epoch: str
    kind: OrderKind
    delta: Decimal
    mark: Decimal
    leverage: int
    agent_quantity: Decimal
    agent_entry: Decimal
    shadow: bool
    limit: Decimal | None = None
    ratio: Decimal | None = None
    allocation: Decimal = Decimal(0)
    explanation: Mapping[str, str] = field(default_factory=dict)
    agent_leverage: int = 0
    others_most: Decimal | None = None

    @property
    def side(self) -> Side:
        """The order's direction."""
        return Side.of(self.delta)

    @property
    def quantity(self) -> Decimal:
        """The order's unsigned size."""
        return abs(self.delta)


@dataclass(frozen=True, slots=True)
class EpochChange:
    """A change of an epoch without an order.

    A new epoch is recorded with `state`; `takes_over` names the epoch whose holding moves to this one;
    `ratio` replaces the frozen one (rule 4, last sentence); `allocation` is what a new epoch sets aside (USDT), and of
    one that holds something what it needs from now on. What is held and too little for any order it `leaves` to the
    account.
    """

    tracker_id: str
    symbol: str
    epoch: str
    state: EpochState
    position: SignalPosition
    shadow: bool
    takes_over: str = ""
    ratio: Decimal | None = None
    leverage: int = 1
    allocation: Decimal = Decimal(0)
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What one decision says: orders (exits first), changes, verdicts, and when to look again."""

    orders: tuple[PlannedOrder, ...]
    changes: tuple[EpochChange, ...]
    verdicts: tuple[Verdict, ...]
    wake_at: datetime | None
    watches: tuple[Watch, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """An entry or increase that every rule but the limits allows.

    `target` is the signed holding wanted, `held` the one there is. `fresh` says that the epoch's ratio
    is decided now; otherwise it is frozen already. `asked` is the unsigned quantity before rounding.
    """

    view: TrackerView
    position: SignalPosition
    instrument: Instrument
    mark: Decimal
    target: Decimal
    held: Decimal
    leverage: int
    fresh: bool
    explanation: Mapping[str, str] = field(default_factory=dict)
    asked: Decimal = Decimal(0)

    @property
    def delta(self) -> Decimal:
        """The signed change of the holding."""
        return self.target - self.held

    @property
    def notional(self) -> Decimal:
        """The additional notional in USDT."""
        return abs(self.delta) * self.mark

    @property
    def margin(self) -> Decimal:
        """The additional margin in USDT this wish takes from the budget.

        What its epoch has set aside beyond the holding's own margin is there already: the rest of an entry filled in
        parts, an increase tried again, a new epoch's larger target.
        """
        return max(self.notional / self.leverage - self.set_aside, Decimal(0))

    @property
    def allocation(self) -> Decimal:
        """The margin in USDT its epoch occupies of the budget once it is filled."""
        held = None if self.fresh else self.view.held(self.position.symbol)
        return (Decimal(0) if held is None else held.allocation) + self.margin

    @property
    def set_aside(self) -> Decimal:
        """The margin in USDT its epoch occupies of the budget beyond the holding's own."""
        held = None if self.fresh else self.view.held(self.position.symbol)
        if held is None:
            return Decimal(0)
        own = abs(held.quantity) * (held.entry_price or self.mark) / held.leverage
        return max(held.allocation - own, Decimal(0))


@dataclass(slots=True)
class Draft:
    """A plan being written: each step of decide adds to it."""

    now: datetime
    orders: list[PlannedOrder] = field(default_factory=list)
    changes: list[EpochChange] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    verdicts: dict[tuple[str, str], Verdict] = field(default_factory=dict)
    wakes: list[datetime] = field(default_factory=list)
    watches: list[Watch] = field(default_factory=list)

    def say(
        self, tracker_id: str, position: SignalPosition | Epoch, verdict: str, code: str, **numbers: object
    ) -> None:
        """Leave the verdict for a tracker and symbol."""
        texts = {name: str(value) for name, value in numbers.items()}
        self.verdicts[(tracker_id, position.symbol)] = Verdict(
            tracker_id, position.symbol, position.epoch, verdict, code, texts, self.now
        )

    def wake(self, at: datetime) -> None:
        """Look again at a time."""
        self.wakes.append(at)

    def plan(self) -> Plan:
        """Return the finished plan, exits first."""
        exits = [order for order in self.orders if order.kind.exits]
        others = [order for order in self.orders if not order.kind.exits]
        return Plan(
            orders=tuple(exits + others),
            changes=tuple(self.changes),
            verdicts=tuple(self.verdicts.values()),
            wake_at=min(self.wakes, default=None),
            watches=tuple(self.watches),
        )
