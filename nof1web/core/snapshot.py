"""What a decision is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from nof1web.core.planned import Draft, EpochChange, Plan, PlannedOrder, Wish
from nof1web.core.records import CredentialState, Epoch, Intent, Mode, Tracker
from nof1web.core.settings import TrackerSettings
from nof1web.core.signals import Signal, SignalPosition
from nof1web.core.trading import Account, Instrument, Position

__all__ = ["ZERO", "Draft", "EpochChange", "Plan", "PlannedOrder", "Snapshot", "TrackerView", "Wish"]

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class TrackerView:
    """A started tracker with its settings, its agent's signal (None: never read) and its epochs.

    `tries` holds the newest intent of each epoch, by (symbol, epoch); `entered_at` the times of the last hour's
    orders that opened or added. `followed` is the signal as it is copied: turned around when the tracker reverses.
    """

    tracker: Tracker
    settings: TrackerSettings
    signal: Signal | None
    epochs: tuple[Epoch, ...] = ()
    tries: Mapping[tuple[str, str], Intent] = field(default_factory=dict)
    entered_at: tuple[datetime, ...] = ()
    followed: Signal | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Turn the signal around once, for all who read it."""
        signal = self.signal
        if signal is not None and self.settings.reverse:
            signal = replace(signal, positions=tuple(map(_turned, signal.positions)))
        object.__setattr__(self, "followed", signal)

    def held(self, symbol: str) -> Epoch | None:
        """The epoch whose holding in a symbol is not zero."""
        return next((epoch for epoch in self.epochs if epoch.symbol == symbol and epoch.quantity), None)

    def epoch(self, symbol: str, name: str) -> Epoch | None:
        """The epoch of a name, if this tracker has dealt with it."""
        return next((epoch for epoch in self.epochs if (epoch.symbol, epoch.epoch) == (symbol, name)), None)

    def shown(self, symbol: str) -> SignalPosition | None:
        """The agent's position in a symbol as it is copied, if its newest signal has one."""
        positions = self.followed.positions if self.followed else ()
        return next((position for position in positions if position.symbol == symbol), None)


@dataclass(frozen=True, slots=True)
class EntryQuota:
    """How many orders within an hour an administrator lets a user open or add with, over all of their accounts.

    `entered_at` are the times of the last hour's.
    """

    most: int
    entered_at: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything one decision for one credential may depend on.

    `account` is None while it could not be read, `positions` are the live ones of the same reading. `foreign` is the
    signed share of each live position that no tracker opened, by (symbol, whether long). `live` is how much (unsigned)
    the account has by (symbol, whether long), corrected by own fills since it was read; None, or a symbol in `unsure`:
    not known. `filled_since` is the margin (USDT) by tracker that own orders took since the account was read (below 0:
    exits freed more), `under_way` what entries whose answer is still missing may take.
    `pending` are the symbols with an unresolved intent. `armed` is False while orders may not leave for the exchange
    (live before arming): every tracker is in shadow then. `elsewhere` are the holdings of the credential's stopped
    trackers, `others_notional` the notional (USDT) of what the user's other credentials hold. `ending` are the flattens
    under way as (tracker or "", symbol or ""); in `stopped_symbols` a person must resume before entries. `quota`
    is None where nobody set one.
    """

    now: datetime
    state: CredentialState
    armed: bool
    account: Account | None
    instruments: Mapping[str, Instrument]
    marks: Mapping[str, Decimal]
    trackers: tuple[TrackerView, ...]
    foreign: Mapping[tuple[str, bool], Decimal] = field(default_factory=dict)
    pending: frozenset[str] = frozenset()
    elsewhere: tuple[Epoch, ...] = ()
    positions: tuple[Position, ...] = ()
    live: Mapping[tuple[str, bool], Decimal] | None = None
    unsure: frozenset[str] = frozenset()
    others_notional: Decimal = ZERO
    filled_since: Mapping[str, Decimal] = field(default_factory=dict)
    under_way: Mapping[str, Decimal] = field(default_factory=dict)
    ending: tuple[tuple[str, str], ...] = ()
    stopped_symbols: frozenset[str] = frozenset()
    quota: EntryQuota | None = None

    def flow(self, view: TrackerView) -> CredentialState:
        """What still flows for a tracker: its credential's state where that forbids entries, else its own."""
        return view.tracker.state if self.state.enters else self.state

    def ends(self, tracker_id: str, symbol: str) -> bool:
        """Whether what a tracker holds in a symbol is being flattened."""
        return any(each in ("", tracker_id) and name in ("", symbol) for each, name in self.ending)

    def shares(self, symbol: str) -> tuple[Decimal, ...]:
        """The signed foreign shares of a symbol: at most one in one-way mode, at most two in hedge mode."""
        found = (self.foreign.get((symbol, long)) for long in (True, False))
        return tuple(share for share in found if share)

    def shadow(self, view: TrackerView) -> bool:
        """Whether a tracker's orders are only recorded."""
        return not self.armed or view.settings.mode is Mode.SHADOW

    def most_to_close(self, epoch: Epoch) -> Decimal:
        """How much (unsigned) of a holding can be closed: min(holding, live) where the account is known (rule 7)."""
        held = abs(epoch.quantity)
        if epoch.shadow or self.live is None or epoch.symbol in self.unsure:
            return held
        return min(held, self.live.get((epoch.symbol, epoch.quantity > 0), ZERO))


def _turned(position: SignalPosition) -> SignalPosition:
    return replace(position, quantity=-position.quantity, stop=position.target, target=position.stop)
