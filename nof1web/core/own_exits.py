"""Exits the tracker decides itself, whatever the agent does: profit target and lifetime (DESIGN §5 rule 6)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from nof1web.core.exits import close, stub
from nof1web.core.records import Epoch, EpochState, Watch
from nof1web.core.refusals import Code
from nof1web.core.snapshot import ZERO, Draft, EpochChange, Snapshot, TrackerView


def close_own(draft: Draft, snapshot: Snapshot, view: TrackerView) -> frozenset[str]:
    """Plan the closes that need no signal; return the symbols for which nothing else is to be decided."""
    ended: set[str] = set()
    for epoch in view.epochs:
        if not epoch.quantity:
            continue
        state, code = _ending(draft, snapshot, view, epoch)
        if state is None:
            continue
        ended.add(epoch.symbol)
        close(draft, snapshot, view, epoch, code)
        if state is not epoch.state:
            draft.changes.append(
                EpochChange(view.tracker.id, epoch.symbol, epoch.epoch, state, stub(epoch), epoch.shadow)
            )
    return frozenset(ended)


def price_at(epoch: Epoch, share: Decimal) -> Decimal | None:
    """Return the price at which a holding has earned `share` % of its margin (negative: lost it), None when unknown."""
    if not epoch.entry_price or not epoch.quantity:
        return None
    way = share / 100 / epoch.leverage * (1 if epoch.quantity > 0 else -1)
    return max(epoch.entry_price * (1 + way), ZERO)


def _ending(draft: Draft, snapshot: Snapshot, view: TrackerView, epoch: Epoch) -> tuple[EpochState | None, Code]:
    """Return the state a holding ends in now and why; None while it may go on."""
    if epoch.state.closes:
        return epoch.state, Code.PROFIT_TARGET if epoch.state is EpochState.TOOK_PROFIT else Code.LIFETIME_OVER
    lifetime, target = view.settings.lifetime, view.settings.profit_target
    if lifetime is not None:
        ends_at = epoch.opened_at + timedelta(seconds=int(lifetime * 3600))
        if snapshot.now >= ends_at:
            return EpochState.EXPIRED, Code.LIFETIME_OVER
        draft.wake(ends_at)
    price = None if target is None else price_at(epoch, target)
    mark = snapshot.marks.get(epoch.symbol)
    if price is not None and mark is not None:
        long = epoch.quantity > 0
        if mark >= price if long else mark <= price:
            # What a person or the exchange has ended stays so: only a running epoch may be entered again later.
            return EpochState.TOOK_PROFIT if epoch.state.enters else epoch.state, Code.PROFIT_TARGET
        draft.watches.append(Watch(epoch.symbol, price, above=long))
    return None, Code.CLOSED
