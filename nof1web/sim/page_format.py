"""Numbers and times as the site shows them: thousands apart, a true minus, decimals that line up."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from nof1web.sim.rules import Instrument

MINUS = "−"
NOTHING = "–"


def money(value: Decimal, places: int = 2) -> str:
    """An amount with a fixed count of decimals; what rounds to nothing carries no minus."""
    text = f"{value:,.{places}f}"
    return text.replace("-", MINUS) if text.strip("-0.,") else text.removeprefix("-")


def signed(value: Decimal, places: int = 2) -> str:
    """An amount that says its direction in front, for profits and changes."""
    text = money(value, places)
    return text if text.startswith(MINUS) or not text.strip("0.,") else f"+{text}"


def short(value: Decimal) -> str:
    """An amount without trailing zeros."""
    text = f"{value:,f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", MINUS)


def percent(share: Decimal, places: int = 2) -> str:
    """A share of one as a percentage with its direction."""
    return f"{signed(share * 100, places)} %"


def price(value: Decimal, instrument: Instrument) -> str:
    """A price in the decimals of the instrument's tick."""
    return money(value, _decimals(instrument.tick))


def quantity(value: Decimal, instrument: Instrument) -> str:
    """A quantity in the decimals of the instrument's step."""
    return money(value, _decimals(instrument.step))


def moment(at_ms: int) -> str:
    """Month, day and time of day (UTC)."""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%m-%d %H:%M:%S}"


def machine_moment(at_ms: int) -> str:
    """The same moment for machines."""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def countdown(left_ms: int) -> str:
    """Hours, minutes and seconds that are left."""
    seconds = max(0, left_ms // 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def direction(value: Decimal) -> str:
    """The style of a number by its sign; the sign itself is always shown too."""
    return "up" if value > 0 else "down" if value < 0 else "flat"


def _decimals(unit: Decimal) -> int:
    exponent = unit.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
