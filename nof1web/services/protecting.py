"""Keeping each holding's stop and target on the exchange (DESIGN §5 Protection)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from nof1web.core import protection as rules
from nof1web.core.records import Epoch, Protection, ProtectionStatus
from nof1web.core.snapshot import Snapshot, TrackerView
from nof1web.errors import ExchangeError, Refused
from nof1web.services.covering import note_cover
from nof1web.services.placing import (
    RETRY,
    cancel,
    close_breached,
    close_unprotected,
    due_at,
    failed_lately,
    given_up,
    place,
    put,
    refusals,
)
from nof1web.services.ports import AccountPorts

_DEADLINE = timedelta(seconds=7)
"""recvWindow and skew: after that the exchange can't accept it any more (binance.md §2)"""


def protect(ports: AccountPorts, snapshot: Snapshot) -> datetime | None:
    """Place, replace and remove stops and targets; return when to try again what could not be done now.

    Holdings come first: what they replace goes only once their own legs rest.
    """
    wakes = [_resolve_written(ports)]
    note_cover(ports, snapshot, changes_only=True)
    bare: set[str] = set()
    for view in snapshot.trackers:
        for epoch in view.epochs:
            if epoch.quantity and not epoch.shadow:
                mine = ports.store.journal.protections_of(view.tracker.id, epoch.symbol, epoch.epoch)
                again_at = _protect_holding(ports, snapshot, (view, epoch), mine)
                if again_at is not None:
                    bare.add(epoch.symbol)
                wakes.append(again_at)
    wakes.append(remove_left_over(ports, bare))
    note_cover(ports, snapshot)
    return min((at for at in wakes if at is not None), default=None)


def _protect_holding(
    ports: AccountPorts, snapshot: Snapshot, subject: tuple[TrackerView, Epoch], mine: tuple[Protection, ...]
) -> datetime | None:
    """Bring one holding's legs to what is wanted; return when to go on, None when all rest."""
    view, epoch = subject
    instrument = snapshot.instruments.get(epoch.symbol)
    present = tuple(each for each in mine if each.status.open)
    if instrument is None or any(each.status is ProtectionStatus.WRITTEN for each in present):
        return ports.clock() + RETRY
    position = view.shown(epoch.symbol)
    todo = rules.steps(rules.wanted(epoch, position, view.settings, instrument, present), present)
    mark = snapshot.marks.get(epoch.symbol)
    waits: list[datetime] = []
    for leg in todo.place:
        if mark is not None and rules.breached(leg, mark):
            return _close(ports, snapshot, subject, leg)
        if given_up(view, leg.leg, mine):
            return _close(ports, snapshot, subject, leg, unprotected=True)
        failed = failed_lately(mine, leg.leg)
        due = due_at(failed, leg)
        if due is not None and due > ports.clock():
            waits.append(due)
        elif not place(ports, view, epoch, leg, refused=refusals(failed)):
            waits.append(ports.clock() + RETRY)
    if not waits:
        # The old leg goes only once its successor rests: the holding is never bare in between.
        waits = [ports.clock() + RETRY for old in todo.cancel if not cancel(ports, old)]
    return min(waits, default=None)


def _close(
    ports: AccountPorts,
    snapshot: Snapshot,
    subject: tuple[TrackerView, Epoch],
    leg: rules.Wanted,
    *,
    unprotected: bool = False,
) -> datetime | None:
    try:
        return (close_unprotected if unprotected else close_breached)(ports, snapshot, subject, leg)
    except (ExchangeError, Refused):
        # Recorded where it happened; the other holdings' legs are not kept waiting for it.
        return ports.clock() + RETRY


def remove_left_over(ports: AccountPorts, bare: Collection[str] = ()) -> datetime | None:
    """Cancel legs whose epoch holds nothing any more, whatever became of their tracker; return when to try again.

    Those in `bare` symbols stay: what replaces them does not rest yet.
    """
    left = False
    for each in ports.store.journal.protections(ports.credential_id):
        epoch = ports.store.trackers.epoch(each.tracker_id, each.symbol, each.epoch)
        over = epoch is None or not epoch.quantity
        if over and each.status is ProtectionStatus.RESTING and each.symbol not in bare:
            left = not cancel(ports, each) or left
    return ports.clock() + RETRY if left else None


def _resolve_written(ports: AccountPorts) -> datetime | None:
    """A leg whose answer never came is looked up by its id before anything else is placed."""
    again_at: datetime | None = None
    for each in ports.store.journal.protections(ports.credential_id):
        if each.status is not ProtectionStatus.WRITTEN:
            continue
        try:
            report = ports.exchange.protection(each.client_algo_id)
        except ExchangeError:
            again_at = ports.clock() + RETRY
            continue
        if report is None and ports.clock() - each.created_at < _DEADLINE:
            # It may still be accepted: another one placed now could rest beside it.
            again_at = ports.clock() + RETRY
        elif report is None:
            put(ports, replace(each, status=ProtectionStatus.FAILED))
        else:
            resting = report.status.resting
            put(ports, replace(each, status=ProtectionStatus.RESTING if resting else ProtectionStatus.CANCELLED))
    return again_at
