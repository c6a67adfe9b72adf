"""What a tenant's database keeps: credentials, trackers, epochs with their holdings, intents, verdicts, events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from nof1web.core.history import (
    EquityPoint,
    Event,
    Protection,
    ProtectionStatus,
    Severity,
    Verdict,
    Watch,
)
from nof1web.core.states import CredentialState, EpochState, IntentStatus, Mode, OrderKind
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
    """One credential following one agent. `settings` holds only what was set here, as text by name.

    `above` is what the levels above set: the user's defaults, then the credential's. `state` is what flows while it
    is started, see `flow`.
    """

    id: str
    credential_id: str
    name: str
    source: str
    agent: str
    started: bool
    started_at: datetime | None
    created_at: datetime
    settings: Mapping[str, str] = field(default_factory=dict)
    above: tuple[Mapping[str, str], ...] = ({}, {})
    state: CredentialState = CredentialState.RUNNING

    @property
    def flow(self) -> CredentialState:
        """What still flows: its state, or nothing while it is stopped. Its credential's state comes on top."""
        return self.state if self.started else CredentialState.STOPPED


@dataclass(frozen=True, slots=True)
class Epoch:
    """A tracker's share in one epoch of its agent. `quantity` is the holding, signed.

    `ratio` is own target / agent's quantity, frozen at entry (rule 4); `reference_quantity` and
    `reference_entry` are the agent's at the last executed change; `step` the number of decided changes;
    `allocation` the margin in USDT this epoch occupies of the budget; `agent_leverage` the agent's when the
    holding opened, 0 when unknown.
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
    agent_leverage: int = 0

    @property
    def under_way(self) -> Decimal:
        """The notional (USDT) an order that is under way may add: what its allocation is for beyond the holding."""
        held = abs(self.quantity) * (self.entry_price or self.reference_entry)
        return max(self.allocation * self.leverage - held, Decimal(0))


@dataclass(frozen=True, slots=True)
class Intent:
    """A journaled order (DESIGN §5 Sending). `quantity` unsigned; `executed` unsigned, from the exchange.

    Unique by (tracker, symbol, epoch, step, attempt). `deadline_at` is server time after which it can't be accepted.
    `mark` is the price it was decided at; `price` the average fill once trades told it.
    `priced` says that `price` and `fee` come from the account's trades; a shadow order's are simulated.
    `seen_at` is when the source first showed what it copies (None: an exit of our own), `decided_at`, `sent_at` and
    `acknowledged_at` what came of it; `agent_price` what the agent paid for it, None for exits.
    `written_no` and `settled_no` are its places among the account's orders and readings, whatever clocks say; 0: none.
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
    seen_at: datetime | None = None
    decided_at: datetime | None = None
    sent_at: datetime | None = None
    acknowledged_at: datetime | None = None
    agent_price: Decimal | None = None
    written_no: int = 0
    settled_no: int = 0
