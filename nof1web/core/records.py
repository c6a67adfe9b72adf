"""What a tenant's database keeps: credentials, trackers, epochs with their holdings, intents, verdicts, events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nof1web.core.history import (
    EquityPoint,
    Event,
    Protection,
    ProtectionStatus,
    Severity,
    Verdict,
    Watch,
)
from nof1web.core.trading import Environment, Side
from nof1web.errors import Text

__all__ = [
    "Credential",
    "CredentialState",
    "Epoch",
    "EpochState",
    "EquityPoint",
    "Event",
    "Intent",
    "IntentStatus",
    "Mode",
    "OrderKind",
    "Protection",
    "ProtectionStatus",
    "Severity",
    "Tracker",
    "Verdict",
    "Watch",
]


class CredentialState(StrEnum):
    """What still flows for a credential (DESIGN §5, states table)."""

    RUNNING = "running"
    PAUSED = "paused"
    CLOSE_ONLY = "close_only"
    HALTED = "halted"
    STOPPED = "stopped"
    LOCKED = "locked"

    @property
    def polls(self) -> bool:
        """Whether cycles run at all."""
        return self not in (CredentialState.STOPPED, CredentialState.LOCKED)

    @property
    def enters(self) -> bool:
        """Whether entries and increases are allowed."""
        return self is CredentialState.RUNNING


class Mode(StrEnum):
    """Whether a tracker's orders are only recorded or sent."""

    SHADOW = "shadow"
    TRADE = "trade"


@dataclass(frozen=True, slots=True)
class Credential:
    """One exchange account of a tenant; `api_key` is the public id, secrets are elsewhere, sealed."""

    id: str
    name: str
    environment: Environment
    api_key: str
    state: CredentialState
    enabled: bool
    armed: bool
    created_at: datetime
    account_alias: str = ""
    tested_at: datetime | None = None
    last_cycle_at: datetime | None = None
    last_sync_at: datetime | None = None
    last_error: Text | None = None
    wake_at: datetime | None = None
    watches: tuple[Watch, ...] = ()

    @property
    def sends(self) -> bool:
        """Whether orders may leave for the exchange: live credentials only once armed (DESIGN §6)."""
        return self.environment is not Environment.LIVE or self.armed


@dataclass(frozen=True, slots=True)
class Tracker:
    """One credential following one agent. `settings` holds only what was set here, as text by name."""

    id: str
    credential_id: str
    name: str
    source: str
    agent: str
    started: bool
    started_at: datetime | None
    created_at: datetime
    settings: Mapping[str, str] = field(default_factory=dict)


class EpochState(StrEnum):
    """How far a tracker is with one stay of its agent in a symbol."""

    PENDING = "pending"
    """the first order is journaled, nothing is known to be filled"""
    LIVE = "live"
    DONE = "done"
    """no entry or increase any more; reductions and the close still apply to what is left"""
    STOPPED = "stopped"
    """the own stop or target fired; no re-entry"""
    CLOSED = "closed"
    MISSED = "missed"
    """refused until its window ended; final"""
    IGNORED = "ignored"
    """held by the agent before the tracker started, and not wanted"""

    @property
    def enters(self) -> bool:
        """Whether entries and increases may still follow in this epoch."""
        return self in (EpochState.PENDING, EpochState.LIVE)


@dataclass(frozen=True, slots=True)
class Epoch:
    """A tracker's share in one epoch of its agent. `quantity` is the holding, signed.

    `ratio` is own target / agent's quantity, frozen at entry (rule 4); `reference_quantity` and
    `reference_entry` are the agent's at the last executed change; `step` the number of decided changes;
    `allocation` the margin in USDT this epoch occupies of the budget.
    """

    tracker_id: str
    symbol: str
    epoch: str
    state: EpochState
    quantity: Decimal
    entry_price: Decimal | None
    ratio: Decimal | None
    leverage: int
    reference_quantity: Decimal
    reference_entry: Decimal
    step: int
    allocation: Decimal
    shadow: bool
    opened_at: datetime
    closed_at: datetime | None = None


class OrderKind(StrEnum):
    """What an order does to its holding."""

    OPEN = "open"
    INCREASE = "increase"
    REDUCE = "reduce"
    CLOSE = "close"

    @property
    def exits(self) -> bool:
        """Whether it only makes the holding smaller."""
        return self in (OrderKind.REDUCE, OrderKind.CLOSE)


class IntentStatus(StrEnum):
    """What became of a journaled order. WRITTEN and UNKNOWN are unresolved; the others are final."""

    WRITTEN = "written"
    UNKNOWN = "unknown"
    FILLED = "filled"
    PARTIAL = "partial"
    EMPTY = "empty"
    """ended on the exchange without a fill"""
    REJECTED = "rejected"
    ABSENT = "absent"
    """proven never to have reached the exchange"""

    @property
    def resolved(self) -> bool:
        """Whether its effect is known."""
        return self not in (IntentStatus.WRITTEN, IntentStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Intent:
    """A journaled order (DESIGN §5 Sending). `quantity` unsigned; `executed` unsigned, from the exchange.

    Unique by (tracker, epoch, step, attempt). `deadline_at` is server time after which it can't be accepted.
    `mark` is the price it was decided at; `price` the average fill once trades told it.
    `priced` says that `price` and `fee` come from the account's trades.
    """

    tracker_id: str
    symbol: str
    epoch: str
    step: int
    attempt: int
    client_order_id: str
    credential_id: str
    kind: OrderKind
    side: Side
    quantity: Decimal
    agent_quantity: Decimal
    agent_entry: Decimal
    leverage: int
    mark: Decimal
    shadow: bool
    status: IntentStatus
    created_at: datetime
    timestamp_ms: int
    deadline_at: datetime
    limit: Decimal | None = None
    executed: Decimal = Decimal(0)
    price: Decimal | None = None
    fee: Decimal | None = None
    realised: Decimal | None = None
    order_id: str = ""
    exchange_code: int | None = None
    absences: int = 0
    priced: bool = False
    settled_at: datetime | None = None
    explanation: Mapping[str, str] = field(default_factory=dict)
