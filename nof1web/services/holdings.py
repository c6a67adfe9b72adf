"""What a tracker holds or may still get, and the changes that must wait until it is flat (DESIGN §5, states table)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from nof1web.core.records import EpochState, Tracker
from nof1web.core.settings import TrackerSettings
from nof1web.errors import N_, Refused
from nof1web.services.stores import TenantStore


def require_flat(store: TenantStore, tracker: Tracker, before: TrackerSettings, after: TrackerSettings) -> bool:
    """Refuse a change of mode or direction while the tracker holds something or an order is unresolved.

    Returns whether there is such a change; what was only simulated doesn't stand in its way (`end_simulated`).
    """
    turned, switched = before.reverse is not after.reverse, before.mode is not after.mode
    if (turned or switched) and _occupied(store, tracker.credential_id, tracker.id):
        if turned:
            # The holding would be on the wrong side of a signal turned around: the next cycle would close it.
            raise Refused(
                N_(
                    "%(name)s still holds positions or waits for an order, and turning reverse on or off would close "
                    "them at the next cycle: flatten or release them first."
                ),
                name=tracker.name,
            )
        raise Refused(N_("%(name)s still holds positions: flatten or release them first."), name=tracker.name)
    if switched:
        require_nothing_open(store, tracker.credential_id, tracker.name, tracker_id=tracker.id)
    return turned or switched


def require_nothing_open(store: TenantStore, credential_id: str, name: str, *, tracker_id: str = "") -> None:
    """Refuse while a credential, or one tracker of it, holds something, waits for an order, or has a leg that may rest.

    `name` is what the sentence calls it. Joins the caller's transaction.
    """
    if _occupied(store, credential_id, tracker_id):
        raise Refused(
            N_("%(name)s still holds positions or waits for an order: flatten or release them first."), name=name
        )
    if _rests(store, credential_id, tracker_id):
        raise Refused(
            N_("A stop or target of %(name)s may still rest on the exchange: flatten first, which cancels it."),
            name=name,
        )


def leaves_something(store: TenantStore, credential_id: str) -> bool:
    """Whether a credential holds something, waits for an order, or has a stop or target that may rest."""
    return _occupied(store, credential_id) or _rests(store, credential_id)


def end_simulated(store: TenantStore, trackers: Iterable[Tracker], at: datetime) -> None:
    """End simulated holdings with what they were simulated for: no order must ever be booked into them."""
    ids = {tracker.id: tracker.credential_id for tracker in trackers}
    for credential_id in sorted(set(ids.values())):
        for epoch in store.trackers.epochs(credential_id):
            if epoch.tracker_id in ids and epoch.shadow:
                ended = replace(
                    epoch, quantity=Decimal(0), allocation=Decimal(0), state=EpochState.CLOSED, closed_at=at
                )
                store.trackers.put_epoch(ended)


def _occupied(store: TenantStore, credential_id: str, tracker_id: str = "") -> bool:
    epochs, unresolved = store.trackers.epochs(credential_id), store.journal.unresolved(credential_id)
    held = any(each.quantity and not each.shadow and tracker_id in ("", each.tracker_id) for each in epochs)
    return held or any(not each.shadow and tracker_id in ("", each.tracker_id) for each in unresolved)


def _rests(store: TenantStore, credential_id: str, tracker_id: str = "") -> bool:
    return any(tracker_id in ("", each.tracker_id) for each in store.journal.protections(credential_id))
