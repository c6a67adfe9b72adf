"""Numbers as text: page, command line and API show the same string for the same amount."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

_CENT = Decimal("0.01")


def _fixed(value: Decimal, places: int) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    return format(abs(rounded) if rounded == 0 else rounded, "f")


def money(value: Decimal) -> str:
    """Return an amount in USDT with two decimals; never "-0.00"."""
    return _fixed(value, 2)


def signed(value: Decimal) -> str:
    """Return an amount in USDT with its sign, also when it is a gain; zero has none."""
    text = money(value)
    return f"+{text}" if value.quantize(_CENT, rounding=ROUND_HALF_EVEN) > 0 else text


def percent(value: Decimal) -> str:
    """Return a percentage with two decimals and its sign, without the percent sign."""
    return signed(value)


def price(value: Decimal) -> str:
    """Return a price with about as many digits as exchanges quote: 2 decimals from 1000, 4 from 1, else 6 digits."""
    size = abs(value)
    if size >= 1000 or size == 0:
        return _fixed(value, 2)
    if size >= 1:
        return _fixed(value, 4)
    return _fixed(value, 5 - size.adjusted())


def quantity(value: Decimal) -> str:
    """Return a quantity in base units as it is, without exponent and trailing zeros."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
