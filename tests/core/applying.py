"""What a plan does to epochs in memory, as services/sending.py and services/changing.py record it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from nof1web.core.records import Epoch, EpochState, Intent, IntentStatus, OrderKind
from nof1web.core.snapshot import ZERO, EpochChange, PlannedOrder

Epochs = dict[tuple[str, str], Epoch]
_ENDED = (EpochState.MISSED, EpochState.IGNORED, EpochState.CLOSED)


def change(epochs: Epochs, change: EpochChange, now: datetime) -> None:
    """Record a change that needs no order: ignored, missed, taken over, ended, ratio set anew."""
    position, key = change.position, (change.symbol, change.epoch)
    epoch = epochs.get(key) or Epoch(
        change.tracker_id,
        change.symbol,
        change.epoch,
        change.state,
        ZERO,
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
        old = epochs[change.symbol, change.takes_over]
        epochs[change.symbol, change.takes_over] = replace(
            old, quantity=ZERO, allocation=ZERO, state=EpochState.CLOSED, closed_at=now
        )
        epoch = replace(
            epoch, quantity=epoch.quantity + old.quantity, entry_price=old.entry_price, leverage=old.leverage
        )
    epochs.pop(key, None)
    over = change.state in _ENDED and not epoch.quantity
    closed_at, allocation = (now, ZERO) if over else (epoch.closed_at, epoch.allocation)
    epochs[key] = replace(epoch, state=change.state, closed_at=closed_at, allocation=allocation)


def execute(
    epochs: Epochs, tries: dict[tuple[str, str], Intent], order: PlannedOrder, executed: Decimal, now: datetime
) -> Intent:
    """Send one order of which `executed` (unsigned) fills at its mark; return its settled intent."""
    key = (order.symbol, order.epoch)
    epoch = _prepared(epochs.get(key) or _new_epoch(order, now), order)
    epochs[key] = epoch
    last = tries.get(key)
    attempt = last.attempt + 1 if last is not None and last.step == epoch.step else 0
    if executed:
        epochs[key] = _moved(epoch, order, executed, now)
    return _intent(order, executed, (epoch.step, attempt), now)


def _new_epoch(order: PlannedOrder, now: datetime) -> Epoch:
    return Epoch(
        order.tracker_id,
        order.symbol,
        order.epoch,
        EpochState.PENDING,
        ZERO,
        None,
        order.ratio,
        order.leverage,
        ZERO,
        order.agent_entry,
        0,
        order.allocation,
        order.shadow,
        now,
        agent_leverage=order.agent_leverage,
    )


def _prepared(epoch: Epoch, order: PlannedOrder) -> Epoch:
    if order.kind is OrderKind.OPEN and not epoch.quantity:
        opened = replace(epoch, ratio=order.ratio, leverage=order.leverage, agent_leverage=order.agent_leverage)
        return replace(opened, allocation=order.allocation)
    if order.kind is OrderKind.INCREASE:
        return replace(epoch, allocation=max(epoch.allocation, order.allocation))
    return epoch


def _moved(epoch: Epoch, order: PlannedOrder, executed: Decimal, now: datetime) -> Epoch:
    signed = executed.copy_sign(order.delta)
    quantity, entry, allocation = epoch.quantity + signed, epoch.entry_price, epoch.allocation
    if not order.kind.exits:
        entry = (epoch.quantity * (entry or order.mark) + signed * order.mark) / quantity if quantity else order.mark
    elif epoch.quantity:
        allocation = allocation * abs(quantity / epoch.quantity)
    state = EpochState.LIVE if epoch.state is EpochState.PENDING else epoch.state
    closed = not quantity and order.kind.exits
    return replace(
        epoch,
        quantity=quantity,
        entry_price=entry,
        allocation=allocation,
        state=EpochState.CLOSED if closed and state is EpochState.LIVE else state,
        closed_at=now if closed else None,
        reference_quantity=order.agent_quantity or epoch.reference_quantity,
        reference_entry=order.agent_entry,
        step=epoch.step + 1 if executed == order.quantity else epoch.step,
    )


def _intent(order: PlannedOrder, executed: Decimal, number: tuple[int, int], now: datetime) -> Intent:
    step, attempt = number
    status = IntentStatus.FILLED if executed == order.quantity else IntentStatus.PARTIAL
    return Intent(
        order.tracker_id,
        order.symbol,
        order.epoch,
        step,
        attempt,
        f"{order.symbol}-{order.epoch}-{step}-{attempt}",
        "c1",
        order.kind,
        order.side,
        order.quantity,
        order.agent_quantity,
        order.agent_entry,
        order.leverage,
        order.mark,
        order.shadow,
        status if executed else IntentStatus.EMPTY,
        now,
        int(now.timestamp() * 1000),
        now,
        limit=order.limit,
        executed=executed,
        price=order.mark,
        settled_at=now,
        explanation=order.explanation,
    )
