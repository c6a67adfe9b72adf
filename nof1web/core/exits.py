"""Reducing and closing a holding: never held back for price, size or state (DESIGN §5 rules 4, 7 and 12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core import minimum
from nof1web.core.records import Epoch, Intent, IntentStatus, OrderKind
from nof1web.core.refusals import Code
from nof1web.core.rounding import plain, shown
from nof1web.core.signals import SignalPosition
from nof1web.core.snapshot import ZERO, Draft, PlannedOrder, Snapshot, TrackerView

_LONGEST_RETRY = 15
_LOOK_AGAIN = timedelta(seconds=10)


def retry_at(view: TrackerView, epoch: Epoch) -> datetime | None:
    """Return when an order of this epoch may be tried again after one without effect (1, 2, 4 … 15 s)."""
    last = view.tries.get((epoch.symbol, epoch.epoch))
    return None if last is None else _backoff(last)


def one_order(snapshot: Snapshot, symbol: str, delta: Decimal) -> Decimal:
    """Return as much of a signed exit as one market order takes (MARKET_LOT_SIZE); the rest follows at once."""
    instrument = snapshot.instruments.get(symbol)
    if instrument is None:
        return delta
    return minimum.one_order(instrument, delta)


def close(draft: Draft, snapshot: Snapshot, view: TrackerView, held: Epoch, code: Code) -> None:
    """Plan the full close of a holding."""
    if not _may_exit(draft, snapshot, view, held):
        return
    most = snapshot.most_to_close(held)
    if not most:
        _nothing_live(draft, view, held)
        return
    delta = one_order(snapshot, held.symbol, most.copy_sign(-held.quantity))
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
    wanted = min(abs(held.quantity - target), snapshot.most_to_close(held))
    if not wanted:
        _nothing_live(draft, view, held)
        return
    delta = one_order(snapshot, held.symbol, wanted.copy_sign(-held.quantity))
    told = {
        "agent_quantity": plain(position.quantity),
        "ratio": plain(held.ratio or ZERO),
        "holding": plain(held.quantity),
        "target": plain(target),
    }
    kind = OrderKind.REDUCE if target else OrderKind.CLOSE
    draft.orders.append(_exit(snapshot, view, held, (kind, delta, position.quantity, position.entry_price), told))
    draft.say(view.tracker.id, held, "order", Code.REDUCED, quantity=plain(abs(delta)))


def _nothing_live(draft: Draft, view: TrackerView, held: Epoch) -> None:
    """Nothing to close as far as the account is known; it is asked again (rule 8)."""
    draft.say(view.tracker.id, held, "hold", Code.NOTHING_LIVE, quantity=plain(abs(held.quantity)))
    draft.wake(draft.now + _LOOK_AGAIN)


def _may_exit(draft: Draft, snapshot: Snapshot, view: TrackerView, held: Epoch) -> bool:
    if held.symbol in snapshot.pending and not held.shadow:
        draft.say(view.tracker.id, held, "hold", Code.PENDING)
        return False
    last = view.tries.get((held.symbol, held.epoch))
    again_at = _backoff(last) if last is not None and last.kind.exits else None
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
