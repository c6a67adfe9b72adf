"""What the exchange takes as one entry order: its smallest and its largest size (binance.md §4.1)."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from nof1web.core.rounding import floor_to_step, limit_price
from nof1web.core.settings import TrackerSettings, slippage
from nof1web.core.trading import Instrument, Side


def limit_of(settings: TrackerSettings, instrument: Instrument, mark: Decimal, side: Side) -> Decimal:
    """Return the worst price an entry may pay."""
    return limit_price(mark, side, slippage(settings, instrument.symbol), instrument)


def least(settings: TrackerSettings, instrument: Instrument, mark: Decimal, side: Side) -> Decimal:
    """Return the smallest unsigned quantity the exchange takes as an entry.

    It values an order at its limit price, which for a sale lies below the mark.
    """
    price = min(mark, limit_of(settings, instrument, mark, side))
    steps = (instrument.min_notional / price / instrument.step).to_integral_value(ROUND_CEILING)
    lots = (instrument.min_quantity / instrument.step).to_integral_value(ROUND_CEILING)
    return max(steps, lots, Decimal(1)) * instrument.step


def one_order(instrument: Instrument, quantity: Decimal) -> Decimal:
    """Return as much of a signed quantity as one order takes; the rest follows as a top-up of the same change.

    A holding need not be whole lots: the exchange may have made its lots larger since.
    """
    most = floor_to_step(instrument.market_max_quantity, instrument.step)
    return floor_to_step(max(-most, min(most, quantity)), instrument.step)
