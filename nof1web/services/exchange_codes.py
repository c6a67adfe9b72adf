"""Binance's error codes in plain words, each with what to do next (source: reference binance.md §6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nof1web.errors import N_


@dataclass(frozen=True, slots=True)
class Advice:
    """What a code says, and what a person does about it; English sentences to be translated."""

    meaning: str
    step: str


_WAIT = N_("Nothing: it is tried again by itself.")
_CLOCK = N_("Nothing: the clocks are compared again. If it stays, set this server's clock by NTP.")
_KEY = N_("Look at the key's permissions and address list on Binance, then test the key here.")
_FUNDS = N_("Move USDT into the futures wallet, or lower the total margin of the tracker.")
_SMALL = N_("Raise the total margin, or let the tracker raise small orders to the minimum.")
_RULES = N_("Nothing: the exchange's rules are read again and the order is made to fit.")
_MODE = N_("Nothing: the account's modes are read again. Don't switch them while positions are open.")
_LEVERAGE = N_("Lower the max leverage of the tracker.")
_BY_HAND = N_("Log in to Binance and follow what it asks there; entries wait until then.")
_CHECK = N_("Look at the positions on Binance and compare them with this page.")
_ADMIN = N_("Tell whoever runs this server: it is in the log.")

CODES: Mapping[int, Advice] = {
    -1000: Advice(N_("The exchange doesn't say whether it did it; it is looked up."), _WAIT),
    -1001: Advice(N_("The exchange had an internal error and did nothing."), _WAIT),
    -1002: Advice(N_("The key may not do this."), _KEY),
    -1003: Advice(N_("Too many requests from this server's address."), _WAIT),
    -1006: Advice(N_("The exchange doesn't say whether it did it; it is looked up."), _WAIT),
    -1007: Advice(N_("The exchange took too long; what became of the order is looked up."), _WAIT),
    -1008: Advice(N_("The exchange is overloaded and did nothing."), _WAIT),
    -1015: Advice(N_("Too many orders in a short time."), _WAIT),
    -1021: Advice(N_("The request came too late by the exchange's clock."), _CLOCK),
    -1022: Advice(N_("The signature is wrong: key and secret don't belong together."), _KEY),
    -1102: Advice(N_("The exchange misses a part of the request."), _ADMIN),
    -1106: Advice(N_("The account's position mode is another than the one known."), _MODE),
    -1111: Advice(N_("More decimals than the exchange allows for this symbol."), _RULES),
    -1121: Advice(N_("The exchange doesn't know this symbol."), N_("Take the symbol from the tracker's list.")),
    -2011: Advice(N_("The order was gone before it could be cancelled."), _WAIT),
    -2013: Advice(N_("The exchange doesn't know the order: it never arrived."), _WAIT),
    -2014: Advice(N_("The API key has a wrong form."), N_("Paste the key again, without spaces.")),
    -2015: Advice(N_("The key, its address list or its permissions don't allow this."), _KEY),
    -2018: Advice(N_("The balance is not enough."), _FUNDS),
    -2019: Advice(N_("The margin is not enough for this order."), _FUNDS),
    -2021: Advice(
        N_("The stop would fire at once: the price is beyond it already."),
        N_("Nothing: the position is closed instead of being left without a stop."),
    ),
    -2022: Advice(N_("There is nothing left that this order could reduce."), _CHECK),
    -2023: Advice(N_("The account is being liquidated."), N_("Act on Binance now; entries wait until it is over.")),
    -2024: Advice(N_("The position is smaller than the order."), _CHECK),
    -2025: Advice(N_("Too many open orders."), N_("Cancel orders on Binance that you don't need.")),
    -2027: Advice(N_("At this leverage the position may not become that large."), _LEVERAGE),
    -2028: Advice(N_("With this leverage the margin would not be enough."), _FUNDS),
    -4003: Advice(N_("The quantity is zero or less after rounding."), _SMALL),
    -4005: Advice(N_("The quantity is more than one order may have."), N_("Set a largest order for the tracker.")),
    -4014: Advice(N_("The price doesn't fit the symbol's tick."), _RULES),
    -4023: Advice(N_("The quantity doesn't fit the symbol's step."), _RULES),
    -4028: Advice(N_("This leverage is not allowed for the symbol."), _LEVERAGE),
    -4046: Advice(N_("The margin mode was that already."), N_("Nothing: all is as wanted.")),
    -4047: Advice(N_("Open orders keep the margin mode from being changed."), _WAIT),
    -4048: Advice(N_("An open position keeps the margin mode from being changed."), _WAIT),
    -4059: Advice(N_("The position mode was that already."), N_("Nothing: all is as wanted.")),
    -4061: Advice(N_("The account's position mode is another than the one known."), _MODE),
    -4109: Advice(N_("The futures account is inactive."), N_("Move USDT into the futures wallet once.")),
    -4116: Advice(N_("An order with this id exists already; it is looked up."), _WAIT),
    -4120: Advice(N_("Stops and targets must go another way on this exchange."), _ADMIN),
    -4131: Advice(N_("The order book is too thin for this order."), _WAIT),
    -4140: Advice(N_("The symbol is not open for new positions."), N_("Nothing: entries wait; closes still flow.")),
    -4141: Advice(N_("The symbol is closed for trading."), _CHECK),
    -4161: Advice(N_("Leverage can't be lowered while a position with isolated margin is open."), _WAIT),
    -4164: Advice(N_("The order is smaller than the exchange's minimum."), _SMALL),
    -4192: Advice(N_("The account is in its cooling-off period."), _BY_HAND),
    -4400: Advice(N_("The account broke the exchange's trading rules: it may only reduce."), _BY_HAND),
    -4402: Advice(N_("The exchange doesn't offer this in your region."), _BY_HAND),
    -4411: Advice(N_("An agreement must be accepted on Binance first."), _BY_HAND),
    -5021: Advice(N_("The order could not be filled at once and was ended."), _WAIT),
    -5022: Advice(N_("The order would have been filled at once and was ended."), _WAIT),
    -5028: Advice(N_("The request came too late by the exchange's clock."), _CLOCK),
}


def advice(code: int | None) -> Advice | None:
    """Return what a code says and what to do next; None without a code and for one that has no words yet."""
    return CODES.get(code) if code is not None else None
