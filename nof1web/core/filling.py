"""What becomes of an epoch: when its order is journaled, when that order fills, when a plan changes it without one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from nof1web.core.planned import EpochChange, PlannedOrder
from nof1web.core.records import Epoch, EpochState, Intent, IntentStatus, OrderKind
from nof1web.core.snapshot import ZERO
from nof1web.core.trading import Side

_ENDED = (EpochState.MISSED, EpochState.IGNORED, EpochState.CLOSED, EpochState.ROUNDED)


def begun(order: PlannedOrder, now: datetime) -> Epoch:
    """Return the epoch of a first order, before anything is filled."""
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


def prepared(epoch: Epoch, order: PlannedOrder) -> Epoch:
    """Return the epoch as it stands while its order is under way; a first order's ratio may be new on a retry."""
    if order.kind is OrderKind.OPEN and not epoch.quantity:
        opened = replace(epoch, ratio=order.ratio, leverage=order.leverage, agent_leverage=order.agent_leverage)
        return replace(opened, allocation=order.allocation)
    if order.kind is OrderKind.INCREASE:
        return replace(epoch, allocation=max(epoch.allocation, order.allocation))
    return epoch


def filled(epoch: Epoch, intent: Intent, now: datetime) -> Epoch:
    """Return the epoch after a settled intent's executed quantity: size, entry price, reference, step, allocation."""
    signed = intent.executed if intent.side is Side.BUY else -intent.executed
    quantity = epoch.quantity + signed
    price = intent.price or intent.mark
    entry, allocation = epoch.entry_price, epoch.allocation
    if not intent.kind.exits:
        entry = (epoch.quantity * (entry or price) + signed * price) / quantity if quantity else price
    elif epoch.quantity:
        # Nothing is added to what an exit left: an increase that never filled has nothing set aside any more.
        part = allocation * abs(quantity / epoch.quantity)
        allocation = of_holding(replace(epoch, quantity=quantity, allocation=part))
    state: EpochState = EpochState.LIVE if epoch.state is EpochState.PENDING else epoch.state
    if not epoch.quantity and not intent.kind.exits:
        # What an earlier stay in the same epoch left behind tells nothing of this one.
        closed_at = epoch.closed_at if epoch.state.cools else None
        epoch = replace(epoch, opened_at=intent.created_at, closed_at=closed_at, reference_quantity=ZERO)
    complete, gone = intent.status is IntentStatus.FILLED, not quantity and intent.kind.exits
    # What is rounded away leaves the reference at what the agent had while something was held (see over.again).
    refers = complete and not (gone and epoch.reference_quantity)
    epoch = replace(_referred(epoch, intent) if refers else epoch, step=epoch.step + complete)
    if gone:
        over = EpochState.ROUNDED if intent.agent_quantity else EpochState.CLOSED
        epoch, state = replace(epoch, closed_at=now), over if state is EpochState.LIVE else state
    return replace(epoch, quantity=quantity, entry_price=entry, allocation=allocation, state=state)


def _referred(epoch: Epoch, intent: Intent) -> Epoch:
    """Return the epoch with the agent's quantity and entry that a filled order carried out, unless a rest follows."""
    if not intent.agent_quantity or "rest" in intent.explanation:
        return epoch
    return replace(epoch, reference_quantity=intent.agent_quantity, reference_entry=intent.agent_entry)


def changed(known: Epoch | None, change: EpochChange, old: Epoch | None, now: datetime) -> Epoch:
    """Return the epoch after a change that needs no order: ignored, missed, taken over, ended, ratio set anew.

    `known` is what was recorded of it, None when nothing was; `old` the epoch whose holding it takes over.
    """
    position = change.position
    if known is not None and known.shadow != change.shadow and not known.quantity:
        known = None
    epoch = known or _recorded(change, now)
    if change.ratio is not None or change.state is EpochState.ROUNDED:
        epoch = replace(epoch, reference_quantity=position.quantity, reference_entry=position.entry_price)
    if change.ratio is not None:
        epoch = replace(epoch, ratio=change.ratio, allocation=of_holding(epoch))
    elif change.allocation and epoch.quantity:
        epoch = replace(epoch, allocation=min(epoch.allocation, change.allocation))
    if old is not None:
        quantity = epoch.quantity + old.quantity
        epoch = replace(epoch, quantity=quantity, entry_price=old.entry_price, leverage=old.leverage)
        epoch = replace(epoch, allocation=change.allocation)
        # The holding is as old as it was: its lifetime goes on, and so does the search for what made it smaller.
        epoch = replace(epoch, opened_at=old.opened_at)
    if change.state.enters and not epoch.state.cools:
        # Begun anew: when it was over before tells nothing of this stay.
        epoch = replace(epoch, closed_at=None)
    if change.leaves:
        epoch = replace(epoch, quantity=ZERO, allocation=ZERO, closed_at=epoch.closed_at or now)
    over = change.state in _ENDED and not epoch.quantity
    closed_at, allocation = (now, ZERO) if over else (epoch.closed_at, epoch.allocation)
    return replace(epoch, state=change.state, closed_at=closed_at, allocation=allocation)


def of_holding(epoch: Epoch) -> Decimal:
    """Return what an epoch needs to set aside (USDT) once no more is added: the margin of what it holds."""
    if not epoch.quantity or not epoch.entry_price:
        return epoch.allocation
    return min(epoch.allocation, abs(epoch.quantity) * epoch.entry_price / epoch.leverage)


def handed_over(old: Epoch, now: datetime) -> Epoch:
    """Return an epoch whose holding another one took over (rule 5, rebalance); its cooldown goes on."""
    if old.state.cools:
        return replace(old, quantity=ZERO, allocation=ZERO, closed_at=old.closed_at or now)
    return replace(old, quantity=ZERO, allocation=ZERO, state=EpochState.CLOSED, closed_at=now)


def _recorded(change: EpochChange, now: datetime) -> Epoch:
    position = change.position
    return Epoch(
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
