"""Whether a position of an agent may be entered or added to now (DESIGN §5 rule 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core.records import Epoch, EpochState, Watch
from nof1web.core.refusals import Code
from nof1web.core.rounding import percent, plain, shown
from nof1web.core.settings import Existing, Sides, TrackerSettings, tolerance
from nof1web.core.signals import SignalPosition
from nof1web.core.snapshot import Snapshot, TrackerView
from nof1web.core.trading import MarginMode


@dataclass(frozen=True, slots=True)
class EntryRefusal:
    """Why not now: a code with its numbers, and the price at which to look again."""

    code: Code
    numbers: Mapping[str, str] = field(default_factory=dict)
    watch: Watch | None = None


def existed(view: TrackerView, position: SignalPosition) -> bool:
    """Whether the agent had this epoch before the tracker's present start, or when it was first read at all."""
    start = _start(view)
    return start is not None and position.first_seen_at <= start


def window_ends(view: TrackerView, position: SignalPosition, row: Epoch | None = None) -> datetime:
    """Return when a change may no longer be entered: max_signal_age after its first sight, or after the start.

    An epoch that is entered again after its profit opens its window anew once its cooldown is over (rule 6).
    """
    seen_at = position.changed_at
    if view.tracker.started_at is not None:
        seen_at = max(seen_at, view.tracker.started_at)
    refollowed = row is not None and view.settings.auto_refollow and row.state is not EpochState.ROUNDED
    if row is not None and row.closed_at is not None and refollowed:
        seen_at = max(seen_at, row.closed_at + timedelta(seconds=view.settings.cooldown))
    return seen_at + timedelta(seconds=view.settings.max_signal_age)


def cools_until(view: TrackerView, symbol: str) -> datetime | None:
    """Return until when nothing is entered in a symbol after a stop, target or close by hand; None: it never was."""
    ended = (each.closed_at for each in view.epochs if each.symbol == symbol and each.state.cools and each.closed_at)
    last = max(ended, default=None)
    return None if last is None else last + timedelta(seconds=view.settings.cooldown)


def reference_price(view: TrackerView, position: SignalPosition, mark: Decimal) -> Decimal:
    """Return the agent's price an open is judged against.

    With existing=copy the mark stands in for it, but only for what the agent had at the start, not for what it added.
    """
    start = _start(view)
    if view.settings.existing is Existing.COPY and start is not None and position.changed_at <= start:
        return mark
    return position.entry_price


def increase_price(view: TrackerView, position: SignalPosition, held: Epoch, mark: Decimal) -> Decimal:
    """Return the agent's price an increase is judged against: the implied one of what it added (rule 3).

    While the open is not wholly filled yet, the agent's change it began to carry out stands in for an executed one.
    """
    before, entry = held.reference_quantity, held.reference_entry
    last = view.tries.get((held.symbol, held.epoch))
    if not before and last is not None and not last.kind.exits:
        before, entry = last.agent_quantity, last.agent_entry
    if before in (0, position.quantity):
        return reference_price(view, position, mark)
    return add_price(before, entry, position)


def add_price(before: Decimal, entry_before: Decimal, position: SignalPosition) -> Decimal:
    """Return the implied price of an agent's increase from `before`: (q2·e2 − q1·e1) / (q2 − q1)."""
    added = position.quantity - before
    implied = (position.quantity * position.entry_price - before * entry_before) / added
    return implied if implied > 0 else position.entry_price


def refuse_symbol(snapshot: Snapshot, view: TrackerView, position: SignalPosition) -> EntryRefusal | None:
    """Return why this symbol or side is never entered by this tracker, if so."""
    settings, symbol = view.settings, position.symbol
    if settings.sides is not Sides.BOTH and (settings.sides is Sides.LONG) != (position.quantity > 0):
        return EntryRefusal(Code.SIDE_NOT_ALLOWED, {"sides": str(settings.sides)})
    if symbol in settings.deny or (settings.allow and symbol not in settings.allow):
        return EntryRefusal(Code.SYMBOL_DENIED, {"symbol": symbol})
    instrument = snapshot.instruments.get(symbol)
    if instrument is None or not instrument.tradable:
        return EntryRefusal(Code.NOT_LISTED, {"symbol": symbol})
    if snapshot.marks.get(symbol) is None:
        return EntryRefusal(Code.PRICE_MISSING, {"symbol": symbol})
    return None


def refuse_account(snapshot: Snapshot, view: TrackerView, position: SignalPosition) -> EntryRefusal | None:
    """Return why the account doesn't take this entry, if so (rules 7, 9 and the states table)."""
    symbol, account = position.symbol, snapshot.account
    shadow = snapshot.shadow(view)
    state = snapshot.flow(view)
    if not state.enters:
        return EntryRefusal(Code.STATE_BLOCKS_ENTRIES, {"state": str(state)})
    if snapshot.ends(view.tracker.id, symbol):
        return EntryRefusal(Code.FLATTENING, {"symbol": symbol})
    if symbol in snapshot.stopped_symbols:
        return EntryRefusal(Code.SYMBOL_STOPPED, {"symbol": symbol})
    if _taken(snapshot, view, symbol, shadow):
        return EntryRefusal(Code.SYMBOL_TAKEN, {"symbol": symbol})
    if shadow:
        return None
    if account is None:
        return EntryRefusal(Code.ACCOUNT_UNKNOWN)
    if account.multi_assets and view.settings.margin_mode is MarginMode.ISOLATED:
        return EntryRefusal(Code.MULTI_ASSETS_ISOLATED)
    foreign = sum(snapshot.shares(symbol), Decimal(0))
    if foreign and not account.hedge and (foreign > 0) != (position.quantity > 0):
        return EntryRefusal(Code.FOREIGN_OPPOSITE, {"foreign": plain(foreign)})
    return None


def refuse_price(
    settings: TrackerSettings, position: SignalPosition, mark: Decimal, reference: Decimal
) -> EntryRefusal | None:
    """Return why the present price forbids the entry, if so: past stop or target, or worse than tolerated."""
    up = position.quantity > 0
    stop, target = position.stop, position.target
    if stop is not None and (mark <= stop if up else mark >= stop):
        return EntryRefusal(Code.STOP_ALREADY_PASSED, {"mark": shown(mark), "stop": shown(stop)})
    if target is not None and (mark >= target if up else mark <= target):
        return EntryRefusal(Code.TARGET_ALREADY_PASSED, {"mark": shown(mark), "target": shown(target)})
    worse = (mark - reference) / reference * 100 * (1 if up else -1)
    allowed = tolerance(settings, position.symbol)
    if worse <= allowed:
        return None
    bound = reference * (1 + allowed / 100 * (1 if up else -1))
    numbers = {
        "mark": shown(mark),
        "entry": shown(reference),
        "worse": percent(worse),
        "tolerance": plain(allowed),
    }
    return EntryRefusal(Code.PRICE_MOVED, numbers, Watch(position.symbol, bound, above=not up))


def _start(view: TrackerView) -> datetime | None:
    """Return the tracker's present start, or when the agent was first read at all if that was later."""
    starts = (view.tracker.started_at, view.followed.since if view.followed else None)
    return max((at for at in starts if at is not None), default=None)


def _taken(snapshot: Snapshot, view: TrackerView, symbol: str, shadow: bool) -> bool:
    others = (other for other in snapshot.trackers if other.tracker.id != view.tracker.id)
    held = (epoch for other in others for epoch in other.epochs if epoch.quantity or epoch.state.value == "pending")
    return any(epoch.symbol == symbol and epoch.shadow == shadow for epoch in (*held, *snapshot.elsewhere))
