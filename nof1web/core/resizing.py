"""The epoch that is held: bringing the holding to ratio × the agent's quantity (DESIGN §5 rule 4)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.core import entries, minimum, stops
from nof1web.core.exits import reduce, stub
from nof1web.core.filling import of_holding
from nof1web.core.follow import SOON, refuse, waits
from nof1web.core.over import ENDED, refused_for_good
from nof1web.core.records import Epoch, IntentStatus
from nof1web.core.refusals import Code
from nof1web.core.rounding import cents, floor_to_step, percent, plain, scaled
from nof1web.core.signals import SignalPosition
from nof1web.core.snapshot import ZERO, Draft, EpochChange, Snapshot, TrackerView, Wish
from nof1web.core.trading import Instrument, Side


def resize(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, held: Epoch) -> None:
    """Hold, reduce or increase; other symbols, marks and edited settings never resize a holding."""
    instrument = snapshot.instruments.get(position.symbol)
    if instrument is None:
        draft.say(view.tracker.id, held, "hold", Code.NOT_LISTED, symbol=held.symbol)
        draft.wake(snapshot.now + SOON)
        return
    ratio = held.ratio or abs(held.quantity / position.quantity)
    target = floor_to_step(scaled(ratio, position.quantity), instrument.step)
    reference = held.reference_quantity or position.quantity
    change = abs(position.quantity - reference) / abs(reference) * 100
    if target == held.quantity:
        _release(draft, view, held)
        _on_target(draft, view, position, held)
    elif ZERO < change < view.settings.min_change and _settled(held, instrument):
        _release(draft, view, held)
        draft.say(view.tracker.id, held, "hold", Code.CHANGE_CARRIED, change=percent(change))
    elif abs(target) < abs(held.quantity):
        reduce(draft, snapshot, view, (position, target), held)
    elif not held.state.enters:
        _move_reference(draft, view, position, held)
        draft.say(view.tracker.id, held, "hold", ENDED[held.state], window=view.settings.max_signal_age)
    else:
        _increase(draft, snapshot, view, (position, target), held)


def _settled(held: Epoch, instrument: Instrument) -> bool:
    """Whether the holding is what the last executed change called for: only then may a small change wait."""
    return held.quantity == floor_to_step(scaled(held.ratio or ZERO, held.reference_quantity), instrument.step)


def _move_reference(draft: Draft, view: TrackerView, position: SignalPosition, held: Epoch) -> None:
    """Later reductions stay proportional to what is held, not to what was missed or closed by hand."""
    ratio = abs(held.quantity / position.quantity)
    draft.changes.append(
        EpochChange(view.tracker.id, held.symbol, held.epoch, held.state, position, held.shadow, ratio=ratio)
    )


def _release(draft: Draft, view: TrackerView, held: Epoch) -> None:
    """Give back what an increase that did not fill has set aside: the agent took it back, nothing is added any more."""
    last, needed = view.tries.get((held.symbol, held.epoch)), of_holding(held)
    if last is None or last.status is IntentStatus.FILLED or needed >= held.allocation:
        return
    position = stub(held)
    draft.changes.append(
        EpochChange(view.tracker.id, held.symbol, held.epoch, held.state, position, held.shadow, allocation=needed)
    )


def _on_target(draft: Draft, view: TrackerView, position: SignalPosition, held: Epoch) -> None:
    if not held.state.enters:
        draft.say(view.tracker.id, held, "hold", ENDED[held.state], window=view.settings.max_signal_age)
        return
    if held.agent_leverage and position.leverage != held.agent_leverage:
        numbers = {"agent": str(position.leverage), "leverage": str(held.leverage)}
        draft.say(view.tracker.id, held, "hold", Code.LEVERAGE_CHANGED, **numbers)
        return
    draft.say(view.tracker.id, held, "hold", Code.ON_TARGET, quantity=plain(held.quantity))


def _increase(
    draft: Draft, snapshot: Snapshot, view: TrackerView, goal: tuple[SignalPosition, Decimal], held: Epoch
) -> None:
    position, target = goal
    if _was_cut(view, position):
        # A limit is not got around by asking again.
        _move_reference(draft, view, position, held)
        draft.say(view.tracker.id, held, "hold", Code.ON_TARGET, quantity=plain(held.quantity))
        return
    if _refused_for_good(view, position):
        _move_reference(draft, view, position, held)
        draft.say(view.tracker.id, held, "hold", Code.INCREASE_REFUSED)
        return
    if _carried(draft, snapshot, view, held, target):
        _release(draft, view, held)
        return
    ends_at = entries.window_ends(view, position)
    if snapshot.now >= ends_at:
        _move_reference(draft, view, position, held)
        draft.say(view.tracker.id, held, "hold", Code.REFERENCE_MOVED)
        return
    draft.wake(ends_at)
    if waits(draft, snapshot, view, position, held):
        return
    _wish(draft, snapshot, view, goal, held)


def _was_cut(view: TrackerView, position: SignalPosition) -> bool:
    """Whether a limit cut the order that carried out this change, and that order is wholly filled (rule 10)."""
    last = view.tries.get((position.symbol, position.epoch))
    if last is None or last.kind.exits or last.status is not IntentStatus.FILLED:
        return False
    told = last.explanation
    return last.agent_quantity == position.quantity and "cut" in told and "rest" not in told


def _refused_for_good(view: TrackerView, position: SignalPosition) -> bool:
    """Whether the exchange has said no to this very change of the agent: recorded, not repeated."""
    last = view.tries.get((position.symbol, position.epoch))
    return last is not None and last.agent_quantity == position.quantity and refused_for_good(last)


def _carried(draft: Draft, snapshot: Snapshot, view: TrackerView, held: Epoch, target: Decimal) -> bool:
    """Whether an increase is below the exchange's minimum: it waits until the agent has added enough."""
    instrument, mark = snapshot.instruments[held.symbol], snapshot.marks.get(held.symbol)
    missing = abs(target - held.quantity)
    if mark is None:
        return False
    least = minimum.least(view.settings, instrument, mark, Side.of(target))
    if missing >= least:
        return False
    numbers = {"notional": cents(missing * mark), "minimum": cents(least * mark)}
    draft.say(view.tracker.id, held, "hold", Code.INCREASE_CARRIED, **numbers)
    return True


def _wish(
    draft: Draft, snapshot: Snapshot, view: TrackerView, goal: tuple[SignalPosition, Decimal], held: Epoch
) -> None:
    """Pass an increase on to the gate, unless symbol, account, price or the stop's distance forbid it."""
    position, target = goal
    refusal = entries.refuse_symbol(snapshot, view, position) or entries.refuse_account(snapshot, view, position)
    if refusal is None:
        mark = snapshot.marks[position.symbol]
        reference = entries.increase_price(view, position, held, mark)
        refusal = entries.refuse_price(view.settings, position, mark, reference)
    if refusal is not None:
        refuse(draft, snapshot, view, position, refusal)
        return
    if not stops.are_safe(draft, snapshot, view, position, (target, held.leverage)):
        stop = stops.told(snapshot, view, position)
        draft.say(view.tracker.id, position, "refused", Code.STOP_BEYOND_LIQUIDATION, stop=stop)
        return
    told = {
        "agent_quantity": plain(position.quantity),
        "ratio": plain(held.ratio or ZERO),
        "holding": plain(held.quantity),
        "target": plain(target),
    }
    instrument, mark = snapshot.instruments[position.symbol], snapshot.marks[position.symbol]
    draft.wishes.append(
        Wish(view, position, instrument, mark, target, held.quantity, held.leverage, False, explanation=told)
    )
