"""An amount over time as an SVG path: attributes only, because the content policy forbids inline styles."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from flask import Flask

from nof1web.services.rows import Line


@dataclass(frozen=True, slots=True)
class Spark:
    """A drawn line: `d` the stroke, `area` the surface below, in a box of `width` × `height`; `rises` its tone."""

    d: str
    area: str
    width: int
    height: int
    rises: bool
    low: Decimal
    high: Decimal


def spark(line: Line, width: int = 240, height: int = 48) -> Spark | None:
    """Return a line drawn to fill the box, None when there is nothing to connect."""
    if len(line) < 2:
        return None
    amounts = [amount for _at, amount in line]
    low, high = min(amounts), max(amounts)
    # A line that hardly moves is drawn flat instead of blowing cents up to cliffs.
    spread = max(high - low, abs(high) / 1000, Decimal("0.01"))
    middle = (high + low) / 2
    start, end = line[0][0], line[-1][0]
    length = max((end - start).total_seconds(), 1.0)
    points = []
    for at, amount in line:
        x = (at - start).total_seconds() / length * width
        y = float(Decimal(height) / 2 - (amount - middle) / spread * (height - 6))
        points.append(f"{x:.1f} {y:.1f}")
    d = "M" + "L".join(points)
    return Spark(
        d=d, area=f"{d}V{height}H0Z", width=width, height=height, rises=amounts[-1] >= amounts[0], low=low, high=high
    )


def install(app: Flask) -> None:
    """Give templates the filter."""
    app.jinja_env.filters["spark"] = spark
