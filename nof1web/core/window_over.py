"""The time to enter an epoch is over: missed for good, or waiting for the agent to add to it (DESIGN §5 rule 3)."""

from __future__ import annotations

from datetime import timedelta

from nof1web.core import entries, minimum, over, sizing
from nof1web.core.choices import BelowMinimum
from nof1web.core.records import Epoch, EpochState
from nof1web.core.refusals import Code
from nof1web.core.rounding import cents
from nof1web.core.signals import SignalPosition
from nof1web.core.snapshot import Draft, EpochChange, Snapshot, TrackerView
from nof1web.core.trading import Side

_SOON = timedelta(seconds=5)


def end(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, row: Epoch | None) -> None:
    """Record that an epoch is not entered any more, unless it only was too small and may still grow."""
    refused = over.refusal_of(view, position)
    if refused is not None:
        record(draft, snapshot, view, position, EpochState.MISSED)
        draft.say(view.tracker.id, position, "refused", Code.ENTRY_REFUSED, reason=over.reason(refused))
    elif row is not None and row.state is EpochState.ROUNDED and not over.never_held(row):
        draft.say(view.tracker.id, position, "hold", Code.ROUNDED_AWAY)
    elif not _may_grow(draft, snapshot, view, position, row):
        record(draft, snapshot, view, position, EpochState.MISSED)
        draft.say(view.tracker.id, position, "refused", Code.MISSED, window=view.settings.max_signal_age)


def waits(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition) -> None:
    """Say that an epoch waits for the agent to add to it, whatever it would be worth by now."""
    small = _too_small(draft, snapshot, view, position) if position.symbol in _priced(snapshot) else None
    if small is None:
        draft.say(view.tracker.id, position, "hold", Code.WAITS_TO_GROW)
    else:
        draft.say(view.tracker.id, position, "hold", Code.ACCUMULATING, **small)


def record(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, state: EpochState) -> None:
    """Record that an epoch is not entered; the agent's quantity is kept as the one that was judged."""
    draft.changes.append(
        EpochChange(view.tracker.id, position.symbol, position.epoch, state, position, snapshot.shadow(view))
    )


def _may_grow(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, row: Epoch | None) -> bool:
    """Whether an epoch was too small to enter and waits for the agent to add to it; say so, and record that it was.

    Without a price or rules nobody can tell: nothing is recorded until they are there.
    """
    ordered = row is not None and row.state.enters
    if view.settings.below_minimum is not BelowMinimum.ACCUMULATE or ordered:
        return False
    denied = entries.refuse_symbol(snapshot, view, position)
    if denied is not None and denied.code in (Code.PRICE_MISSING, Code.NOT_LISTED):
        draft.say(view.tracker.id, position, "hold", denied.code, **denied.numbers)
        if denied.code is Code.PRICE_MISSING or not snapshot.instruments:
            draft.wake(snapshot.now + _SOON)
        return True
    small = None if denied is not None else _too_small(draft, snapshot, view, position)
    if small is None:
        return False
    record(draft, snapshot, view, position, EpochState.ROUNDED)
    draft.say(view.tracker.id, position, "hold", Code.ACCUMULATING, **small)
    return True


def _too_small(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition) -> dict[str, str] | None:
    """Return what a position below the minimum would be worth, and that minimum (USDT); None when it is not below."""
    instrument, mark = snapshot.instruments[position.symbol], snapshot.marks[position.symbol]
    wanted = sizing.size(draft, snapshot, view, position)
    if wanted.refusal is not None:
        return None
    least = minimum.least(view.settings, instrument, mark, Side.of(position.quantity))
    if abs(wanted.quantity) >= least:
        return None
    return {"notional": cents(abs(wanted.quantity) * mark), "minimum": cents(least * mark)}


def _priced(snapshot: Snapshot) -> set[str]:
    return set(snapshot.instruments) & set(snapshot.marks)
