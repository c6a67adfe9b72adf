"""Recording what a plan changes without an order (DESIGN §5 rules 3 to 5)."""

from __future__ import annotations

from nof1web.core import filling
from nof1web.core.records import Epoch, Severity
from nof1web.core.rounding import plain
from nof1web.core.snapshot import EpochChange
from nof1web.errors import N_, Text
from nof1web.services.ports import AccountPorts
from nof1web.services.telling import tell


def record_change(ports: AccountPorts, change: EpochChange) -> None:
    """Record a change of an epoch that needs no order: ignored, missed, taken over, ratio set anew, left; tell what is
    left to the account.
    """
    trackers, now = ports.store.trackers, ports.clock()
    known: Epoch | None = None
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        known = trackers.epoch(change.tracker_id, change.symbol, change.epoch)
        old = trackers.epoch(change.tracker_id, change.symbol, change.takes_over) if change.takes_over else None
        if old is not None and old.quantity:
            trackers.put_epoch(filling.handed_over(old, now))
        else:
            old = None
        trackers.put_epoch(filling.changed(known, change, old, now))
    if change.leaves and known is not None and known.quantity and not known.shadow:
        word = N_(
            "%(quantity)s %(symbol)s are left, less than any order takes. They stay on your account: close them on the "
            "exchange."
        )
        text = Text(word, {"quantity": plain(abs(known.quantity)), "symbol": change.symbol})
        tell(ports, "dust_left", text, severity=Severity.WARNING, tracker_id=change.tracker_id, symbol=change.symbol)
