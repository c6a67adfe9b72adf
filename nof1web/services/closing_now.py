"""Closing a holding at once whose stop can't rest: the price is beyond it, or the exchange refuses it (DESIGN §5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core import protection as rules
from nof1web.core.exits import LOOK_AGAIN, exit_retry_at, one_order
from nof1web.core.records import Epoch, EpochState, Event, OrderKind, Severity
from nof1web.core.rounding import plain
from nof1web.core.snapshot import PlannedOrder, Snapshot, TrackerView
from nof1web.errors import N_, Text
from nof1web.services.loading import hedge_mode
from nof1web.services.ports import AccountPorts
from nof1web.services.sending import send
from nof1web.services.sent_again import only_once


def close_breached(
    ports: AccountPorts, snapshot: Snapshot, subject: tuple[TrackerView, Epoch], leg: rules.Wanted
) -> datetime | None:
    """The price already is beyond the stop or target: close now; return when to look again (DESIGN §5 Protection)."""
    numbers = {"symbol": subject[1].symbol, "trigger": plain(leg.trigger)}
    text = Text(N_("%(symbol)s is closed now: the price already is beyond %(trigger)s."), numbers)
    told = {"reason": f"{leg.leg}_breached", "trigger": plain(leg.trigger)}
    return _close_now(ports, snapshot, subject, _Reason("breached", text, told))


def close_unprotected(
    ports: AccountPorts, snapshot: Snapshot, subject: tuple[TrackerView, Epoch], leg: rules.Wanted
) -> datetime | None:
    """The stop can't be placed and the tracker wants no holding without: close now; return when to look again."""
    text = Text(N_("%(symbol)s is closed now: its stop could not be placed."), {"symbol": subject[1].symbol})
    told = {"reason": "unprotected", "trigger": plain(leg.trigger)}
    return _close_now(ports, snapshot, subject, _Reason("closed_unprotected", text, told))


@dataclass(frozen=True, slots=True)
class _Reason:
    """Why a holding is closed at once: the event it is told with, and the order's explanation."""

    kind: str
    text: Text
    explanation: Mapping[str, str]


def _close_now(
    ports: AccountPorts, snapshot: Snapshot, subject: tuple[TrackerView, Epoch], reason: _Reason
) -> datetime | None:
    view, epoch = subject
    again_at = exit_retry_at(view, epoch)
    if epoch.symbol in snapshot.pending or (again_at is not None and again_at > snapshot.now):
        # An exit may be under way already, or was just refused: first its answer, then another order.
        return max(again_at or snapshot.now, snapshot.now + timedelta(seconds=1))
    most = snapshot.most_to_close(epoch)
    if not one_order(snapshot, epoch.symbol, most):
        return snapshot.now + LOOK_AGAIN
    order = PlannedOrder(
        view.tracker.id,
        epoch.symbol,
        epoch.epoch,
        OrderKind.CLOSE,
        one_order(snapshot, epoch.symbol, most.copy_sign(-epoch.quantity)),
        snapshot.marks.get(epoch.symbol) or epoch.entry_price or epoch.reference_entry,
        epoch.leverage,
        agent_quantity=Decimal(0),
        agent_entry=epoch.reference_entry,
        shadow=False,
        explanation=reason.explanation,
    )
    _end_epoch(ports, view, epoch, reason)
    send(ports, only_once(ports, snapshot, order), hedge=hedge_mode(ports))
    return ports.clock() + timedelta(seconds=1)


def _end_epoch(ports: AccountPorts, view: TrackerView, epoch: Epoch, reason: _Reason) -> None:
    """Stop an epoch before its close leaves, and tell it: whatever becomes of the order, nothing is bought back.

    Its cooldown starts now, also when a part is left. A further order for the same reason is not told again.
    """
    store, tracker_id = ports.store, view.tracker.id
    last = view.tries.get((epoch.symbol, epoch.epoch))
    told = last is not None and last.explanation.get("reason") == reason.explanation["reason"]
    event = Event(
        reason.kind, reason.text, ports.clock(), Severity.WARNING, ports.credential_id, tracker_id, epoch.symbol
    )
    with store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        now = store.trackers.epoch(tracker_id, epoch.symbol, epoch.epoch)
        if now is not None:
            ended_at = now.closed_at or ports.clock()
            store.trackers.put_epoch(replace(now, state=EpochState.STOPPED, closed_at=ended_at))
        if not told:
            store.chronicle.add_event(event)
    ports.bus.publish(ports.user_id, store.chronicle.last_event_id())
