"""Sums by environment, account and tracker."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from nof1web.core.trading import Environment
from nof1web.web.api.models.fields import Model, Money


class Sums(Model):
    """Amounts at live marks; realised before fees, `realised_today` since midnight UTC."""

    margin: Money
    unrealised: Money
    realised_today: Money
    realised: Money
    fees: Money
    positions: int


class OfTracker(Model):
    """A tracker's share; null while it only simulates."""

    tracker_id: str
    name: str
    sums: Sums | None


class OfCredential(Model):
    """An account's sums; `rest` is what no tracker's order explains, so that all adds up."""

    credential_id: str
    name: str
    sums: Sums
    trackers: list[OfTracker]
    rest: Sums | None


class Total(Model):
    """All accounts of one environment together."""

    environment: Environment
    equity: Money
    today: Money | None = Field(description="The change since midnight UTC")
    share: Money | None = Field(description="That change in %")
    sums: Sums
    credentials: list[OfCredential]


class CurvePoint(Model):
    """Equity at a time."""

    at: datetime
    equity: Money


class Curve(Model):
    """Equity over time, evenly sampled, ending now; `change` since its first point, `share` that in %."""

    range: str
    of: str
    points: list[CurvePoint]
    change: Money | None
    share: Money | None
    high: Money | None
    low: Money | None
