"""Following one position of an agent: entering, resizing and renewing an epoch (DESIGN §5 rules 3 to 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from nof1web.core import entries, sizing
from nof1web.core.exits import close, one_order, retry_at
from nof1web.core.records import Epoch, EpochState, IntentStatus, OrderKind
from nof1web.core.refusals import Code
from nof1web.core.rounding import floor_to_step, percent, plain, scaled
from nof1web.core.settings import OnNewEntry
from nof1web.core.signals import SignalPosition
from nof1web.core.snapshot import ZERO, Draft, EpochChange, PlannedOrder, Snapshot, TrackerView, Wish

_SOON = timedelta(seconds=5)
_PASSING = (Code.PRICE_MISSING, Code.NOT_LISTED, Code.ACCOUNT_UNKNOWN)
"""refusals that may be over in a moment, and that no signal or price will announce"""
_ENDED = {
    EpochState.DONE: Code.EPOCH_DONE,
    EpochState.STOPPED: Code.EPOCH_STOPPED,
    EpochState.CLOSED: Code.EPOCH_DONE,
    EpochState.MISSED: Code.MISSED,
    EpochState.IGNORED: Code.EXISTING_IGNORED,
}


def enter(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition) -> None:
    """An epoch in which nothing is held: enter it, wait, or record that it is not to be entered (rule 3)."""
    row = view.epoch(position.symbol, position.epoch)
    if row is not None and not row.state.enters:
        code = _ENDED[row.state]
        draft.say(view.tracker.id, position, "hold", code, window=view.settings.max_signal_age)
        return
    if row is None and entries.existed(view, position) and view.settings.existing.value == "ignore":
        _record(draft, snapshot, view, position, EpochState.IGNORED)
        draft.say(view.tracker.id, position, "refused", Code.EXISTING_IGNORED)
        return
    ends_at = entries.window_ends(view, position)
    if snapshot.now >= ends_at or _ended_by_exchange(view, position):
        _record(draft, snapshot, view, position, EpochState.MISSED)
        draft.say(view.tracker.id, position, "refused", Code.MISSED, window=view.settings.max_signal_age)
        return
    draft.wake(ends_at)
    again_at = None if row is None else retry_at(view, row)
    if again_at is not None and again_at > snapshot.now:
        draft.say(view.tracker.id, position, "hold", Code.RETRY_LATER)
        draft.wake(again_at)
        return
    _wish(draft, snapshot, view, position, None)


def renew(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, held: Epoch) -> None:
    """A new epoch on the side already held (rule 5): take the holding over, or close it first."""
    denied = entries.refuse_symbol(snapshot, view, position)
    if view.settings.on_new_entry is OnNewEntry.REOPEN and denied is None:
        close(draft, snapshot, view, held, Code.FLIP_CLOSES_FIRST)
        return
    ratio = abs(held.quantity / position.quantity)
    change = EpochChange(
        view.tracker.id,
        position.symbol,
        position.epoch,
        EpochState.LIVE,
        position,
        held.shadow,
        takes_over=held.epoch,
        ratio=ratio,
        leverage=held.leverage,
        allocation=held.allocation,
    )
    if denied is None:
        instrument, mark = snapshot.instruments[position.symbol], snapshot.marks[position.symbol]
        wanted = sizing.size(view, position, instrument, mark, held.leverage)
        room = sizing.budget(view, snapshot.account, held.shadow) - sizing.used(view) + held.allocation
        most = max(room, ZERO) * held.leverage / mark
        target = min(abs(wanted.quantity), floor_to_step(most, instrument.step))
        if target * mark >= instrument.min_notional:
            change = replace(change, ratio=target / abs(position.quantity), allocation=target * mark / held.leverage)
    draft.changes.append(change)
    draft.say(view.tracker.id, position, "hold", Code.TAKEN_OVER)


def resize(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, held: Epoch) -> None:
    """The epoch that is held: bring the holding to ratio × the agent's quantity (rule 4)."""
    instrument = snapshot.instruments.get(position.symbol)
    if instrument is None:
        draft.say(view.tracker.id, held, "hold", Code.NOT_LISTED, symbol=held.symbol)
        draft.wake(snapshot.now + _SOON)
        return
    ratio = held.ratio or abs(held.quantity / position.quantity)
    target = floor_to_step(scaled(ratio, position.quantity), instrument.step)
    reference = held.reference_quantity or position.quantity
    change = abs(position.quantity - reference) / abs(reference) * 100
    carried = ZERO < change < view.settings.min_change
    if target == held.quantity:
        draft.say(view.tracker.id, held, "hold", Code.ON_TARGET, quantity=plain(held.quantity))
    elif carried:
        draft.say(view.tracker.id, held, "hold", Code.CHANGE_CARRIED, change=percent(change))
    elif abs(target) < abs(held.quantity):
        _reduce(draft, snapshot, view, (position, target), held)
    elif not held.state.enters:
        draft.say(view.tracker.id, held, "hold", _ENDED[held.state], window=view.settings.max_signal_age)
    else:
        _increase(draft, snapshot, view, (position, target), held)


def _reduce(
    draft: Draft, snapshot: Snapshot, view: TrackerView, goal: tuple[SignalPosition, Decimal], held: Epoch
) -> None:
    """Reductions are never held back: not for notional, price or state (rules 4 and 12)."""
    position, target = goal
    again_at = retry_at(view, held)
    if again_at is not None and again_at > snapshot.now:
        draft.say(view.tracker.id, held, "hold", Code.RETRY_LATER)
        draft.wake(again_at)
        return
    delta = one_order(snapshot, held.symbol, target - held.quantity)
    mark = snapshot.marks.get(held.symbol) or position.entry_price
    draft.orders.append(
        PlannedOrder(
            view.tracker.id,
            held.symbol,
            held.epoch,
            OrderKind.REDUCE if target else OrderKind.CLOSE,
            delta,
            mark,
            held.leverage,
            agent_quantity=position.quantity,
            agent_entry=position.entry_price,
            shadow=held.shadow,
            explanation={
                "agent_quantity": plain(position.quantity),
                "ratio": plain(held.ratio or ZERO),
                "holding": plain(held.quantity),
                "target": plain(target),
            },
        )
    )
    draft.say(view.tracker.id, held, "order", Code.REDUCED, quantity=plain(abs(delta)))


def _increase(
    draft: Draft, snapshot: Snapshot, view: TrackerView, goal: tuple[SignalPosition, Decimal], held: Epoch
) -> None:
    position, target = goal
    ends_at = entries.window_ends(view, position)
    if snapshot.now >= ends_at:
        # Later reductions stay proportional to what is held, not to what was missed.
        ratio = abs(held.quantity / position.quantity)
        draft.changes.append(
            EpochChange(view.tracker.id, held.symbol, held.epoch, held.state, position, held.shadow, ratio=ratio)
        )
        draft.say(view.tracker.id, held, "hold", Code.REFERENCE_MOVED)
        return
    draft.wake(ends_at)
    again_at = retry_at(view, held)
    if again_at is not None and again_at > snapshot.now:
        draft.say(view.tracker.id, held, "hold", Code.RETRY_LATER)
        draft.wake(again_at)
        return
    _wish(draft, snapshot, view, position, (held, target))


def _wish(
    draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, more: tuple[Epoch, Decimal] | None
) -> None:
    """Pass an entry or increase on to the gate, unless price, symbol or account forbid it."""
    refusal = _refusal(snapshot, view, position, more[0] if more else None)
    if refusal is not None:
        draft.say(view.tracker.id, position, "refused", refusal.code, **refusal.numbers)
        if refusal.watch is not None:
            draft.watches.append(refusal.watch)
        if refusal.code in _PASSING:
            draft.wake(snapshot.now + _SOON)
        return
    instrument, mark = snapshot.instruments[position.symbol], snapshot.marks[position.symbol]
    if more is not None:
        held, target = more
        told = {
            "agent_quantity": plain(position.quantity),
            "ratio": plain(held.ratio or ZERO),
            "holding": plain(held.quantity),
            "target": plain(target),
        }
        wish = Wish(view, position, instrument, mark, target, held.quantity, held.leverage, False, explanation=told)
    else:
        wanted = sizing.size(view, position, instrument, mark)
        if not wanted.leverage:
            draft.say(
                view.tracker.id, position, "refused", Code.STOP_BEYOND_LIQUIDATION, stop=plain(position.stop or ZERO)
            )
            return
        wish = Wish(
            view,
            position,
            instrument,
            mark,
            wanted.quantity,
            ZERO,
            wanted.leverage,
            True,
            explanation=wanted.explanation,
        )
    draft.wishes.append(wish)


def _refusal(
    snapshot: Snapshot, view: TrackerView, position: SignalPosition, held: Epoch | None
) -> entries.EntryRefusal | None:
    """Return why symbol, account or price forbid an entry (held None) or an increase now, if they do."""
    refusal = entries.refuse_symbol(snapshot, view, position) or entries.refuse_account(snapshot, view, position)
    if refusal is not None:
        return refusal
    mark = snapshot.marks[position.symbol]
    reference = entries.reference_price(view, position, mark)
    if held is not None and position.quantity != held.reference_quantity:
        reference = entries.add_price(held.reference_quantity, held.reference_entry, position)
    return entries.refuse_price(view.settings, position, mark, reference)


def _ended_by_exchange(view: TrackerView, position: SignalPosition) -> bool:
    """Whether the exchange has said no to this entry for good: recorded, not repeated."""
    last = view.tries.get((position.symbol, position.epoch))
    return last is not None and last.status is IntentStatus.REJECTED and last.explanation.get("final") == "yes"


def _record(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, state: EpochState) -> None:
    draft.changes.append(
        EpochChange(view.tracker.id, position.symbol, position.epoch, state, position, snapshot.shadow(view))
    )
