"""Closing a holding: never held back for price, size or state (DESIGN §5 rules 4, 7 and 12)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core.records import Epoch, Intent, IntentStatus, OrderKind
from nof1web.core.refusals import Code
from nof1web.core.rounding import plain, shown
from nof1web.core.snapshot import ZERO, Draft, PlannedOrder, Snapshot, TrackerView

_LONGEST_RETRY = 15


def retry_at(view: TrackerView, epoch: Epoch) -> datetime | None:
    """Return when an order of this epoch may be tried again after one without effect (1, 2, 4 … 15 s)."""
    last = view.tries.get((epoch.symbol, epoch.epoch))
    return None if last is None else _backoff(last)


def _backoff(last: Intent) -> datetime | None:
    if last.settled_at is None or last.status not in (IntentStatus.EMPTY, IntentStatus.REJECTED, IntentStatus.ABSENT):
        return None
    return last.settled_at + timedelta(seconds=min(_LONGEST_RETRY, 2 ** min(last.attempt, 4)))


def one_order(snapshot: Snapshot, symbol: str, delta: Decimal) -> Decimal:
    """Return as much of a signed exit as one market order takes (MARKET_LOT_SIZE); the rest follows at once."""
    instrument = snapshot.instruments.get(symbol)
    if instrument is None:
        return delta
    return max(-instrument.market_max_quantity, min(instrument.market_max_quantity, delta))


def close(draft: Draft, snapshot: Snapshot, view: TrackerView, held: Epoch, code: Code) -> None:
    """Plan the full close of a holding: never held back for price, size or state (rules 4, 7, 12)."""
    if held.symbol in snapshot.pending and not held.shadow:
        draft.say(view.tracker.id, held, "hold", Code.PENDING)
        return
    again_at = retry_at(view, held)
    if again_at is not None and again_at > snapshot.now:
        draft.say(view.tracker.id, held, "hold", Code.RETRY_LATER)
        draft.wake(again_at)
        return
    mark = snapshot.marks.get(held.symbol) or held.entry_price or held.reference_entry
    delta = one_order(snapshot, held.symbol, -held.quantity)
    draft.orders.append(
        PlannedOrder(
            view.tracker.id,
            held.symbol,
            held.epoch,
            OrderKind.CLOSE,
            delta,
            mark,
            held.leverage,
            agent_quantity=ZERO,
            agent_entry=held.reference_entry,
            shadow=held.shadow,
            explanation={"reason": str(code), "holding": plain(held.quantity)},
        )
    )
    draft.say(view.tracker.id, held, "order", code, quantity=plain(abs(held.quantity)), mark=shown(mark))
