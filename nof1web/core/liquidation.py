"""Where a position would be liquidated, as far as it can be told beforehand (DESIGN §5 rule 10)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from nof1web.core.trading import Instrument

ZERO = Decimal(0)
SAFE_SHARE = Decimal("0.8")
"""how much of the way to the liquidation price a stop may take"""


def rate_and_cum(instrument: Instrument, notional: Decimal) -> tuple[Decimal, Decimal]:
    """Return the maintenance rate of a notional (USDT) and what the ladder's lower rungs save (binance.md §4.2)."""
    floor = rate = cum = ZERO
    for bracket in instrument.brackets:
        cum += floor * (bracket.maintenance_rate - rate)
        rate = bracket.maintenance_rate
        if notional <= bracket.notional_cap:
            break
        floor = bracket.notional_cap
    return rate, cum


def maintenance(instrument: Instrument, notional: Decimal) -> Decimal:
    """Return the maintenance margin in USDT of a position with that notional."""
    rate, cum = rate_and_cum(instrument, notional)
    return max(notional * rate - cum, ZERO)


def isolated(
    instrument: Instrument,
    quantity: Decimal,
    mark: Decimal,
    leverage: int,
    *,
    held: tuple[Decimal, Decimal] = (ZERO, ZERO),
) -> Decimal:
    """Return the price at which a position has used up its own margin; 0: never.

    `held` is how much (unsigned) of it is there already, and its entry: that part's margin was taken at its entry, and
    what it gained or lost since is in it (binance.md §4.2). The rest is opened at the mark.
    """
    had = min(held[0], abs(quantity))
    gained = had * (mark - held[1]) * (1 if quantity > 0 else -1)
    own = (had * held[1] + (abs(quantity) - had) * mark) / leverage
    return crossed(instrument, (quantity,), mark, own + gained)


def crossed(instrument: Instrument, sides: tuple[Decimal, ...], mark: Decimal, spare: Decimal) -> Decimal:
    """Return the mark at which the account's margin balance equals the sum of maintenance margins; 0: never.

    `sides` are the symbol's signed quantities, the one asked about first: never where the others outweigh it;
    the mark itself where the balance no longer covers the maintenance.
    `spare` is the margin balance less the maintenance of every other position, their marks unmoved (USDT).
    """
    net, divisor, left = sum(sides, ZERO), sum(sides, ZERO), spare
    for quantity in sides:
        rate, cum = rate_and_cum(instrument, abs(quantity) * mark)
        divisor -= abs(quantity) * rate
        left += cum
    if (net > 0) != (sides[0] > 0) or (divisor > 0) != (net > 0) or not divisor:
        return ZERO
    if left <= (net - divisor) * mark:
        return mark
    return max((net * mark - left) / divisor, ZERO)


def others(
    instruments: Mapping[str, Instrument], notionals: Mapping[tuple[str, bool], Decimal], symbol: str
) -> Decimal:
    """Return the maintenance margin in USDT of positions, by (symbol, whether long), in all other symbols."""
    rows = (each for each in notionals.items() if each[0][0] != symbol and each[0][0] in instruments)
    return sum((maintenance(instruments[name], notional) for (name, _), notional in rows), ZERO)


def stop_is_safe(mark: Decimal, stop: Decimal, liquidation: Decimal, *, long: bool) -> bool:
    """Whether a stop fires well before the liquidation price: within 80 % of the way to it."""
    if not liquidation:
        return True
    way = mark - liquidation if long else liquidation - mark
    return abs(mark - stop) <= SAFE_SHARE * way
