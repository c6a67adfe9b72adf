"""Whether an agent's stop fires before the exchange would liquidate (DESIGN §5 rule 10)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.core import liquidation
from nof1web.core.signals import SignalPosition
from nof1web.core.snapshot import ZERO, Draft, Snapshot, TrackerView, Wish
from nof1web.core.trading import MarginMode


def spare(draft: Draft, snapshot: Snapshot, view: TrackerView, symbol: str) -> Decimal:
    """Return the margin balance less the maintenance of all other positions, this plan's included (USDT).

    Without an account to read the total margin stands in for its balance.
    """
    own = snapshot.account.equity if snapshot.account is not None else view.settings.total_margin
    kept = liquidation.others(snapshot.instruments, snapshot.positions, symbol)
    shadow = snapshot.shadow(view)
    planned = (wish for wish in draft.wishes if wish.position.symbol != symbol and snapshot.shadow(wish.view) == shadow)
    return own - kept - sum(map(_maintenance, planned), ZERO)


def are_safe(
    draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, held: tuple[Decimal, int]
) -> bool:
    """Whether a holding of that signed quantity and leverage keeps the agent's stop well before liquidation."""
    if position.stop is None:
        return True
    return is_safe(snapshot, view, position, (*held, spare(draft, snapshot, view, position.symbol)))


def is_safe(
    snapshot: Snapshot, view: TrackerView, position: SignalPosition, held: tuple[Decimal, int, Decimal]
) -> bool:
    """Whether a holding of that signed quantity and leverage, with what `spare` returns, keeps the stop safe."""
    quantity, leverage, left = held
    if position.stop is None or not quantity:
        return True
    instrument, mark = snapshot.instruments[position.symbol], snapshot.marks[position.symbol]
    if liquidation.margin_mode(view.settings.margin_mode) is MarginMode.ISOLATED:
        price = liquidation.isolated(instrument, quantity, mark, leverage)
    else:
        price = liquidation.crossed(instrument, _sides(snapshot, view, position.symbol, quantity), mark, left)
    return liquidation.stop_is_safe(mark, position.stop, price, long=quantity > 0)


def _sides(snapshot: Snapshot, view: TrackerView, symbol: str, quantity: Decimal) -> tuple[Decimal, ...]:
    """Return the account's signed quantities in a symbol with that holding: one in one-way mode, up to two in hedge.

    The holding's own side comes first.
    """
    if snapshot.shadow(view):
        return (quantity,)
    foreign = snapshot.foreign.get(symbol, ZERO)
    if snapshot.account is None or not snapshot.account.hedge:
        return (quantity + foreign,)
    rows = (each.quantity for each in snapshot.positions if each.symbol == symbol)
    against = sum((each for each in rows if (each > 0) != (quantity > 0)), ZERO)
    return quantity + foreign - against, against


def _maintenance(wish: Wish) -> Decimal:
    """Return what a wish adds to the maintenance margin (USDT)."""
    after = liquidation.maintenance(wish.instrument, abs(wish.target) * wish.mark)
    return after - liquidation.maintenance(wish.instrument, abs(wish.held) * wish.mark)
