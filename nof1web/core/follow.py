"""Entering an epoch of an agent, and moving a holding to a new one (DESIGN §5 rules 3, 5 and 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from nof1web.core import entries, sizing
from nof1web.core.choices import BelowMinimum, Existing, OnNewEntry
from nof1web.core.exits import close, retry_at
from nof1web.core.records import Epoch, EpochState, IntentStatus
from nof1web.core.refusals import Code
from nof1web.core.rounding import floor_to_step, plain
from nof1web.core.signals import SignalPosition
from nof1web.core.snapshot import ZERO, Draft, EpochChange, Snapshot, TrackerView, Wish

SOON = timedelta(seconds=5)
_PASSING = (Code.PRICE_MISSING, Code.NOT_LISTED, Code.ACCOUNT_UNKNOWN)
"""refusals that may be over in a moment, and that no signal or price will announce"""
ENDED = {
    EpochState.DONE: Code.EPOCH_DONE,
    EpochState.STOPPED: Code.EPOCH_STOPPED,
    EpochState.CLOSED: Code.EPOCH_DONE,
    EpochState.MISSED: Code.MISSED,
    EpochState.IGNORED: Code.EXISTING_IGNORED,
    EpochState.TOOK_PROFIT: Code.TOOK_PROFIT,
    EpochState.EXPIRED: Code.LIFETIME_OVER,
}


def enter(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition) -> None:
    """An epoch in which nothing is held: enter it, wait, or record that it is not to be entered (rule 3)."""
    row = view.epoch(position.symbol, position.epoch)
    if row is not None and not row.state.enters and not _refollows(view, row):
        code = ENDED[row.state]
        draft.say(view.tracker.id, position, "hold", code, window=view.settings.max_signal_age)
        return
    if row is None and entries.existed(view, position) and view.settings.existing is Existing.IGNORE:
        _record(draft, snapshot, view, position, EpochState.IGNORED)
        draft.say(view.tracker.id, position, "refused", Code.EXISTING_IGNORED)
        return
    ends_at = entries.window_ends(view, position, row)
    if snapshot.now >= ends_at or _ended_by_exchange(view, position):
        _window_over(draft, snapshot, view, position)
        return
    draft.wake(ends_at)
    again_at = None if row is None else retry_at(view, row)
    if again_at is not None and again_at > snapshot.now:
        draft.say(view.tracker.id, position, "hold", Code.RETRY_LATER)
        draft.wake(again_at)
        return
    cools_until = entries.cools_until(view, position.symbol)
    if cools_until is not None and cools_until > snapshot.now:
        draft.say(view.tracker.id, position, "refused", Code.COOLDOWN, seconds=_seconds(cools_until - snapshot.now))
        draft.wake(cools_until)
        return
    _wish(draft, snapshot, view, position)


def renew(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, held: Epoch) -> None:
    """A new epoch on the side already held (rule 5): take the holding over, or close it first."""
    denied = entries.refuse_symbol(snapshot, view, position)
    if view.settings.on_new_entry is OnNewEntry.REOPEN and denied is None:
        close(draft, snapshot, view, held, Code.REOPEN_CLOSES_FIRST)
        return
    change = EpochChange(
        view.tracker.id,
        position.symbol,
        position.epoch,
        EpochState.LIVE,
        position,
        held.shadow,
        takes_over=held.epoch,
        ratio=abs(held.quantity / position.quantity),
        leverage=held.leverage,
        allocation=held.allocation,
    )
    if denied is None:
        change = _resized(draft, snapshot, view, (position, held), change)
    draft.changes.append(change)
    draft.say(view.tracker.id, position, "hold", Code.TAKEN_OVER)


def refuse(
    draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, refusal: entries.EntryRefusal
) -> None:
    """Leave a refusal's verdict, and look again when it may be over."""
    draft.say(view.tracker.id, position, "refused", refusal.code, **refusal.numbers)
    if refusal.watch is not None:
        draft.watches.append(refusal.watch)
    if refusal.code in _PASSING:
        draft.wake(snapshot.now + SOON)


def _resized(
    draft: Draft,
    snapshot: Snapshot,
    view: TrackerView,
    both: tuple[SignalPosition, Epoch],
    change: EpochChange,
) -> EpochChange:
    """Give the new epoch its own ratio, within the budget that the replaced one frees; too small: as it is held."""
    position, held = both
    instrument, mark = snapshot.instruments[position.symbol], snapshot.marks[position.symbol]
    wanted = sizing.size(draft, snapshot, view, position, held.leverage)
    room = sizing.budget(view, snapshot.account, held.shadow) - sizing.used(view) + held.allocation
    most = max(room, ZERO) * held.leverage / mark
    target = min(abs(wanted.quantity), floor_to_step(most, instrument.step))
    if target * mark < instrument.min_notional:
        return change
    return replace(change, ratio=target / abs(position.quantity), allocation=target * mark / held.leverage)


def _refollows(view: TrackerView, row: Epoch) -> bool:
    return row.state is EpochState.TOOK_PROFIT and view.settings.auto_refollow and row.closed_at is not None


def _window_over(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition) -> None:
    """The time to enter is over: for good, unless the position only was too small and may still grow."""
    small = _too_small_to_enter(draft, snapshot, view, position)
    if small is not None and not _ended_by_exchange(view, position):
        draft.say(view.tracker.id, position, "hold", Code.ACCUMULATING, **small)
        return
    _record(draft, snapshot, view, position, EpochState.MISSED)
    draft.say(view.tracker.id, position, "refused", Code.MISSED, window=view.settings.max_signal_age)


def _too_small_to_enter(
    draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition
) -> dict[str, str] | None:
    if view.settings.below_minimum is not BelowMinimum.ACCUMULATE:
        return None
    if entries.refuse_symbol(snapshot, view, position) is not None:
        return None
    instrument, mark = snapshot.instruments[position.symbol], snapshot.marks[position.symbol]
    notional = abs(sizing.size(draft, snapshot, view, position).quantity) * mark
    least = max(instrument.min_notional, instrument.min_quantity * mark)
    cent = Decimal("0.01")
    numbers = {"notional": plain(notional.quantize(cent)), "minimum": plain(least.quantize(cent))}
    return numbers if notional < least else None


def _wish(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition) -> None:
    """Pass an entry on to the gate, unless symbol, account, price or the stop's distance forbid it."""
    refusal = entries.refuse_symbol(snapshot, view, position) or entries.refuse_account(snapshot, view, position)
    if refusal is None:
        mark = snapshot.marks[position.symbol]
        reference = entries.reference_price(view, position, mark)
        refusal = entries.refuse_price(view.settings, position, mark, reference)
    if refusal is not None:
        refuse(draft, snapshot, view, position, refusal)
        return
    wanted = sizing.size(draft, snapshot, view, position)
    if wanted.refusal is not None:
        draft.say(view.tracker.id, position, "refused", wanted.refusal, stop=plain(position.stop or ZERO))
        return
    draft.wishes.append(
        Wish(
            view,
            position,
            snapshot.instruments[position.symbol],
            snapshot.marks[position.symbol],
            wanted.quantity,
            ZERO,
            wanted.leverage,
            True,
            explanation=wanted.explanation,
        )
    )


def _ended_by_exchange(view: TrackerView, position: SignalPosition) -> bool:
    """Whether the exchange has said no to this entry for good: recorded, not repeated."""
    last = view.tries.get((position.symbol, position.epoch))
    return last is not None and last.status is IntentStatus.REJECTED and last.explanation.get("final") == "yes"


def _record(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, state: EpochState) -> None:
    draft.changes.append(
        EpochChange(view.tracker.id, position.symbol, position.epoch, state, position, snapshot.shadow(view))
    )


def _seconds(left: timedelta) -> int:
    return max(1, int(left.total_seconds()))
