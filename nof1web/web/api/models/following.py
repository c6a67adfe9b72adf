"""Trackers, their settings and previews."""

from __future__ import annotations

from nof1web.core.states import CredentialState, Mode
from nof1web.core.trading import Side
from nof1web.web.api.models.fields import Model, Money, Price, Quantity


class Tracker(Model):
    """A credential following an agent; `settings` are all of them, as they hold."""

    tracker_id: str
    name: str
    credential_id: str
    source: str
    agent: str
    mode: Mode
    started: bool
    state: CredentialState
    settings: dict[str, str]


class PlannedOrder(Model):
    """An order that a tracker would send now."""

    symbol: str
    side: Side
    quantity: Quantity
    mark: Price
    notional: Money
    margin: Money
    leverage: int
    stop: Price | None
    target: Price | None


class Refusal(Model):
    """A position that a tracker would not enter now, and why."""

    symbol: str
    code: str
    message: str


class Preview(Model):
    """What a tracker would do now; nothing is sent or kept."""

    orders: list[PlannedOrder]
    refusals: list[Refusal]
    margin_used: Money
    budget: Money
    uncovered: list[str]
    smallest_budget: Money | None


class Setting(Model):
    """A setting's declaration; bounds are inclusive."""

    name: str
    kind: str
    default: str
    label: str
    help: str
    group: str
    low: Quantity | None
    high: Quantity | None
    unit: str
    choices: list[str]
    optional: bool


class Settings(Model):
    """What a level sets for the trackers below it."""

    settings: dict[str, str]


class Followed(Model):
    """Trackers that were made together."""

    trackers: list[Tracker]
