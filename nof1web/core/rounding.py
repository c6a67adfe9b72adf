"""Rounding towards less risk, to what an instrument allows (DESIGN §5 rule 10)."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Context, Decimal

from nof1web.core.trading import Instrument, Side

_CONTEXT = Context(prec=20)
_SHOWN = Context(prec=6)
_WIDE = Context(prec=100)


def floor_to_step(quantity: Decimal, step: Decimal) -> Decimal:
    """Return a signed quantity cut towards zero to a multiple of the lot step."""
    # Rounding up could exceed the margin that the budget has just approved.
    return (quantity / step).to_integral_value(ROUND_DOWN) * step


def scaled(ratio: Decimal, quantity: Decimal) -> Decimal:
    """Return ratio × quantity without the last digits, which are only the quotient's rounding."""
    # Floored as it is, 0.00649999999999999999999999999 would lose a whole step of a holding of 0.0065.
    return _CONTEXT.multiply(ratio, quantity)


def to_tick(price: Decimal, tick: Decimal) -> Decimal:
    """Return the multiple of the tick nearest to a price."""
    return (price / tick).to_integral_value(ROUND_HALF_EVEN) * tick


def limit_price(mark: Decimal, side: Side, slippage: Decimal, instrument: Instrument) -> Decimal:
    """Return the worst price an entry may pay: `slippage` % from the mark, rounded towards the mark.

    Never beyond what the exchange takes as a limit (PERCENT_PRICE, binance.md §4.1).
    """
    part = slippage / 100
    if side is Side.BUY:
        worst = mark * (1 + part if instrument.price_up is None else min(1 + part, instrument.price_up))
        return (worst / instrument.tick).to_integral_value(ROUND_DOWN) * instrument.tick
    worst = mark * (1 - part if instrument.price_down is None else max(1 - part, instrument.price_down))
    return (worst / instrument.tick).to_integral_value(ROUND_UP) * instrument.tick


def shown(price: Decimal) -> str:
    """Write a price for a sentence: six significant digits say enough."""
    return plain(_SHOWN.plus(price))


def percent(value: Decimal) -> str:
    """Write a percentage with two decimals."""
    return format(value.quantize(Decimal("0.01")), "f")


def cents(value: Decimal) -> str:
    """Write an amount with at most two decimals; however large a source's numbers are."""
    return plain(value.quantize(Decimal("0.01"), context=_WIDE))


def eighth(value: Decimal) -> str:
    """Write a quantity with at most eight decimals; however large a source's numbers are."""
    return plain(value.quantize(Decimal("0.00000001"), context=_WIDE))


def plain(value: Decimal) -> str:
    """Write a Decimal fixed-point without trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
