"""Reducing and closing a holding: never held back for price, size or state (DESIGN §5 rules 4, 7 and 12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core import minimum
from nof1web.core.records import Epoch, EpochState, Intent, IntentStatus, OrderKind
from nof1web.core.refusals import Code
from nof1web.core.rounding import percent, plain, shown
from nof1web.core.signals import SignalPosition
from nof1web.core.snapshot import ZERO, Draft, EpochChange, PlannedOrder, Snapshot, TrackerView

_LONGEST_RETRY = 15
LOOK_AGAIN = timedelta(seconds=10)
"""how long to wait when the account shows nothing to close"""
SETTLE_AGAIN = timedelta(seconds=1)
"""how soon to ask again what became of an order whose answer is missing"""
_BELOW_MINIMUM = -4164


def retry_at(view: TrackerView, epoch: Epoch) -> datetime | None:
    """Return when an order of this epoch may be tried again after one without effect (1, 2, 4 … 15 s)."""
    last = view.tries.get((epoch.symbol, epoch.epoch))
    return None if last is None else _backoff(last)


def exit_retry_at(view: TrackerView, epoch: Epoch) -> datetime | None:
    """Return when an exit of this epoch may be tried again; an entry without effect holds back no exit."""
    return exit_due_at(view.tries.get((epoch.symbol, epoch.epoch)))


def exit_due_at(last: Intent | None) -> datetime | None:
    """Return when an exit may be tried again after the last order of the same epoch; None: now."""
    return _backoff(last) if last is not None and last.kind.exits else None


def one_order(snapshot: Snapshot, symbol: str, delta: Decimal) -> Decimal:
    """Return as much of a signed exit as one market order takes (MARKET_LOT_SIZE); the rest follows at once."""
    instrument = snapshot.instruments.get(symbol)
    if instrument is None:
        return delta
    whole = minimum.one_order(instrument, delta)
    return whole if abs(whole) >= instrument.min_quantity else ZERO


def too_small(snapshot: Snapshot, held: Epoch) -> bool:
    """Whether a holding is less than any order takes, as its lots have become larger since (LOT_SIZE)."""
    return not one_order(snapshot, held.symbol, held.quantity)


def left(tracker_id: str, held: Epoch, state: EpochState) -> EpochChange:
    """Return the change that leaves a holding that is too small to the account: no tracker holds it any more."""
    return EpochChange(tracker_id, held.symbol, held.epoch, state, stub(held), held.shadow, leaves=True)


def stub(epoch: Epoch) -> SignalPosition:
    """Return an epoch as a position of its agent, for a change the signal has no part in."""
    return SignalPosition(
        epoch.symbol,
        epoch.epoch,
        epoch.reference_quantity,
        epoch.reference_entry,
        epoch.leverage,
        None,
        None,
        epoch.opened_at,
        epoch.opened_at,
    )


def close(draft: Draft, snapshot: Snapshot, view: TrackerView, held: Epoch, code: Code) -> None:
    """Plan the full close of a holding."""
    if not _may_exit(draft, snapshot, view, held):
        return
    if too_small(snapshot, held):
        _leave(draft, view, held, EpochState.CLOSED)
        return
    most = snapshot.most_to_close(held)
    delta = one_order(snapshot, held.symbol, most.copy_sign(-held.quantity))
    if not delta:
        _nothing_live(draft, view, held)
        return
    mark = snapshot.marks.get(held.symbol) or held.entry_price or held.reference_entry
    told = {"reason": str(code), "holding": plain(held.quantity)}
    draft.orders.append(_exit(snapshot, view, held, (OrderKind.CLOSE, delta, ZERO, held.reference_entry), told))
    draft.say(view.tracker.id, held, "order", code, quantity=plain(most), mark=shown(mark))


def reduce(
    draft: Draft, snapshot: Snapshot, view: TrackerView, goal: tuple[SignalPosition, Decimal], held: Epoch
) -> None:
    """Plan a reduction to the goal's signed target, as the agent made one."""
    position, target = goal
    if not _may_exit(draft, snapshot, view, held):
        return
    if not target and too_small(snapshot, held):
        _leave(draft, view, held, EpochState.ROUNDED)
        return
    most, asked = snapshot.most_to_close(held), abs(held.quantity - target)
    wanted = min(asked, most)
    delta = one_order(snapshot, held.symbol, wanted.copy_sign(-held.quantity))
    if not one_order(snapshot, held.symbol, most):
        _nothing_live(draft, view, held)
        return
    if not delta or (target and _refused_as_small(snapshot, view, held, wanted)):
        share = wanted / abs(held.quantity) * 100
        draft.say(view.tracker.id, held, "hold", Code.CHANGE_CARRIED, change=percent(share))
        return
    told = {
        "agent_quantity": plain(position.quantity),
        "ratio": plain(held.ratio or ZERO),
        "holding": plain(held.quantity),
        "target": plain(target),
    }
    kind = OrderKind.REDUCE if target else OrderKind.CLOSE
    draft.orders.append(_exit(snapshot, view, held, (kind, delta, position.quantity, position.entry_price), told))
    code = Code.REDUCED if target else Code.CLOSES_REST
    draft.say(view.tracker.id, held, "order", code, quantity=plain(abs(delta)))


def _refused_as_small(snapshot: Snapshot, view: TrackerView, held: Epoch, wanted: Decimal) -> bool:
    """Whether the exchange just refused such a reduction for its notional: in hedge mode it may (binance.md §8).

    It is carried then, like an increase below the minimum, until it is large enough or the position is closed.
    """
    last, instrument = view.tries.get((held.symbol, held.epoch)), snapshot.instruments.get(held.symbol)
    if last is None or not last.kind.exits or last.exchange_code != _BELOW_MINIMUM or instrument is None:
        return False
    mark = snapshot.marks.get(held.symbol) or held.entry_price or held.reference_entry
    return wanted * mark < instrument.min_notional


def _leave(draft: Draft, view: TrackerView, held: Epoch, state: EpochState) -> None:
    """End an epoch whose holding no order takes; what was ended before stays as it was ended."""
    draft.changes.append(left(view.tracker.id, held, state if held.state.enters else held.state))
    draft.say(view.tracker.id, held, "hold", Code.TOO_SMALL_TO_CLOSE, quantity=plain(abs(held.quantity)))


def _nothing_live(draft: Draft, view: TrackerView, held: Epoch) -> None:
    """Nothing to close as far as the account is known; it is asked again (rule 8)."""
    draft.say(view.tracker.id, held, "hold", Code.NOTHING_LIVE, quantity=plain(abs(held.quantity)))
    draft.wake(draft.now + LOOK_AGAIN)


def _may_exit(draft: Draft, snapshot: Snapshot, view: TrackerView, held: Epoch) -> bool:
    if held.symbol in snapshot.pending and not held.shadow:
        draft.say(view.tracker.id, held, "hold", Code.PENDING)
        draft.wake(snapshot.now + SETTLE_AGAIN)
        return False
    again_at = exit_retry_at(view, held)
    if again_at is not None and again_at > snapshot.now:
        draft.say(view.tracker.id, held, "hold", Code.RETRY_LATER)
        draft.wake(again_at)
        return False
    return True


def _exit(
    snapshot: Snapshot,
    view: TrackerView,
    held: Epoch,
    change: tuple[OrderKind, Decimal, Decimal, Decimal],
    told: Mapping[str, str],
) -> PlannedOrder:
    kind, delta, agent_quantity, agent_entry = change
    return PlannedOrder(
        view.tracker.id,
        held.symbol,
        held.epoch,
        kind,
        delta,
        snapshot.marks.get(held.symbol) or held.entry_price or held.reference_entry,
        held.leverage,
        agent_quantity=agent_quantity,
        agent_entry=agent_entry,
        shadow=held.shadow,
        explanation=told,
    )


def _backoff(last: Intent) -> datetime | None:
    if last.settled_at is None or last.status not in (IntentStatus.EMPTY, IntentStatus.REJECTED, IntentStatus.ABSENT):
        return None
    return last.settled_at + timedelta(seconds=min(_LONGEST_RETRY, 2 ** min(last.attempt, 4)))
