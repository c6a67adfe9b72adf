"""Recording for how much of the time each tracker's holdings had their stop on the exchange."""

from __future__ import annotations

from collections.abc import Sequence

from nof1web.core import protection as rules
from nof1web.core.covering import Cover, sampled
from nof1web.core.records import Epoch, Protection, ProtectionStatus
from nof1web.core.rounding import floor_to_step
from nof1web.core.snapshot import Snapshot, TrackerView
from nof1web.core.trading import Leg
from nof1web.services.ports import AccountPorts


def note_cover(ports: AccountPorts, snapshot: Snapshot, *, changes_only: bool = False) -> None:
    """Look at what is held and protected now; with `changes_only` what is as it was before is not written again."""
    resting = ports.store.journal.protections(ports.credential_id)
    seen = {view.tracker.id: _counted(snapshot, view, resting) for view in snapshot.trackers}
    covers = []
    for tracker_id, (held, covered) in seen.items():
        before = ports.store.covers.get(tracker_id) or Cover(tracker_id, ports.clock())
        same = (held, covered) == (before.held, before.covered)
        if not (same and (changes_only or not held)):
            covers.append(sampled(before, ports.clock(), held=held, covered=covered))
    if covers:
        with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
            for cover in covers:
                ports.store.covers.put(cover)


def _counted(snapshot: Snapshot, view: TrackerView, resting: Sequence[Protection]) -> tuple[int, int]:
    """Return how many holdings want a stop, and how many of them have one acknowledged over their whole size."""
    held = covered = 0
    for epoch in view.epochs:
        if epoch.quantity and not epoch.shadow:
            key = (view.tracker.id, epoch.symbol, epoch.epoch)
            mine = tuple(each for each in resting if (each.tracker_id, each.symbol, each.epoch) == key)
            wants, has = _stop(snapshot, view, epoch, mine)
            held, covered = held + wants, covered + (wants and has)
    return held, covered


def _stop(
    snapshot: Snapshot, view: TrackerView, epoch: Epoch, present: tuple[Protection, ...]
) -> tuple[bool, bool]:
    instrument = snapshot.instruments.get(epoch.symbol)
    resting = [each for each in present if each.leg is Leg.STOP and each.status is ProtectionStatus.RESTING]
    if instrument is None:
        return bool(resting), any(each.quantity >= abs(epoch.quantity) for each in resting)
    has = any(each.quantity >= floor_to_step(abs(epoch.quantity), instrument.step) for each in resting)
    legs = rules.wanted(epoch, view.shown(epoch.symbol), view.settings, instrument, present)
    return any(leg.leg is Leg.STOP for leg in legs), has
