"""Which stops and targets should rest on the exchange, against those that do (DESIGN §5 Protection)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from nof1web.core.own_exits import price_at
from nof1web.core.records import Epoch, Protection, ProtectionStatus
from nof1web.core.rounding import floor_to_step, to_tick
from nof1web.core.settings import TrackerSettings
from nof1web.core.signals import SignalPosition
from nof1web.core.trading import Instrument, Leg, Side


@dataclass(frozen=True, slots=True)
class Wanted:
    """One leg that should rest: unsigned quantity = the holding, trigger on the instrument's tick."""

    leg: Leg
    side: Side
    quantity: Decimal
    trigger: Decimal


@dataclass(frozen=True, slots=True)
class Steps:
    """What to do for one epoch: place these first, then cancel those that are replaced or no longer wanted."""

    place: tuple[Wanted, ...]
    cancel: tuple[Protection, ...]


def wanted(
    epoch: Epoch,
    position: SignalPosition | None,
    settings: TrackerSettings,
    instrument: Instrument,
    present: tuple[Protection, ...],
) -> tuple[Wanted, ...]:
    """Return the legs a holding should have: of the agent's and the own one the nearer to the entry.

    While the signal can't tell the agent's, its legs stay as they rest. A leg becomes a market order: one above
    MARKET_LOT_SIZE rests in pieces (binance.md §4.1).
    """
    if not epoch.quantity:
        return ()
    side = Side.of(-epoch.quantity)
    own = _own_triggers(epoch, settings)
    if not settings.copy_protection:
        triggers = own
    elif position is None or position.epoch != epoch.epoch or not position.quantity:
        triggers = own | {protection.leg: protection.trigger for protection in present if protection.status.open}
    else:
        theirs = {leg: price for leg, price in ((Leg.STOP, position.stop), (Leg.TARGET, position.target)) if price}
        triggers = {leg: _nearer(epoch, leg, theirs.get(leg), own.get(leg)) for leg in Leg if leg in theirs | own}
    return tuple(
        Wanted(leg, side, quantity, to_tick(price, instrument.tick))
        for leg, price in triggers.items()
        for quantity in _pieces(instrument, abs(epoch.quantity))
        if price > 0
    )


def steps(legs: tuple[Wanted, ...], present: tuple[Protection, ...]) -> Steps:
    """Return how to get from what rests to what is wanted; a leg that already fits is left alone."""
    spare = [each for each in present if each.status is ProtectionStatus.RESTING]
    place: list[Wanted] = []
    for leg in legs:
        fitting = next((each for each in spare if _fits(leg, each)), None)
        if fitting is None:
            place.append(leg)
        else:
            spare.remove(fitting)
    return Steps(tuple(place), tuple(spare))


def breached(leg: Wanted | Protection, mark: Decimal) -> bool:
    """Whether the price already is where the leg would trigger."""
    falls = (leg.leg is Leg.STOP) == (leg.side is Side.SELL)
    return mark <= leg.trigger if falls else mark >= leg.trigger


def _pieces(instrument: Instrument, quantity: Decimal) -> tuple[Decimal, ...]:
    most = floor_to_step(instrument.market_max_quantity, instrument.step)
    # Larger lots since it was opened: the rest of one is less than any order takes.
    quantity = floor_to_step(quantity, instrument.step)
    if not quantity:
        return ()
    if most <= 0 or quantity <= most:
        return (quantity,)
    whole, rest = divmod(quantity, most)
    return (most,) * int(whole) + ((rest,) if rest else ())


def _own_triggers(epoch: Epoch, settings: TrackerSettings) -> dict[Leg, Decimal]:
    """Return where the tracker's own stop and target lie: % of the holding's margin away from its entry."""
    stop = None if settings.own_stop is None else price_at(epoch, -settings.own_stop)
    target = None if settings.own_target is None else price_at(epoch, settings.own_target)
    return {leg: price for leg, price in ((Leg.STOP, stop), (Leg.TARGET, target)) if price}


def _nearer(epoch: Epoch, leg: Leg, theirs: Decimal | None, own: Decimal | None) -> Decimal:
    """Return the trigger a price that leaves the entry reaches first."""
    both = [price for price in (theirs, own) if price is not None]
    return max(both) if (leg is Leg.STOP) == (epoch.quantity > 0) else min(both)


def _fits(leg: Wanted, protection: Protection) -> bool:
    return (leg.leg, leg.side, leg.quantity, leg.trigger) == (
        protection.leg,
        protection.side,
        protection.quantity,
        protection.trigger,
    )
