"""Taking a tracker away: nothing follows its agent any more, its orders and results stay."""

from __future__ import annotations

from nof1web.core.records import Tracker
from nof1web.errors import N_, Refused
from nof1web.services import trackers
from nof1web.services.following import announce
from nof1web.services.holdings import require_nothing_open
from nof1web.services.ports import Ports
from nof1web.services.removing import require_name
from nof1web.services.stores import TenantStore


def remove(p: Ports, user_id: str, tracker_id: str, *, typed: str) -> Tracker:
    """Forget a tracker; InvalidInput unless its name was typed.

    Refused while it holds positions, waits for an order, is being flattened, or a stop of it may rest.
    """
    tracker = trackers.find(p, user_id, tracker_id)
    require_name(tracker.name, typed)
    with p.tenants(user_id) as store, store.transaction(durable=True):
        _require_flat(store, tracker)
        store.trackers.remove(tracker.id)
        store.chronicle.audit(p.clock(), user_id, "tracker.remove", {"tracker": tracker.name, "agent": tracker.agent})
    announce(p, user_id, tracker.credential_id)
    return tracker


def _require_flat(store: TenantStore, tracker: Tracker) -> None:
    require_nothing_open(store, tracker.credential_id, tracker.name, tracker_id=tracker.id)
    if any(each.tracker_id == tracker.id for each in store.flattens.open(tracker.credential_id)):
        raise Refused(
            N_("%(name)s still holds positions or waits for an order: flatten or release them first."),
            name=tracker.name,
        )
