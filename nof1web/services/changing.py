"""Recording what a plan changes without an order (DESIGN §5 rules 3 to 5)."""

from __future__ import annotations

from nof1web.core import filling
from nof1web.core.snapshot import EpochChange
from nof1web.services.ports import AccountPorts


def record_change(ports: AccountPorts, change: EpochChange) -> None:
    """Record a change of an epoch that needs no order: ignored, missed, taken over, ratio set anew."""
    trackers, now = ports.store.trackers, ports.clock()
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        known = trackers.epoch(change.tracker_id, change.symbol, change.epoch)
        old = trackers.epoch(change.tracker_id, change.symbol, change.takes_over) if change.takes_over else None
        if old is not None and old.quantity:
            trackers.put_epoch(filling.handed_over(old, now))
        else:
            old = None
        trackers.put_epoch(filling.changed(known, change, old, now))
