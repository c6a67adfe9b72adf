"""Single steps of protection: rest a leg, cancel one, tell how often it was refused (DESIGN §5 Protection)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from itertools import count, takewhile

from nof1web.core import protection as rules
from nof1web.core.clocks import ahead
from nof1web.core.records import Epoch, Protection, ProtectionStatus, Severity
from nof1web.core.settings import Unprotected
from nof1web.core.snapshot import TrackerView
from nof1web.core.trading import AlgoRequest, AlgoStatus, Leg, PositionSide
from nof1web.errors import N_, AlreadyDone, ExchangeError, OutcomeUnknown, Text, Transient
from nof1web.services.fencing import WINDOW, require_claim
from nof1web.services.ids import client_order_id
from nof1web.services.kill_points import KillPoint, reached
from nof1web.services.loading import hedge_mode
from nof1web.services.ports import AccountPorts
from nof1web.services.telling import tell

RETRY = timedelta(seconds=5)
GONE = (AlgoStatus.CANCELED, AlgoStatus.EXPIRED, AlgoStatus.REJECTED)
"""a leg that ended without firing"""
_YOUNG = timedelta(seconds=10)
"""recvWindow and skew, after that the exchange can't accept it any more (binance.md §2), and what a read may lag"""
_LONGEST = timedelta(seconds=60)
_FACTORS = (1, 2, 4, 8, 12)
_WOULD_TRIGGER = (-2021, -4142)
_GIVE_UP = 3
_TOLD_AT = (0, 10, 100)
"""an alarm is repeated when a leg has been refused this many times before, not each time"""


def due_at(failed: tuple[Protection, ...], leg: rules.Wanted, now: datetime) -> datetime | None:
    """Return when a refused leg may be tried again: 5, 10, 20 … 60 s after its last refusal, None: now."""
    same = [each for each in failed if each.leg is leg.leg]
    if not same or ahead(same[-1].created_at, now):
        return None
    return max(each.created_at for each in same) + min(_LONGEST, RETRY * _FACTORS[min(len(same), len(_FACTORS)) - 1])


def place(ports: AccountPorts, view: TrackerView, epoch: Epoch, leg: rules.Wanted, *, refused: int) -> bool:
    """Rest one leg; return whether it is acknowledged. A refusal is told and tried again.

    `refused` is how often this leg was refused before. What passes by itself is no refusal: it keeps no code.
    """
    written = _leg(ports, view.tracker.id, epoch, leg)
    # The clock is read first: stopped anywhere from here on, a late request is refused for its age.
    try:
        timestamp_ms = ports.exchange.server_ms()
    except ExchangeError:
        return False
    put(ports, written, durable=True)
    reached(KillPoint.PROTECTION_WRITTEN)
    ports.lease.require(WINDOW)
    reached(KillPoint.LEASE_CHECKED)
    request = AlgoRequest(
        written.client_algo_id,
        epoch.symbol,
        leg.leg,
        leg.side,
        _side(epoch, hedge_mode(ports)),
        leg.quantity,
        leg.trigger,
        view.settings.working_type.value,
        timestamp_ms,
    )
    return _rests(ports, written, request, refused=refused)


def _leg(ports: AccountPorts, tracker_id: str, epoch: Epoch, leg: rules.Wanted) -> Protection:
    """Return one leg as it is written before it is sent, under an id of its own."""
    known = {each.client_algo_id for each in ports.store.journal.protections_of(tracker_id, epoch.symbol, epoch.epoch)}
    whose = ports.installation_code, tracker_id, epoch.symbol, epoch.epoch, "protection"
    # Legs adopted after a restored backup have numbers further on.
    ids = (client_order_id(*whose, number) for number in count(len(known)))
    return Protection(
        next(each for each in ids if each not in known),
        ports.credential_id,
        tracker_id,
        epoch.symbol,
        epoch.epoch,
        leg.leg,
        leg.side,
        leg.quantity,
        leg.trigger,
        ProtectionStatus.WRITTEN,
        ports.clock(),
    )


def _rests(ports: AccountPorts, written: Protection, request: AlgoRequest, *, refused: int) -> bool:
    """Send one leg and record what came of it; return whether it is acknowledged."""
    try:
        ports.exchange.place_protection(request)
    except OutcomeUnknown:
        return False
    except ExchangeError as error:
        passing = isinstance(error, Transient) or error.exchange_code in _WOULD_TRIGGER
        code = None if passing else error.exchange_code
        put(ports, replace(written, status=ProtectionStatus.FAILED, exchange_code=code))
        if not passing and refused in _TOLD_AT:
            _alarm(ports, written, error.text)
        return False
    reached(KillPoint.PROTECTION_SENT)
    put(ports, replace(written, status=ProtectionStatus.RESTING))
    reached(KillPoint.PROTECTION_RESTING)
    return True


class Ending(Enum):
    """What became of a leg that was to be cancelled."""

    CANCELLED = "cancelled"
    OVER = "over"
    """it rested no more: fired, or cancelled by hand; the next sync reads which"""
    MAY_REST = "may_rest"


def cancel(ports: AccountPorts, old: Protection) -> bool:
    """Cancel one leg; return whether it is gone or the next sync will tell, False when it may still rest.

    LeaseLost before anything is sent by a worker whose claim is over.
    """
    return end(ports, old) is not Ending.MAY_REST


def end(ports: AccountPorts, old: Protection) -> Ending:
    """Cancel one leg; return what became of it. LeaseLost like `cancel`."""
    require_claim(ports)
    try:
        ports.exchange.cancel_protection(old.client_algo_id)
    except AlreadyDone:
        return Ending.OVER
    except ExchangeError:
        return Ending.MAY_REST
    reached(KillPoint.OLD_PROTECTION_CANCELLED)
    put(ports, replace(old, status=ProtectionStatus.CANCELLED))
    return Ending.CANCELLED


def cancel_others(ports: AccountPorts, present: tuple[Protection, ...], fired: Protection) -> None:
    """Cancel the other leg of an epoch one of whose legs fired: first of all, before anything else.

    Other pieces of the same leg fire by themselves.
    """
    whose = (fired.tracker_id, fired.symbol, fired.epoch)
    for each in present:
        other = (each.leg, each.trigger) != (fired.leg, fired.trigger)
        if other and (each.tracker_id, each.symbol, each.epoch) == whose:
            cancel(ports, each)


def young(ports: AccountPorts, leg: Protection) -> bool:
    """Whether a leg was sent so lately that not being shown proves nothing; a clock that was set back is no reason."""
    return abs(ports.clock() - leg.created_at) < _YOUNG


def failed_lately(mine: tuple[Protection, ...], leg: Leg) -> tuple[Protection, ...]:
    """Return the failures of a leg since it last rested, oldest first; `mine` are all of an epoch, oldest first."""
    same = [each for each in mine if each.leg is leg]
    return tuple(takewhile(lambda each: each.status is ProtectionStatus.FAILED, reversed(same)))[::-1]


def refusals(failed: tuple[Protection, ...]) -> int:
    """Return how many of these failures were the exchange's refusals, not a passing trouble."""
    return sum(1 for each in failed if each.exchange_code is not None)


def given_up(view: TrackerView, leg: Leg, mine: tuple[Protection, ...]) -> bool:
    """Whether a holding is to be closed because its stop can't be placed (setting `unprotected`)."""
    if view.settings.unprotected is not Unprotected.CLOSE or leg is not Leg.STOP:
        return False
    bare = not any(each.leg is Leg.STOP and each.status.open for each in mine)
    return bare and refusals(failed_lately(mine, leg)) >= _GIVE_UP


def _alarm(ports: AccountPorts, leg: Protection, reason: Text) -> None:
    word = N_("The stop for %(symbol)s could not be placed: %(reason)s It is tried again every few seconds.")
    if leg.leg is Leg.TARGET:
        word = N_("The target for %(symbol)s could not be placed: %(reason)s It is tried again every few seconds.")
    text = Text(word, {"symbol": leg.symbol, "reason": str(reason)})
    tell(ports, "unprotected", text, severity=Severity.ALARM, tracker_id=leg.tracker_id, symbol=leg.symbol)


def put(ports: AccountPorts, row: Protection, *, durable: bool = False) -> None:
    """Write one leg's row in a fenced transaction of its own."""
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence), durable=durable):
        ports.store.journal.put_protection(row)


def _side(epoch: Epoch, hedge: bool) -> PositionSide:
    if not hedge:
        return PositionSide.BOTH
    return PositionSide.LONG if epoch.quantity > 0 else PositionSide.SHORT
