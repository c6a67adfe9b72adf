"""What a decision is made from, and what it consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from nof1web.core.records import CredentialState, Epoch, EpochState, Intent, Mode, OrderKind, Tracker, Verdict, Watch
from nof1web.core.settings import TrackerSettings
from nof1web.core.signals import Signal, SignalPosition
from nof1web.core.trading import Account, Instrument, Side

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class TrackerView:
    """A started tracker with its settings, its agent's signal (None: never read) and its epochs.

    `tries` holds the newest intent of each epoch, by (symbol, epoch).
    """

    tracker: Tracker
    settings: TrackerSettings
    signal: Signal | None
    epochs: tuple[Epoch, ...] = ()
    tries: Mapping[tuple[str, str], Intent] = field(default_factory=dict)

    def held(self, symbol: str) -> Epoch | None:
        """The epoch whose holding in a symbol is not zero."""
        return next((epoch for epoch in self.epochs if epoch.symbol == symbol and epoch.quantity), None)

    def epoch(self, symbol: str, name: str) -> Epoch | None:
        """The epoch of a name, if this tracker has dealt with it."""
        return next((epoch for epoch in self.epochs if (epoch.symbol, epoch.epoch) == (symbol, name)), None)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything one decision for one credential may depend on.

    `account` is None while it could not be read. `foreign` is the signed share of each live position
    that no tracker opened. `pending` are the symbols with an unresolved intent. `armed` is False while
    orders may not leave for the exchange (live before arming): every tracker is in shadow then. `elsewhere`
    are the holdings of the credential's stopped trackers.
    """

    now: datetime
    state: CredentialState
    armed: bool
    account: Account | None
    instruments: Mapping[str, Instrument]
    marks: Mapping[str, Decimal]
    trackers: tuple[TrackerView, ...]
    foreign: Mapping[str, Decimal] = field(default_factory=dict)
    pending: frozenset[str] = frozenset()
    elsewhere: tuple[Epoch, ...] = ()

    def shadow(self, view: TrackerView) -> bool:
        """Whether a tracker's orders are only recorded."""
        return not self.armed or view.settings.mode is Mode.SHADOW


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """One order to send. `delta` is the signed change of the holding.

    `ratio` and `allocation` (margin in USDT) are what the epoch gets when this is its first order;
    `limit` is the worst price of an entry, None for exits, which are never held back for price.
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
    allocation: Decimal = ZERO
    explanation: Mapping[str, str] = field(default_factory=dict)

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
    `ratio` replaces the frozen one (rule 4, last sentence).
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
    allocation: Decimal = ZERO


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
    """An entry or increase that every rule but the budget allows.

    `target` is the signed holding wanted, `held` the one there is. `fresh` says that the epoch's ratio
    is decided now; otherwise it is frozen already. `takes_over` names an epoch replaced on the same side.
    """

    view: TrackerView
    position: SignalPosition
    instrument: Instrument
    mark: Decimal
    target: Decimal
    held: Decimal
    leverage: int
    fresh: bool
    takes_over: str = ""
    explanation: Mapping[str, str] = field(default_factory=dict)

    @property
    def margin(self) -> Decimal:
        """The additional margin in USDT this wish takes from the budget."""
        return abs(self.target - self.held) * self.mark / self.leverage


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
