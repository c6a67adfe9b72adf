"""What a plan does to epochs in memory, by the rules services/sending.py and services/changing.py apply."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nof1web.core import filling
from nof1web.core.records import Epoch, Intent, IntentStatus
from nof1web.core.snapshot import ZERO, EpochChange, PlannedOrder

Epochs = dict[tuple[str, str], Epoch]
_DEADLINE = timedelta(seconds=5)
"""recvWindow (binance.md §2)"""
_MICRO = timedelta(microseconds=1)


def numbered(at: datetime) -> int:
    """Return the place of a moment among orders and readings: this clock is never put right."""
    return (at - datetime.min.replace(tzinfo=UTC)) // _MICRO


def change(epochs: Epochs, change: EpochChange, now: datetime) -> None:
    """Record a change that needs no order: ignored, missed, taken over, ended, ratio set anew."""
    key, old = (change.symbol, change.epoch), epochs.get((change.symbol, change.takes_over))
    if old is not None and old.quantity:
        epochs[change.symbol, change.takes_over] = filling.handed_over(old, now)
    else:
        old = None
    epochs[key] = filling.changed(epochs.pop(key, None), change, old, now)


def write(epochs: Epochs, last: Intent | None, order: PlannedOrder, now: datetime) -> Intent:
    """Journal one order, the newest intent of its epoch being `last`; return its intent, nothing known of it yet."""
    key = (order.symbol, order.epoch)
    known = epochs.get(key)
    if known is not None and known.shadow != order.shadow:
        assert not known.quantity, "held in the other mode"
        known = None
    epoch = epochs[key] = filling.prepared(known or filling.begun(order, now), order)
    attempt = last.attempt + 1 if last is not None and last.step == epoch.step else 0
    return Intent(
        order.tracker_id,
        order.symbol,
        order.epoch,
        epoch.step,
        attempt,
        f"{order.tracker_id}-{order.symbol}-{order.epoch}-{epoch.step}-{attempt}",
        "c1",
        order.kind,
        order.side,
        order.quantity,
        order.agent_quantity,
        order.agent_entry,
        order.leverage,
        order.mark,
        order.shadow,
        IntentStatus.WRITTEN,
        now,
        int(now.timestamp() * 1000),
        now + _DEADLINE,
        limit=order.limit,
        explanation=order.explanation,
        written_no=numbered(now),
    )


def settle(epochs: Epochs, intent: Intent, executed: Decimal | None, now: datetime) -> Intent:
    """Return an intent of which `executed` (unsigned) filled at its mark, its epoch moved; None: it never arrived."""
    made = executed or ZERO
    status = IntentStatus.FILLED if made >= intent.quantity else IntentStatus.PARTIAL
    if not made:
        status = IntentStatus.ABSENT if executed is None else IntentStatus.EMPTY
    settled = replace(intent, status=status, executed=made, price=intent.mark, settled_at=now, settled_no=numbered(now))
    if made:
        key = (intent.symbol, intent.epoch)
        epochs[key] = filling.filled(epochs[key], settled, now)
    return settled
