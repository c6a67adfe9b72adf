"""What sources say: their health, agents with their books, signals."""

from __future__ import annotations

from datetime import datetime

from nof1web.core.health import Health
from nof1web.core.signals import SignalHealth
from nof1web.web.api.models.fields import Model, Money, Price, Quantity


class Source(Model):
    """How a source is doing; `age_s` seconds since its freshest record."""

    source: str
    health: Health | None
    agents: int
    age_s: int | None
    changed_at: datetime | None
    next_at: datetime | None
    tried_at: datetime | None
    good_at: datetime | None
    error: str | None
    failures: int


class AgentPosition(Model):
    """What an agent holds in a symbol, at the live mark."""

    symbol: str
    quantity: Quantity
    entry: Price
    mark: Price | None
    leverage: int
    stop: Price | None
    target: Price | None
    since: datetime
    missing: bool


class Agent(Model):
    """An agent with its book; `age_s` seconds since its newest record."""

    source: str
    agent: str
    equity: Money
    recorded_at: datetime
    age_s: int
    health: SignalHealth
    positions: list[AgentPosition]
    unmapped: list[str]


class SignalPosition(Model):
    """One stay of an agent in a symbol, as followed over time; `missing_since` while newer records lack it."""

    symbol: str
    epoch: str
    quantity: Quantity
    entry: Price
    leverage: int
    stop: Price | None
    target: Price | None
    first_seen_at: datetime
    changed_at: datetime
    missing_since: datetime | None


class Signal(Model):
    """What a source's newest record of an agent says, as decisions see it."""

    source: str
    agent: str
    equity: Money
    recorded_at: datetime
    read_at: datetime
    health: SignalHealth
    records: int
    positions: list[SignalPosition]
    unmapped: list[str]


class Address(Model):
    """An address that is read from now on; follow it as this agent of this source."""

    source: str
    agent: str
