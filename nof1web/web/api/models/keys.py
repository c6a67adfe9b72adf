"""How keys are kept, what going live could cost, accounts that are gone, and the tokens of a person."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from nof1web.core.trading import Environment, Side
from nof1web.services.stores import Scope
from nof1web.web.api.models.fields import Model, Money, Price, Quantity


class Point(Model):
    """Something that makes a key safe or not; `good` is null where nobody knows."""

    name: str
    good: bool | None
    text: str


class PastKey(Model):
    """A key that was replaced or removed, masked."""

    api_key: str
    added_at: datetime
    ended_at: datetime


class Key(Model):
    """How well an account's key is kept; the key is masked, the proxy has no password. Paper has no score."""

    credential_id: str
    api_key: str
    label: str
    margin_mode: str = Field(description="What its trackers start from")
    proxy: str
    score: int | None
    of: int | None
    points: list[Point]
    past: list[PastKey]


class Risk(Model):
    """A tracker that would trade."""

    tracker_id: str
    name: str


class WorstCase(Model):
    """What going live could cost at worst; `loss_at_stops` is null when prices can't be read."""

    margin: Money
    leverage: int
    notional: Money
    loss_at_stops: Money | None
    at_most: Money
    without_stop: list[str] = Field(description="Symbols that would be entered without a stop")
    trackers: list[Risk]


class RemovedCredential(Model):
    """An account that was removed."""

    credential_id: str
    name: str
    environment: Environment
    removed_at: datetime


class PastOrder(Model):
    """An order of an account that was removed."""

    created_at: datetime
    tracker: str
    agent: str
    symbol: str
    kind: str
    side: Side
    quantity: Quantity
    executed: Quantity
    price: Price | None
    realised: Money | None
    status: str
    shadow: bool


class History(RemovedCredential):
    """What is left of an account: its newest orders, what they realised, and the keys it had."""

    realised: Money
    orders: list[PastOrder]
    keys: list[PastKey]


class Token(Model):
    """A token of one's own; what it is is kept nowhere, `ending` are its last letters."""

    token_id: str
    name: str
    scopes: list[Scope]
    ending: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
