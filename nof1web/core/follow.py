"""Entering an epoch of an agent, and moving a holding to a new one (DESIGN §5 rules 3, 5 and 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from nof1web.core import caps, entries, over, sizing, stops, window_over
from nof1web.core.choices import Existing, OnNewEntry
from nof1web.core.exits import close, retry_at
from nof1web.core.records import Epoch, EpochState
from nof1web.core.refusals import Code
from nof1web.core.rounding import floor_to_step
from nof1web.core.signals import SignalPosition
from nof1web.core.snapshot import ZERO, Draft, EpochChange, Snapshot, TrackerView, Wish

SOON = timedelta(seconds=5)
LATER = timedelta(seconds=30)
_PASSING = (Code.PRICE_MISSING, Code.NOT_LISTED, Code.ACCOUNT_UNKNOWN)
"""refusals that may be over in a moment, and that no signal or price will announce"""
_ELSEWHERE = (Code.FOREIGN_OPPOSITE, Code.MULTI_ASSETS_ISOLATED)
"""refusals that end when a person changes something on the exchange"""


def enter(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition) -> None:
    """An epoch in which nothing is held: enter it, wait, or record that it is not to be entered (rule 3)."""
    row = over.dealt_with(view, position)
    if row is not None and not row.state.enters and not over.again(view, row, position):
        if over.never_held(row):
            window_over.waits(draft, snapshot, view, position)
        else:
            over.say(draft, view, position, row)
        return
    if row is None and entries.existed(view, position) and view.settings.existing is Existing.IGNORE:
        window_over.record(draft, snapshot, view, position, EpochState.IGNORED)
        draft.say(view.tracker.id, position, "refused", Code.EXISTING_IGNORED)
        return
    ends_at = entries.window_ends(view, position, row)
    if snapshot.now >= ends_at or over.refusal_of(view, position) is not None:
        window_over.end(draft, snapshot, view, position, row)
        return
    draft.wake(ends_at)
    if not waits(draft, snapshot, view, position, row):
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
    reopens = view.settings.on_new_entry is OnNewEntry.REOPEN
    if denied is None and not reopens and snapshot.account is None and not snapshot.shadow(view):
        # A size made without the account would stay for the whole epoch.
        refuse(draft, snapshot, view, position, entries.EntryRefusal(Code.ACCOUNT_UNKNOWN))
        return
    size = None if denied is not None else _new_size(draft, snapshot, view, (position, held))
    if size is not None and (not size or reopens):
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
    elif refusal.code in _ELSEWHERE:
        draft.wake(snapshot.now + LATER)


def waits(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, row: Epoch | None) -> bool:
    """Whether an entry or increase has to wait for its next try or for the symbol's cooldown; say so, and wake then."""
    again_at = None if row is None else retry_at(view, row)
    if again_at is not None and again_at > snapshot.now:
        draft.say(view.tracker.id, position, "hold", Code.RETRY_LATER)
        draft.wake(again_at)
        return True
    cools_until = entries.cools_until(view, position.symbol)
    if cools_until is not None and cools_until > snapshot.now:
        draft.say(view.tracker.id, position, "refused", Code.COOLDOWN, seconds=_seconds(cools_until - snapshot.now))
        draft.wake(cools_until)
        return True
    return False


def _not_wanted(view: TrackerView, position: SignalPosition, denied: entries.EntryRefusal | None) -> bool:
    """Whether settings or its past keep an epoch from being entered."""
    row, started_at = over.dealt_with(view, position), view.tracker.started_at
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
        draft.say(view.tracker.id, position, "refused", wanted.refusal, stop=stops.told(snapshot, view, position))
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


def _seconds(left: timedelta) -> int:
    return max(1, int(left.total_seconds()))
