"""What lists on pages, the command line and the API show: frozen rows, no queries behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nof1web.core.records import CredentialState, EpochState, Intent, Mode, Severity
from nof1web.core.signals import SignalHealth
from nof1web.core.trading import Environment
from nof1web.errors import Text

Line = tuple[tuple[datetime, Decimal], ...]
"""An amount in USDT over time, oldest first."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """How a source is doing; `age_s` seconds since its last good read, None when there was none."""

    name: str
    good_at: datetime | None
    age_s: int | None
    error: Text | None

    @property
    def well(self) -> bool:
        """Whether the last read was good and recent."""
        return self.error is None and self.age_s is not None and self.age_s <= 60


@dataclass(frozen=True, slots=True)
class PositionRow:
    """One position of an account, or one holding of a shadow tracker.

    Quantities are signed; `quantity` is what the account has, `holding` the tracker's share, `foreign` the rest.
    `unrealised` and `margin` in USDT at the live mark, `roe` in % of the margin.
    An empty agent means that it is the person's own.
    """

    credential_id: str
    credential: str
    environment: Environment
    symbol: str
    quantity: Decimal
    holding: Decimal
    foreign: Decimal
    entry: Decimal
    mark: Decimal
    unrealised: Decimal
    margin: Decimal
    roe: Decimal | None
    liquidation: Decimal | None
    leverage: int | None
    stop: Decimal | None
    target: Decimal | None
    tracker_id: str
    tracker: str
    source: str
    agent: str
    shadow: bool
    opened_at: datetime | None

    @property
    def long(self) -> bool:
        """Whether it gains when the price rises."""
        return self.quantity > 0

    @property
    def notional(self) -> Decimal:
        """Its size in USDT at the mark."""
        return abs(self.quantity) * self.mark


@dataclass(frozen=True, slots=True)
class TrackerRow:
    """A tracker in a list; `allocation` is the margin in USDT its epochs occupy of `total_margin`."""

    tracker_id: str
    name: str
    credential_id: str
    credential: str
    source: str
    agent: str
    mode: Mode
    started: bool
    started_at: datetime | None
    total_margin: Decimal
    allocation: Decimal
    open_count: int
    flow: CredentialState = CredentialState.RUNNING


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """A credential in a list; amounts in USDT at live marks, None before the first sync. `api_key` is masked.

    `open_count` are all positions of the account, `held_count` those that trackers opened. `halted_above`: the
    state is the user's or the whole site's halt, not its own. `flattening`: a person's flatten is under way.
    """

    credential_id: str
    name: str
    environment: Environment
    state: CredentialState
    enabled: bool
    armed: bool
    api_key: str
    equity: Decimal | None
    wallet: Decimal | None
    available: Decimal | None
    margin: Decimal | None
    unrealised: Decimal | None
    today: Decimal | None
    hedge: bool
    multi_assets: bool
    read_at: datetime | None
    tested_at: datetime | None
    last_cycle_at: datetime | None
    last_error: Text | None
    trackers: tuple[TrackerRow, ...]
    open_count: int
    held_count: int
    line: Line
    halted_above: bool = False
    flattening: bool = False

    @property
    def unattended(self) -> int:
        """How many trackers' positions nothing would close, because no cycle runs."""
        return 0 if self.enabled and self.state.polls else self.held_count

    @property
    def shadow_only(self) -> bool:
        """Whether a live credential isn't armed, so that nothing is sent."""
        return self.environment is Environment.LIVE and not self.armed


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A journaled order with the names a person knows; `credential` and `environment` say whose money it was."""

    intent: Intent
    credential: str
    environment: Environment
    tracker: str
    agent: str


@dataclass(frozen=True, slots=True)
class EpochRow:
    """A tracker's share in one epoch; quantity signed, `mark` None when unknown."""

    symbol: str
    epoch: str
    state: EpochState
    quantity: Decimal
    entry: Decimal | None
    mark: Decimal | None
    leverage: int
    agent_quantity: Decimal
    allocation: Decimal
    shadow: bool
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """What became of a signal, in words and numbers."""

    tracker_id: str
    tracker: str
    agent: str
    symbol: str
    epoch: str
    verdict: str
    code: str
    text: Text
    numbers: Mapping[str, str]
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event with its credential's name and environment (None: it concerns no credential)."""

    id: int
    at: datetime
    severity: Severity
    kind: str
    text: Text
    credential_id: str
    credential: str
    environment: Environment | None
    tracker_id: str
    symbol: str


@dataclass(frozen=True, slots=True)
class AgentPosition:
    """What an agent holds in a symbol; quantity signed, `unrealised` in USDT at the live mark."""

    symbol: str
    epoch: str
    quantity: Decimal
    entry: Decimal
    mark: Decimal | None
    unrealised: Decimal | None
    leverage: int
    stop: Decimal | None
    target: Decimal | None
    first_seen_at: datetime
    missing: bool


@dataclass(frozen=True, slots=True)
class AgentView:
    """An agent with its book; `age_s` seconds since its newest record."""

    source: str
    agent: str
    equity: Decimal
    recorded_at: datetime
    age_s: int
    health: SignalHealth
    positions: tuple[AgentPosition, ...]
    unmapped: tuple[str, ...]
    line: Line
