"""Keeping each holding's stop and target on the exchange (DESIGN §5 Protection)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core import protection as rules
from nof1web.core.records import Epoch, EpochState, OrderKind, Protection, ProtectionStatus, Severity
from nof1web.core.rounding import plain
from nof1web.core.snapshot import PlannedOrder, Snapshot, TrackerView
from nof1web.core.trading import AlgoRequest, Leg, PositionSide
from nof1web.errors import N_, AlreadyDone, ExchangeError, OutcomeUnknown, Text, Transient
from nof1web.services.ids import client_order_id
from nof1web.services.ports import AccountPorts
from nof1web.services.sending import send
from nof1web.services.telling import tell

_WOULD_TRIGGER = (-2021, -4142)
_RETRY = timedelta(seconds=5)
_WINDOW = Decimal(7)
_DEADLINE = timedelta(seconds=7)
"""recvWindow and skew: after that the exchange can't accept it any more (binance.md §2)"""


def protect(ports: AccountPorts, snapshot: Snapshot) -> datetime | None:
    """Place, replace and remove stops and targets; return when to try again what could not be done now."""
    present = ports.store.journal.protections(ports.credential_id)
    again_at = _resolve_written(ports, present)
    present = ports.store.journal.protections(ports.credential_id)
    hedge = snapshot.account.hedge if snapshot.account else False
    for view in snapshot.trackers:
        for epoch in view.epochs:
            if not epoch.shadow:
                mine = tuple(
                    each for each in present if (each.tracker_id, each.epoch) == (view.tracker.id, epoch.epoch)
                )
                again_at = _protect_epoch(ports, snapshot, (view, epoch, mine), hedge) or again_at
    return again_at


def _protect_epoch(
    ports: AccountPorts, snapshot: Snapshot, subject: tuple[TrackerView, Epoch, tuple[Protection, ...]], hedge: bool
) -> datetime | None:
    view, epoch, present = subject
    instrument = snapshot.instruments.get(epoch.symbol)
    if instrument is None:
        return None
    if any(each.status is ProtectionStatus.WRITTEN for each in present):
        return ports.clock() + _RETRY
    shown = view.signal.positions if view.signal else ()
    position = next((each for each in shown if each.symbol == epoch.symbol), None)
    legs = rules.wanted(epoch, position, view.settings, instrument, present)
    todo = rules.steps(legs, present)
    mark = snapshot.marks.get(epoch.symbol)
    again_at: datetime | None = None
    placed = True
    for leg in todo.place:
        if mark is not None and rules.breached(leg, mark):
            if epoch.symbol in snapshot.pending:
                # An exit may be under way already: first its answer, then another order.
                return ports.clock() + _RETRY
            _close_breached(ports, (view, epoch), leg, mark, hedge)
            return ports.clock()
        if not _place(ports, (view, epoch), leg, hedge):
            placed, again_at = False, ports.clock() + _RETRY
    if placed:
        # The old leg goes only once its successor rests: the holding is never bare in between.
        for old in todo.cancel:
            _cancel(ports, old)
    return again_at


def _place(ports: AccountPorts, subject: tuple[TrackerView, Epoch], leg: rules.Wanted, hedge: bool) -> bool:
    """Rest one leg; return whether it is acknowledged. A refusal is told and tried again."""
    view, epoch = subject
    number = ports.store.journal.count_protections(view.tracker.id, epoch.symbol, epoch.epoch)
    algo_id = client_order_id(ports.installation_code, view.tracker.id, epoch.epoch, "protection", number)
    written = Protection(
        algo_id,
        ports.credential_id,
        view.tracker.id,
        epoch.symbol,
        epoch.epoch,
        leg.leg,
        leg.side,
        leg.quantity,
        leg.trigger,
        ProtectionStatus.WRITTEN,
        ports.clock(),
    )
    _put(ports, written, durable=True)
    ports.lease.require(_WINDOW)
    request = AlgoRequest(
        algo_id,
        epoch.symbol,
        leg.leg,
        leg.side,
        _side(epoch, hedge),
        leg.quantity,
        leg.trigger,
        view.settings.working_type.value,
    )
    try:
        ports.exchange.place_protection(request)
    except OutcomeUnknown:
        return False
    except ExchangeError as error:
        _put(ports, replace(written, status=ProtectionStatus.FAILED, exchange_code=error.exchange_code))
        if error.exchange_code not in _WOULD_TRIGGER and not isinstance(error, Transient):
            _alarm(ports, written, error.text)
        return False
    _put(ports, replace(written, status=ProtectionStatus.RESTING))
    return True


def _cancel(ports: AccountPorts, old: Protection) -> None:
    try:
        ports.exchange.cancel_protection(old.client_algo_id)
    except AlreadyDone:
        # Gone: fired or cancelled by hand. The next sync reads which.
        return
    except ExchangeError:
        return
    _put(ports, replace(old, status=ProtectionStatus.CANCELLED))


def cancel_all(ports: AccountPorts, epoch: Epoch, present: tuple[Protection, ...], *, fired: str) -> None:
    """Cancel what still rests of an epoch whose other leg fired: first of all, before anything else."""
    for each in present:
        if each.client_algo_id != fired and (each.tracker_id, each.epoch) == (epoch.tracker_id, epoch.epoch):
            _cancel(ports, each)


def _close_breached(
    ports: AccountPorts, subject: tuple[TrackerView, Epoch], leg: rules.Wanted, mark: Decimal, hedge: bool
) -> None:
    """The price already is beyond the stop or target: close now (DESIGN §5 Protection)."""
    view, epoch = subject
    order = PlannedOrder(
        view.tracker.id,
        epoch.symbol,
        epoch.epoch,
        OrderKind.CLOSE,
        -epoch.quantity,
        mark,
        epoch.leverage,
        agent_quantity=Decimal(0),
        agent_entry=epoch.reference_entry,
        shadow=False,
        explanation={"reason": f"{leg.leg}_breached", "trigger": plain(leg.trigger)},
    )
    intent = send(ports, order, hedge=hedge)
    if intent.executed:
        _end_epoch(ports, view.tracker.id, epoch)
        numbers = {"symbol": epoch.symbol, "trigger": plain(leg.trigger)}
        text = Text(N_("Closed %(symbol)s: the price was already beyond %(trigger)s."), numbers)
        tell(ports, "breached", text, severity=Severity.WARNING, tracker_id=view.tracker.id, symbol=epoch.symbol)


def _end_epoch(ports: AccountPorts, tracker_id: str, epoch: Epoch) -> None:
    store = ports.store
    with store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        now = store.trackers.epoch(tracker_id, epoch.symbol, epoch.epoch)
        if now is not None:
            store.trackers.put_epoch(replace(now, state=EpochState.STOPPED))


def _resolve_written(ports: AccountPorts, present: tuple[Protection, ...]) -> datetime | None:
    """A leg whose answer never came is looked up by its id before anything else is placed."""
    again_at: datetime | None = None
    for each in present:
        if each.status is not ProtectionStatus.WRITTEN:
            continue
        try:
            report = ports.exchange.protection(each.client_algo_id)
        except ExchangeError:
            again_at = ports.clock() + _RETRY
            continue
        if report is None and ports.clock() - each.created_at < _DEADLINE:
            # It may still be accepted: another one placed now could rest beside it.
            again_at = ports.clock() + _RETRY
        elif report is None:
            _put(ports, replace(each, status=ProtectionStatus.FAILED))
        else:
            resting = report.status.resting
            _put(ports, replace(each, status=ProtectionStatus.RESTING if resting else ProtectionStatus.CANCELLED))
    return again_at


def _alarm(ports: AccountPorts, leg: Protection, reason: Text) -> None:
    word = N_("The stop for %(symbol)s could not be placed: %(reason)s It is tried again every few seconds.")
    if leg.leg is Leg.TARGET:
        word = N_("The target for %(symbol)s could not be placed: %(reason)s It is tried again every few seconds.")
    text = Text(word, {"symbol": leg.symbol, "reason": str(reason)})
    tell(ports, "unprotected", text, severity=Severity.ALARM, tracker_id=leg.tracker_id, symbol=leg.symbol)


def _put(ports: AccountPorts, row: Protection, *, durable: bool = False) -> None:
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence), durable=durable):
        ports.store.journal.put_protection(row)


def _side(epoch: Epoch, hedge: bool) -> PositionSide:
    if not hedge:
        return PositionSide.BOTH
    return PositionSide.LONG if epoch.quantity > 0 else PositionSide.SHORT
