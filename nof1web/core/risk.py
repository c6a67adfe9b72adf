"""What a holding costs when its stop fires: fees, and fills that are worse than they should be (DESIGN §5 rule 10)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.core import stops
from nof1web.core.settings import TrackerSettings, multiplier, slippage
from nof1web.core.signals import SignalPosition
from nof1web.core.snapshot import ZERO, Snapshot, TrackerView, Wish

FEE_RATE = Decimal("0.0005")
"""what a taker pays at most on the default tier; entry and stop both take"""


def own_equity(snapshot: Snapshot, view: TrackerView) -> Decimal:
    """Return the account's equity in USDT, at least 0; without an account the total margin stands in for it."""
    return max(snapshot.account.equity, ZERO) if snapshot.account is not None else view.settings.total_margin


def budget(snapshot: Snapshot, view: TrackerView, symbol: str) -> Decimal:
    """Return what a position may lose at its stop (USDT); a multiplier can only make it smaller."""
    settings = view.settings
    return own_equity(snapshot, view) * settings.risk_percent / 100 * min(multiplier(settings, symbol), Decimal(1))


def stop_of(snapshot: Snapshot, view: TrackerView, position: SignalPosition, held: tuple[Decimal, int]) -> Decimal:
    """Return the stop at which the loss is reckoned: the agent's, unless only an own one rests; 0: none."""
    if view.settings.own_stop is not None and not view.settings.copy_protection:
        return stops.resting(snapshot, view, position, held)
    return position.stop or ZERO


def of_entry(settings: TrackerSettings, symbol: str, mark: Decimal, stop: Decimal) -> Decimal:
    """Return what one unit loses (USDT): bought at the entry's limit, stopped as much worse than its stop, both fees.

    A stop has no limit of its own: the entry's slippage is what it may miss its price by.
    """
    part = slippage(settings, symbol) / 100
    way, both = abs(mark - stop), mark + stop
    return way + part * both + FEE_RATE * (both + part * way)


def of_holding(snapshot: Snapshot, wish: Wish, stop: Decimal) -> Decimal:
    """Return what the part that is held already loses at a stop (USDT); a profit there makes room for nothing."""
    held = wish.view.held(wish.position.symbol)
    if held is None or not wish.held:
        return ZERO
    entry = held.entry_price or wish.mark
    way = max(entry - stop if wish.held > 0 else stop - entry, ZERO)
    part = slippage(wish.view.settings, wish.position.symbol) / 100
    return abs(wish.held) * (way + part * stop + FEE_RATE * (entry + stop * (1 + part)))


def room(snapshot: Snapshot, wish: Wish) -> tuple[Decimal, Decimal]:
    """Return what a position may lose at its stop, and which notional may still be added within that (USDT)."""
    view, position = wish.view, wish.position
    most = budget(snapshot, view, position.symbol)
    stop = stop_of(snapshot, view, position, (wish.target, wish.leverage))
    if not stop:
        return most, ZERO
    left = max(most - of_holding(snapshot, wish, stop), ZERO)
    return most, left / of_entry(view.settings, position.symbol, wish.mark, stop) * wish.mark
