"""The decision: from one snapshot of a credential to a plan. Each step is a rule of DESIGN §5."""

from __future__ import annotations

from datetime import timedelta

from nof1web.core import entries, follow, gate, resizing
from nof1web.core.book import close_confirmed, close_due_at, health_at, never_seen
from nof1web.core.exits import SETTLE_AGAIN, close, stub
from nof1web.core.own_exits import close_own
from nof1web.core.records import Epoch, EpochState
from nof1web.core.refusals import Code
from nof1web.core.signals import Missing, Signal, SignalHealth, SignalPosition
from nof1web.core.snapshot import ZERO, Draft, EpochChange, Plan, Snapshot, TrackerView

_LOOK_AGAIN = timedelta(seconds=20)
_UNHEALTHY = {SignalHealth.STALE: Code.SOURCE_STALE, SignalHealth.MISSING: Code.SOURCE_MISSING}


def decide(snapshot: Snapshot) -> Plan:
    """Return what to do now. Pure: the same snapshot always gives the same plan.

    Exits come first and are never held back; entries pass the gate, sized together.
    """
    draft = Draft(snapshot.now)
    for view in snapshot.trackers:
        _tell_unmapped(draft, view)
        if not snapshot.state.exits:
            _stand_still(draft, snapshot, view)
            continue
        ended = close_own(draft, snapshot, view)
        if view.followed is None or health_at(view.followed, snapshot.now) is not SignalHealth.GOOD:
            _hold_all(draft, snapshot, view, ended)
            continue
        _end_replaced(draft, snapshot, view, view.followed)
        _follow_positions(draft, snapshot, view, ended)
        _close_unseen(draft, snapshot, view, ended)
    gate.admit(draft, snapshot)
    return draft.plan()


def _stand_still(draft: Draft, snapshot: Snapshot, view: TrackerView) -> None:
    """A stopped or locked credential lets nothing through (the states table)."""
    shown: list[SignalPosition | Epoch] = [*view.followed.positions] if view.followed else []
    for each in (*shown, *view.epochs):
        if each.quantity:
            draft.say(view.tracker.id, each, "hold", Code.STATE_STOPS_ALL, state=snapshot.state)


def _hold_all(draft: Draft, snapshot: Snapshot, view: TrackerView, ended: frozenset[str]) -> None:
    """Rule 1: an unusable signal opens nothing and closes nothing."""
    if view.followed is None:
        code, age = Code.SOURCE_MISSING, ""
    else:
        code = _UNHEALTHY[health_at(view.followed, snapshot.now)]
        age = str(int((snapshot.now - view.followed.recorded_at).total_seconds()))
    shown = view.followed.positions if view.followed else ()
    for epoch in view.epochs:
        if epoch.quantity and epoch.symbol not in ended:
            draft.say(view.tracker.id, epoch, "hold", code, age=age)
        elif _waits_unfilled(snapshot, epoch):
            _end_in_time(draft, snapshot, view, epoch)
    for position in shown:
        if view.held(position.symbol) is None and position.quantity:
            draft.say(view.tracker.id, position, "refused", code, age=age)


def _end_replaced(draft: Draft, snapshot: Snapshot, view: TrackerView, signal: Signal) -> None:
    """An epoch whose first order never filled is over once the agent is in another one: it frees budget and symbol."""
    shown = {(position.symbol, position.epoch) for position in signal.positions}
    for epoch in view.epochs:
        if _waits_unfilled(snapshot, epoch) and (epoch.symbol, epoch.epoch) not in shown:
            _miss(draft, view, epoch)


def _end_in_time(draft: Draft, snapshot: Snapshot, view: TrackerView, epoch: Epoch) -> None:
    """An epoch whose first order never filled ends with its window, whatever its source does meanwhile (rule 3)."""
    position = view.shown(epoch.symbol)
    if position is not None and position.epoch == epoch.epoch:
        ends_at = entries.window_ends(view, position, epoch)
    else:
        ends_at = epoch.opened_at + timedelta(seconds=view.settings.max_signal_age)
    if snapshot.now < ends_at:
        draft.wake(ends_at)
    else:
        _miss(draft, view, epoch)


def _waits_unfilled(snapshot: Snapshot, epoch: Epoch) -> bool:
    """Whether an epoch's first order has ended without a fill: it takes budget and symbol for its next try."""
    under_way = epoch.symbol in snapshot.pending and not epoch.shadow
    return epoch.state is EpochState.PENDING and not epoch.quantity and not under_way


def _miss(draft: Draft, view: TrackerView, epoch: Epoch) -> None:
    draft.changes.append(
        EpochChange(view.tracker.id, epoch.symbol, epoch.epoch, EpochState.MISSED, stub(epoch), epoch.shadow)
    )


def _follow_positions(draft: Draft, snapshot: Snapshot, view: TrackerView, ended: frozenset[str]) -> None:
    assert view.followed is not None, "a healthy signal"
    for position in view.followed.positions:
        held = view.held(position.symbol)
        if position.symbol in ended:
            continue
        if position.symbol in snapshot.pending and not snapshot.shadow(view):
            draft.say(view.tracker.id, position, "hold", Code.PENDING)
            draft.wake(snapshot.now + SETTLE_AGAIN)
        elif not position.quantity:
            _agent_closed(draft, snapshot, view, position, held)
        elif position.missing is not None:
            _maybe_closed(draft, snapshot, view, (position, position.missing), held)
        elif held is None:
            follow.enter(draft, snapshot, view, position)
        elif (held.quantity > 0) != (position.quantity > 0):
            close(draft, snapshot, view, held, Code.FLIP_CLOSES_FIRST)
        elif held.epoch == position.epoch:
            resizing.resize(draft, snapshot, view, position, held)
        else:
            follow.renew(draft, snapshot, view, position, held)


def _close_unseen(draft: Draft, snapshot: Snapshot, view: TrackerView, ended: frozenset[str]) -> None:
    """Holdings in symbols this signal has never shown: the source's memory is younger than the holding."""
    assert view.followed is not None, "a healthy signal"
    shown = {position.symbol for position in view.followed.positions} | ended
    for epoch in view.epochs:
        if not epoch.quantity or epoch.symbol in shown:
            continue
        missing = never_seen(view.followed)
        if close_confirmed(missing, view.settings.close_confirmations, snapshot.now):
            close(draft, snapshot, view, epoch, Code.CLOSED)
        else:
            draft.say(view.tracker.id, epoch, "hold", Code.CLOSE_UNCONFIRMED)
            # What the signal has never shown is not in its news either: nothing else announces what confirms it.
            draft.wake(snapshot.now + follow.SOON)


def _maybe_closed(
    draft: Draft, snapshot: Snapshot, view: TrackerView, lacking: tuple[SignalPosition, Missing], held: Epoch | None
) -> None:
    """Rule 2: gone from a valid signal is a close once it is confirmed."""
    position, missing = lacking
    nothing = held is None and not _ends_with(view.epoch(position.symbol, position.epoch))
    if nothing or close_confirmed(missing, view.settings.close_confirmations, snapshot.now):
        _agent_closed(draft, snapshot, view, position, held)
    else:
        draft.say(view.tracker.id, held or position, "hold", Code.CLOSE_UNCONFIRMED)
        _wake_when_due(draft, missing)


def _wake_when_due(draft: Draft, missing: Missing) -> None:
    """Look again when time alone may confirm the close, and in any case: news of a newer record may get lost."""
    due_at = close_due_at(missing)
    timed = not missing.whole_book and due_at > draft.now
    draft.wake(due_at if timed else draft.now + _LOOK_AGAIN)


def _ends_with(row: Epoch | None) -> bool:
    """Whether an epoch that holds nothing ends with its agent's: until then it may still enter."""
    return row is not None and (row.state.enters or row.state is EpochState.ROUNDED)


def _agent_closed(
    draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, held: Epoch | None
) -> None:
    if held is not None:
        close(draft, snapshot, view, held, Code.CLOSED)
        return
    row = view.epoch(position.symbol, position.epoch)
    if row is not None and _ends_with(row):
        draft.changes.append(
            EpochChange(view.tracker.id, position.symbol, position.epoch, EpochState.CLOSED, position, row.shadow)
        )
    draft.say(view.tracker.id, position, "hold", Code.AGENT_FLAT)


def _tell_unmapped(draft: Draft, view: TrackerView) -> None:
    """What the exchange has no symbol for is refused as soon as it is shown."""
    signal = view.followed
    if signal is None:
        return
    for name in signal.unmapped:
        position = SignalPosition(name, "", ZERO, ZERO, 1, None, None, signal.read_at, signal.read_at)
        draft.say(view.tracker.id, position, "refused", Code.UNMAPPED, symbol=name)
