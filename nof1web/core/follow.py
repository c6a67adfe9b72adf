"""Entering an epoch of an agent, and moving a holding to a new one (DESIGN §5 rules 3, 5 and 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from nof1web.core import caps, entries, minimum, sizing
from nof1web.core.choices import BelowMinimum, Existing, OnNewEntry
from nof1web.core.exits import close, retry_at
from nof1web.core.records import Epoch, EpochState, IntentStatus
from nof1web.core.refusals import Code
from nof1web.core.rounding import cents, floor_to_step, plain
from nof1web.core.signals import SignalPosition
from nof1web.core.snapshot import ZERO, Draft, EpochChange, Snapshot, TrackerView, Wish
from nof1web.core.trading import Side

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
    """A new epoch on the side already held (rule 5): take the holding over, or close it first.

    What would not be entered is not moved to either: the agent left the old epoch, so its holding is closed.
    """
    denied = entries.refuse_symbol(snapshot, view, position)
    if _not_wanted(view, position, denied):
        close(draft, snapshot, view, held, Code.CLOSED)
        return
    if denied is not None and (denied.code is Code.PRICE_MISSING or position.symbol not in snapshot.instruments):
        refuse(draft, snapshot, view, position, denied)
        return
    size = None if denied is not None else _new_size(draft, snapshot, view, (position, held))
    if size is not None and (not size or view.settings.on_new_entry is OnNewEntry.REOPEN):
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
    if size is not None:
        mark = snapshot.marks[position.symbol]
        more = max(size - abs(held.quantity), ZERO) * mark / held.leverage
        # What the replaced epoch has set aside beyond its holding is there for the new one.
        needed = min(held.allocation + more, max(held.allocation, size * mark / held.leverage))
        change = replace(change, ratio=size / abs(position.quantity), allocation=needed)
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


def _not_wanted(view: TrackerView, position: SignalPosition, denied: entries.EntryRefusal | None) -> bool:
    """Whether settings or its past keep an epoch from being entered."""
    row, started_at = view.epoch(position.symbol, position.epoch), view.tracker.started_at
    existed = started_at is not None and position.first_seen_at <= started_at
    if row is None:
        ended = existed and view.settings.existing is Existing.IGNORE
    else:
        ended = not row.state.enters
    if ended:
        return True
    return denied is not None and denied.code in (Code.SIDE_NOT_ALLOWED, Code.SYMBOL_DENIED)


def _new_size(draft: Draft, snapshot: Snapshot, view: TrackerView, both: tuple[SignalPosition, Epoch]) -> Decimal:
    """Return how much (unsigned) of a new epoch is wanted, within the budget that the replaced one frees."""
    position, held = both
    instrument, mark = snapshot.instruments[position.symbol], snapshot.marks[position.symbol]
    wanted = abs(sizing.size(draft, snapshot, view, position, held.leverage).quantity)
    free = caps.budget_room(snapshot, view, draft).left
    if free >= 0:
        most = abs(held.quantity) + free * held.leverage / mark
    else:
        most = max(held.allocation + free, ZERO) * held.leverage / mark
    return min(wanted, floor_to_step(most, instrument.step))


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
    wanted = sizing.size(draft, snapshot, view, position)
    if wanted.refusal is not None:
        return None
    least = minimum.least(view.settings, instrument, mark, Side.of(position.quantity))
    numbers = {"notional": cents(abs(wanted.quantity) * mark), "minimum": cents(least * mark)}
    return numbers if abs(wanted.quantity) < least else None


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
            asked=wanted.asked,
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
