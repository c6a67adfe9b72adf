"""What may forbid an entry at the last moment: read in the intent's own transaction (DESIGN §5 States)."""

from __future__ import annotations

from datetime import datetime, timedelta

from nof1web.core.snapshot import EntryQuota, PlannedOrder
from nof1web.errors import N_, Refused
from nof1web.services.ports import AccountPorts
from nof1web.services.stores import TenantStore

_HOUR = timedelta(hours=1)


def require_flowing(ports: AccountPorts, order: PlannedOrder) -> None:
    """Refuse an entry while this worker is told to stop, site, user or tracker are halted, its symbol stopped, a
    flatten or reconcile under way, the quota used up.

    To be called inside the transaction that writes the intent, which has begun by now: whatever was committed
    before, in this database or as the site's halt in the registry, is seen.
    """
    store = ports.store
    if ports.lease.ending:
        raise Refused(N_("This worker was told to stop: the entry is decided again by the next one."))
    if store.halts.site_halted():
        raise Refused(N_("The whole site is halted: no entry is sent."))
    if store.halts.user_halted():
        raise Refused(N_("All of your credentials are halted: no entry is sent."))
    tracker = store.trackers.get(order.tracker_id)
    if tracker is None or not tracker.flow.enters:
        raise Refused(N_("The tracker was stopped meanwhile: no entry is sent."))
    if any(each.covers(order.tracker_id, order.symbol) for each in store.flattens.open(ports.credential_id)):
        raise Refused(N_("%(symbol)s is being flattened: no entry is sent."), symbol=order.symbol)
    if order.symbol in store.halts.stopped_symbols(ports.credential_id):
        raise Refused(N_("Entries in %(symbol)s are stopped: no entry is sent."), symbol=order.symbol)
    if not order.shadow and store.halts.reconcile_due(ports.credential_id):
        raise Refused(N_("The account is compared with the exchange first: no entry is sent."))
    quota = None if order.shadow else quota_of(store, ports.clock())
    if quota is not None and len(quota.entered_at) >= quota.most:
        raise Refused(N_("Another account made the last entry that your quota allows within an hour: none is sent."))


def quota_of(store: TenantStore, now: datetime) -> EntryQuota | None:
    """Return how many entries an hour a user may make and when the last hour's were; None where nobody set a quota."""
    most = store.halts.quota().entries_per_hour
    return None if most is None else EntryQuota(most, store.halts.entered_since(now - _HOUR))
