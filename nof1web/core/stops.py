"""Whether a holding's stop fires before the exchange would liquidate (DESIGN §5 rule 10)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.core import leverage as levers
from nof1web.core import liquidation
from nof1web.core.rounding import shown
from nof1web.core.signals import SignalPosition
from nof1web.core.snapshot import ZERO, Draft, Snapshot, TrackerView, Wish
from nof1web.core.trading import MarginMode


def spare(draft: Draft, snapshot: Snapshot, view: TrackerView, symbol: str) -> Decimal:
    """Return the margin balance less the maintenance of all other positions, this plan's included (USDT).

    Without an account to read the total margin stands in for its balance.
    """
    own = snapshot.account.equity if snapshot.account is not None else view.settings.total_margin
    shadow = snapshot.shadow(view)
    kept = liquidation.others(snapshot.instruments, _notionals(snapshot, shadow=shadow), symbol)
    planned = (wish for wish in draft.wishes if wish.position.symbol != symbol and snapshot.shadow(wish.view) == shadow)
    return own - kept - sum(map(_maintenance, planned), ZERO)


def resting(snapshot: Snapshot, view: TrackerView, position: SignalPosition, held: tuple[Decimal, int]) -> Decimal:
    """Return the stop that will rest for a holding of that signed quantity and leverage; 0: none (core/protection.py).

    Of the agent's and the own one it is the nearer. Where neither rests it is the agent's, which copying follows.
    """
    quantity, leverage = held
    theirs, share = position.stop or ZERO, view.settings.own_stop
    if share is None:
        return theirs
    present = view.held(position.symbol)
    entry = mark = snapshot.marks[position.symbol]
    if present is not None and present.entry_price and quantity:
        added = max(abs(quantity) - abs(present.quantity), ZERO)
        had = abs(quantity) - added
        entry = (had * present.entry_price + added * mark) / abs(quantity)
    long = quantity > 0
    own = max(entry * (1 - share / 100 / leverage if long else 1 + share / 100 / leverage), ZERO)
    if not theirs or not view.settings.copy_protection:
        return own
    return max(own, theirs) if long else min(own, theirs)


def are_safe(
    draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, held: tuple[Decimal, int]
) -> bool:
    """Whether a holding of that signed quantity and leverage keeps its stop well before liquidation."""
    return is_safe(snapshot, view, position, (*held, spare(draft, snapshot, view, position.symbol)))


def is_safe(
    snapshot: Snapshot, view: TrackerView, position: SignalPosition, held: tuple[Decimal, int, Decimal]
) -> bool:
    """Whether a holding of that signed quantity and leverage, with what `spare` returns, keeps its stop safe.

    It has to be under every margin mode the position may have.
    """
    quantity, leverage, left = held
    if not quantity:
        return True
    stop = resting(snapshot, view, position, (quantity, leverage))
    if not stop:
        return True
    mark = snapshot.marks[position.symbol]
    for mode in margin_modes(snapshot, view, position.symbol):
        price = _liquidation(snapshot, view, position.symbol, (mode, quantity, leverage, left))
        if not liquidation.stop_is_safe(mark, stop, price, long=quantity > 0):
            return False
    return True


def margin_modes(snapshot: Snapshot, view: TrackerView, symbol: str) -> frozenset[MarginMode]:
    """Return the margin modes a position may have: one where it is known, else both.

    A chosen one is set before a first order. Beside a foreign share it stays as it is (rule 7), and so it does while
    something is held: when that was opened is not told, so the one chosen by now counts beside the account's.
    """
    chosen, account = view.settings.margin_mode, snapshot.account
    beside = bool(snapshot.shares(symbol)) and not snapshot.shadow(view)
    if chosen is not None and not beside and (view.held(symbol) is None or snapshot.shadow(view)):
        return frozenset({chosen})
    if account is None or account.isolated is None:
        return frozenset(MarginMode)
    present = MarginMode.ISOLATED if symbol in account.isolated else MarginMode.CROSSED
    return frozenset({present} if beside else {present, chosen or present})


def told(snapshot: Snapshot, view: TrackerView, position: SignalPosition) -> str:
    """Write the stop that a refusal is about; an own one as it would be with the highest leverage."""
    held = view.held(position.symbol)
    leverage = levers.highest(snapshot, view, position)[0] if held is None else held.leverage
    return shown(resting(snapshot, view, position, (position.quantity, leverage)))


def _liquidation(
    snapshot: Snapshot, view: TrackerView, symbol: str, held: tuple[MarginMode, Decimal, int, Decimal]
) -> Decimal:
    """Return the estimated liquidation price of a mode, signed quantity and leverage, with what `spare` returns."""
    mode, quantity, leverage, left = held
    instrument, mark = snapshot.instruments[symbol], snapshot.marks[symbol]
    sides = _sides(snapshot, view, symbol, quantity)
    if mode is MarginMode.CROSSED:
        return liquidation.crossed(instrument, sides, mark, left)
    # A foreign share on the other side leaves less to be liquidated; what it leaves is judged by its own margin.
    whole = sides[0] if abs(sides[0]) > abs(quantity) else quantity
    return liquidation.isolated(instrument, whole, mark, leverage, held=_held(snapshot, view, symbol, whole))


def _held(snapshot: Snapshot, view: TrackerView, symbol: str, whole: Decimal) -> tuple[Decimal, Decimal]:
    """Return how much (unsigned) of a signed position is there already, and its entry price.

    Beside a foreign share both are the live position's.
    """
    if not snapshot.shadow(view) and snapshot.shares(symbol):
        rows = (each for each in snapshot.positions if each.symbol == symbol and (each.quantity > 0) == (whole > 0))
        return next(((abs(each.quantity), each.entry_price) for each in rows), (ZERO, ZERO))
    held = view.held(symbol)
    if held is None or not held.entry_price or (held.quantity > 0) != (whole > 0):
        return ZERO, ZERO
    return abs(held.quantity), held.entry_price


def _notionals(snapshot: Snapshot, *, shadow: bool) -> dict[tuple[str, bool], Decimal]:
    """Return the notional (USDT) on each side of each symbol: as it was read, or as it is by now if that is larger.

    By now it is what the trackers hold and have under way there, beside the foreign share.
    """
    marks, read, known = snapshot.marks, dict[tuple[str, bool], Decimal](), dict[tuple[str, bool], Decimal]()
    for row in snapshot.positions:
        key = row.symbol, row.quantity > 0
        read[key] = read.get(key, ZERO) + abs(row.quantity) * row.mark
    for key, share in snapshot.foreign.items():
        known[key] = abs(share) * marks.get(key[0], ZERO)
    for epoch in (*(epoch for view in snapshot.trackers for epoch in view.epochs), *snapshot.elsewhere):
        if epoch.shadow == shadow:
            side = epoch.symbol, (epoch.quantity or epoch.reference_quantity) > 0
            mark = marks.get(epoch.symbol) or epoch.entry_price or epoch.reference_entry
            waits = epoch.under_way if epoch.symbol in snapshot.pending else ZERO
            known[side] = known.get(side, ZERO) + abs(epoch.quantity) * mark + waits
    return {key: max(read.get(key, ZERO), known.get(key, ZERO)) for key in read | known}


def _sides(snapshot: Snapshot, view: TrackerView, symbol: str, quantity: Decimal) -> tuple[Decimal, ...]:
    """Return the account's signed quantities in a symbol with that holding: one in one-way mode, up to two in hedge.

    The holding's own side comes first.
    """
    if snapshot.shadow(view):
        return (quantity,)
    if snapshot.account is None or not snapshot.account.hedge:
        return (quantity + sum(snapshot.shares(symbol), ZERO),)
    long = quantity > 0
    rows = (each.quantity for each in snapshot.positions if each.symbol == symbol)
    against = sum((each for each in rows if (each > 0) != long), ZERO)
    return quantity + snapshot.foreign.get((symbol, long), ZERO), against


def _maintenance(wish: Wish) -> Decimal:
    """Return what a wish adds to the maintenance margin (USDT)."""
    after = liquidation.maintenance(wish.instrument, abs(wish.target) * wish.mark)
    return after - liquidation.maintenance(wish.instrument, abs(wish.held) * wish.mark)
