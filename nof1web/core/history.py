"""Protection, verdicts, events and equity: what a tenant's database keeps beside positions and orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nof1web.core.trading import Leg, Side
from nof1web.errors import Text


class ProtectionStatus(StrEnum):
    """What became of a stop or target we placed."""

    WRITTEN = "written"
    RESTING = "resting"
    CANCELLED = "cancelled"
    FIRED = "fired"
    FAILED = "failed"
    """the exchange refused it; retried until policy says otherwise"""

    @property
    def open(self) -> bool:
        """Whether it may rest on the exchange."""
        return self in (ProtectionStatus.WRITTEN, ProtectionStatus.RESTING)


@dataclass(frozen=True, slots=True)
class Protection:
    """One stop or target of ours; `quantity` unsigned, `trigger` a price. `verified` once a listing showed it.

    `order_id` is the exchange's id of the order that it became when it fired.
    """

    client_algo_id: str
    credential_id: str
    tracker_id: str
    symbol: str
    epoch: str
    leg: Leg
    side: Side
    quantity: Decimal
    trigger: Decimal
    status: ProtectionStatus
    created_at: datetime
    verified: bool = False
    exchange_code: int | None = None
    order_id: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one signal for one tracker and symbol (rule 11): `order`, `hold` or `refused`, with a code."""

    tracker_id: str
    symbol: str
    epoch: str
    verdict: str
    code: str
    numbers: Mapping[str, str]
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Watch:
    """A price that matters: look again when the mark of `symbol` is at or beyond `price`."""

    symbol: str
    price: Decimal
    above: bool


class Severity(StrEnum):
    """How loudly an event is told."""

    INFO = "info"
    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a tenant; `id` grows by one and is what a reconnecting page replays from."""

    kind: str
    text: Text
    at: datetime
    severity: Severity = Severity.INFO
    credential_id: str = ""
    tracker_id: str = ""
    symbol: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """An account's equity, wallet, available balance and initial margin in USDT at a time."""

    credential_id: str
    at: datetime
    equity: Decimal
    wallet: Decimal
    available: Decimal
    initial_margin: Decimal
