"""Keeping each holding's stop and target on the exchange (DESIGN §5 Protection)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from nof1web.core import protection as rules
from nof1web.core.records import Epoch, Protection, ProtectionStatus
from nof1web.core.snapshot import Snapshot, TrackerView
from nof1web.errors import ExchangeError, Refused
from nof1web.services.beside import fired_before, fired_meanwhile, looked_at
from nof1web.services.closing_now import close_breached, close_unprotected
from nof1web.services.covering import note_cover
from nof1web.services.loading import credential_of, load
from nof1web.services.placing import (
    GONE,
    RETRY,
    Ending,
    cancel,
    due_at,
    end,
    failed_lately,
    given_up,
    place,
    put,
    refusals,
    young,
)
from nof1web.services.ports import AccountPorts

_Subject = tuple[TrackerView, Epoch]
"""a holding with its tracker"""


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
    ports: AccountPorts, snapshot: Snapshot, subject: _Subject, mine: tuple[Protection, ...]
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
    beside = any((share > 0) == (epoch.quantity > 0) for share in snapshot.shares(epoch.symbol))
    # Those of a replaced epoch too: beside a foreign share no leg may rest on top of another.
    old = [*todo.cancel, *(each for each in _left_over(ports) if beside and each.symbol == epoch.symbol)]
    waits: list[datetime] = []
    for leg in todo.place:
        if mark is not None and rules.breached(leg, mark):
            return _close(ports, snapshot, subject, leg)
        if given_up(view, leg.leg, mine):
            return _close(ports, snapshot, subject, leg, unprotected=True)
        failed = failed_lately(mine, leg.leg)
        due = due_at(failed, leg, ports.clock())
        if due is not None and due > ports.clock():
            waits.append(due)
        elif beside and fired_before(ports, epoch.symbol):
            return ports.clock() + RETRY
        elif (beside and not _gone(ports, old, leg)) or not place(ports, view, epoch, leg, refused=refusals(failed)):
            waits.append(ports.clock() + RETRY)
    if not waits:
        # Else the old leg goes only once its successor rests: the holding is never bare in between.
        waits = [ports.clock() + RETRY for each in old if not cancel(ports, each)]
    return min(waits, default=None)


def _gone(ports: AccountPorts, old: list[Protection], leg: rules.Wanted) -> bool:
    """Cancel what a leg replaces, and take it off `old`; whether all of it is gone, and nothing of it fired.

    Beside a foreign share both would fire, and close what isn't the holding's (DESIGN §5 Protection); and so would a
    leg for a holding that the old one has closed already.
    """
    replaced = [each for each in old if (each.leg, each.side) == (leg.leg, leg.side)]
    endings = [end(ports, each) for each in replaced]
    gone = [each for each, ending in zip(replaced, endings, strict=True) if ending is Ending.CANCELLED]
    old[:] = [each for each in old if each not in gone]
    if Ending.OVER in endings:
        # The sync finds out what it did: until then nobody knows what there is to protect.
        ports.queue.sync(ports.user_id, ports.credential_id)
    return gone == replaced


def _close(
    ports: AccountPorts, snapshot: Snapshot, subject: _Subject, leg: rules.Wanted, *, unprotected: bool = False
) -> datetime | None:
    try:
        symbol = subject[1].symbol
        if looked_at(ports, snapshot, {symbol}):
            snapshot = load(ports, credential_of(ports), idle=True)
        found = _again(snapshot, subject)
        if found is None or fired_meanwhile(ports, snapshot, symbol, exits=True):
            # Its own stop or target has closed it already.
            return ports.clock() + RETRY
        return (close_unprotected if unprotected else close_breached)(ports, snapshot, found, leg)
    except (ExchangeError, Refused):
        # Recorded where it happened; the other holdings' legs are not kept waiting for it.
        return ports.clock() + RETRY


def _again(snapshot: Snapshot, subject: _Subject) -> _Subject | None:
    """Return a holding as a newer snapshot has it, None when nothing of it is left."""
    view = next((each for each in snapshot.trackers if each.tracker.id == subject[0].tracker.id), None)
    epoch = view.epoch(subject[1].symbol, subject[1].epoch) if view is not None else None
    return (view, epoch) if view is not None and epoch is not None and epoch.quantity else None


def remove_left_over(ports: AccountPorts, bare: Collection[str] = ()) -> datetime | None:
    """Cancel legs whose epoch holds nothing any more, whatever became of their tracker; return when to try again.

    Those in `bare` symbols stay: what replaces them does not rest yet.
    """
    left = [each for each in _left_over(ports) if each.symbol not in bare and not cancel(ports, each)]
    return ports.clock() + RETRY if left else None


def held_symbols(ports: AccountPorts) -> frozenset[str]:
    """Return the symbols in which any tracker, stopped ones too, holds something on the exchange."""
    epochs = ports.store.trackers.epochs(ports.credential_id)
    return frozenset(each.symbol for each in epochs if each.quantity and not each.shadow)


def _left_over(ports: AccountPorts) -> tuple[Protection, ...]:
    """Return the resting legs whose epoch holds nothing any more."""

    def over(leg: Protection) -> bool:
        epoch = ports.store.trackers.epoch(leg.tracker_id, leg.symbol, leg.epoch)
        return leg.status is ProtectionStatus.RESTING and (epoch is None or not epoch.quantity)

    return tuple(filter(over, ports.store.journal.protections(ports.credential_id)))


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
        if report is None and young(ports, each):
            # It may still be accepted: another one placed now could rest beside it.
            again_at = ports.clock() + RETRY
        elif report is None:
            put(ports, replace(each, status=ProtectionStatus.FAILED))
        elif report.status in GONE:
            put(ports, replace(each, status=ProtectionStatus.CANCELLED))
        else:
            # After a restored backup its id may be that of an older leg: what rests is what the exchange says.
            resting = ProtectionStatus.RESTING
            put(ports, replace(each, status=resting, quantity=report.quantity, trigger=report.trigger))
            if not report.status.resting:
                # It fired: the sync finds out what it did.
                ports.queue.sync(ports.user_id, ports.credential_id)
    return again_at
