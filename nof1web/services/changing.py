"""Recording what a plan changes without an order (DESIGN §5 rules 3 to 5)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from nof1web.core.records import Epoch, EpochState
from nof1web.core.snapshot import EpochChange
from nof1web.services.ports import AccountPorts


def record_change(ports: AccountPorts, change: EpochChange) -> None:
    """Record a change of an epoch that needs no order: ignored, missed, taken over, ratio set anew."""
    store, now = ports.store, ports.clock()
    position = change.position
    with store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        known = store.trackers.epoch(change.tracker_id, change.symbol, change.epoch)
        if known is not None and known.shadow != change.shadow and not known.quantity:
            known = None
        epoch = known or Epoch(
            change.tracker_id,
            change.symbol,
            change.epoch,
            change.state,
            Decimal(0),
            None,
            change.ratio,
            change.leverage,
            position.quantity,
            position.entry_price,
            0,
            change.allocation,
            change.shadow,
            now,
            agent_leverage=position.leverage,
        )
        if change.ratio is not None:
            epoch = replace(
                epoch, ratio=change.ratio, reference_quantity=position.quantity, reference_entry=position.entry_price
            )
        if change.takes_over:
            epoch = _take_over(ports, change, epoch)
        ended = change.state in (EpochState.MISSED, EpochState.IGNORED, EpochState.CLOSED)
        store.trackers.put_epoch(
            replace(
                epoch,
                state=change.state,
                closed_at=now if ended and not epoch.quantity else epoch.closed_at,
                allocation=Decimal(0) if ended and not epoch.quantity else epoch.allocation,
            )
        )


def _take_over(ports: AccountPorts, change: EpochChange, epoch: Epoch) -> Epoch:
    """Move a holding from the epoch it was opened in to the agent's new one (rule 5, rebalance)."""
    old = ports.store.trackers.epoch(change.tracker_id, change.symbol, change.takes_over)
    if old is None or not old.quantity:
        return epoch
    ports.store.trackers.put_epoch(
        replace(old, quantity=Decimal(0), allocation=Decimal(0), state=EpochState.CLOSED, closed_at=ports.clock())
    )
    return replace(epoch, quantity=epoch.quantity + old.quantity, entry_price=old.entry_price, leverage=old.leverage)
