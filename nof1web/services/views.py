"""What whole pages show: frozen, made of rows, ready to print."""

from __future__ import annotations

from dataclasses import dataclass

from nof1web.core.records import Tracker
from nof1web.core.settings import TrackerSettings
from nof1web.services.account_pages import Beside
from nof1web.services.rows import (
    AgentView,
    CredentialRow,
    EpochRow,
    EventRow,
    OrderRow,
    PositionRow,
    TrackerRow,
    VerdictRow,
)
from nof1web.services.standing import Standing


@dataclass(frozen=True, slots=True)
class Accounts:
    """All credentials of a tenant."""

    credentials: tuple[CredentialRow, ...]
    last_event_id: int


@dataclass(frozen=True, slots=True)
class CredentialView:
    """A credential's page."""

    credential: CredentialRow
    positions: tuple[PositionRow, ...]
    standing: Standing
    orders: tuple[OrderRow, ...]
    verdicts: tuple[VerdictRow, ...]
    events: tuple[EventRow, ...]
    last_event_id: int
    beside: Beside


@dataclass(frozen=True, slots=True)
class TrackerView:
    """A tracker's page; `settings` are all of them resolved, `tracker.settings` only its own."""

    row: TrackerRow
    tracker: Tracker
    settings: TrackerSettings
    credential: CredentialRow
    agent: AgentView | None
    epochs: tuple[EpochRow, ...]
    orders: tuple[OrderRow, ...]
    verdicts: tuple[VerdictRow, ...]
    events: tuple[EventRow, ...]
    last_event_id: int
