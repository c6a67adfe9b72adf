"""The risk gate: the only way from a wish to an entry (DESIGN §5 rules 10 and 12). Exits never pass here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, Decimal

from nof1web.core import caps, minimum, sizing, stops
from nof1web.core.caps import Room
from nof1web.core.choices import BelowMinimum
from nof1web.core.follow import LATER, SOON
from nof1web.core.records import EpochState, OrderKind
from nof1web.core.refusals import Code
from nof1web.core.rounding import cents, floor_to_step, plain, shown
from nof1web.core.snapshot import ZERO, Draft, EpochChange, PlannedOrder, Snapshot, TrackerView, Wish
from nof1web.core.trading import Side


@dataclass(slots=True)
class _Cut:
    """A wish on its way to an order: `delta` is the signed change that is left, `by` the limits that cut it."""

    wish: Wish
    delta: Decimal
    least: Decimal
    by: list[Room] = field(default_factory=list)
    raised: bool = False

    @property
    def too_small(self) -> bool:
        """Whether the exchange would not take what is left."""
        return self.falls_short(self.delta)

    @property
    def taken(self) -> Wish:
        """The wish as it is after the cuts."""
        return replace(self.wish, target=self.wish.held + self.delta)

    def falls_short(self, delta: Decimal) -> bool:
        """Whether the exchange would not take a signed change as one order."""
        return abs(minimum.one_order(self.wish.instrument, delta)) < self.least


def admit(draft: Draft, snapshot: Snapshot) -> None:
    """Turn the draft's wishes into entry orders or refusals; entries of one cycle are cut together, pro rata."""
    _keep_stops_safe(draft, snapshot)
    spent = ZERO
    taken: set[tuple[str, bool]] = set()
    for view in snapshot.trackers:
        shadow = snapshot.shadow(view)
        wishes = [wish for wish in draft.wishes if wish.view is view]
        for wish in [each for each in wishes if (each.position.symbol, shadow) in taken]:
            draft.say(view.tracker.id, wish.position, "refused", Code.SYMBOL_TAKEN, symbol=wish.position.symbol)
            wishes.remove(wish)
        admitted = _admit_tracker(draft, snapshot, view, wishes, spent)
        taken |= {(cut.wish.position.symbol, shadow) for cut in admitted}
        spent += ZERO if shadow else sum((cut.taken.margin for cut in admitted), ZERO)


def _keep_stops_safe(draft: Draft, snapshot: Snapshot) -> None:
    """Judge every stop again with the whole plan on the account: what is no longer safe is sized anew, or refused."""
    if len(draft.wishes) < 2:
        return
    for wish in tuple(draft.wishes):
        view, position = wish.view, wish.position
        if stops.are_safe(draft, snapshot, view, position, (wish.target, wish.leverage)):
            continue
        place = draft.wishes.index(wish)
        found = sizing.size(draft, snapshot, view, position)
        if wish.fresh and found.refusal is None:
            draft.wishes[place] = replace(
                wish,
                target=found.quantity,
                leverage=found.leverage,
                explanation=found.explanation,
                asked=found.asked,
            )
            continue
        del draft.wishes[place]
        stop = stops.told(snapshot, view, position)
        draft.say(view.tracker.id, position, "refused", Code.STOP_BEYOND_LIQUIDATION, stop=stop)


def _admit_tracker(
    draft: Draft, snapshot: Snapshot, view: TrackerView, wishes: list[Wish], spent: Decimal
) -> list[_Cut]:
    """Admit one tracker's wishes; return what became orders."""
    rooms = caps.shared_rooms(snapshot, view, draft, spent)
    raises, left = view.settings.below_minimum is BelowMinimum.RAISE, list(wishes)
    while True:
        cuts = _cut_all(draft, snapshot, left, rooms)
        small = [cut for cut in cuts if cut.too_small]
        for cut in small:
            _refuse_small(draft, cut)
            left.remove(cut.wish)
        # What could not be raised after all took a place and room that others may have.
        if not (raises and small):
            break
    admitted = [cut for cut in cuts if not cut.too_small]
    others_most = caps.others_most(snapshot, rooms, [cut.taken for cut in admitted])
    draft.orders += [_order(draft, snapshot, cut, others_most) for cut in admitted]
    return admitted


def _cut_all(draft: Draft, snapshot: Snapshot, wishes: list[Wish], rooms: list[Room]) -> list[_Cut]:
    """Return what the limits leave of one tracker's wishes; some of it may be too small to be ordered."""
    cuts: list[_Cut] = []
    for cut in [_cut_alone(snapshot, wish) for wish in tuple(wishes)]:
        # What is too small by itself is refused for that, and takes no place from what a count would allow.
        if cut.too_small and cut.wish.view.settings.below_minimum is not BelowMinimum.RAISE:
            _refuse_small(draft, cut)
        elif _count_allows(draft, snapshot, cut.wish, [each.wish for each in cuts]):
            cuts.append(cut)
    _cut_together(cuts, rooms)
    _raise_small(draft, snapshot, cuts, rooms)
    return cuts


def _count_allows(draft: Draft, snapshot: Snapshot, wish: Wish, admitted: list[Wish]) -> bool:
    refusal = caps.count_refusal(snapshot, wish, draft, admitted)
    if refusal is None:
        return True
    code, numbers, again_at = refusal
    draft.say(wish.view.tracker.id, wish.position, "refused", code, **numbers)
    if again_at is not None:
        draft.wake(again_at)
    return False


def _cut_alone(snapshot: Snapshot, wish: Wish) -> _Cut:
    """Cut a wish by the limits that concern it alone, the strictest first in the account of it."""
    least = minimum.least(wish.view.settings, wish.instrument, wish.mark, _side(wish))
    cut = _Cut(wish, wish.delta, least)
    binding = [room for room in caps.own_rooms(snapshot, wish) if room.left < wish.notional]
    if binding:
        room = min(binding, key=lambda each: each.left)
        cut.delta = _sized(wish, max(room.left, ZERO) / wish.mark)
        cut.by.append(room)
    return cut


def _cut_together(cuts: list[_Cut], rooms: list[Room]) -> None:
    """Cut all entries of a tracker by the same share, so that none is starved; what is set aside is not shared."""
    taken = [cut.taken for cut in cuts]
    for cut, wish in zip(cuts, taken, strict=True):
        part, room = min(((room.part(wish, taken), room) for room in rooms), key=lambda each: each[0])
        if part < 1:
            cut.by.append(room)
            cut.delta = floor_to_step(cut.delta * part, cut.wish.instrument.step)


def _raise_small(draft: Draft, snapshot: Snapshot, cuts: list[_Cut], rooms: list[Room]) -> None:
    """Raise to the minimum what would be below it, where that is wanted and every limit has room (rule 10)."""
    for cut in cuts:
        wish = cut.wish
        if wish.view.settings.below_minimum is not BelowMinimum.RAISE or not cut.too_small:
            continue
        raised = replace(wish, target=wish.held + _sized(wish, cut.least))
        others = [each.taken for each in cuts if each is not cut and not each.too_small]
        whole = [*others, raised]
        fits = all(sum(map(room.of, whole), ZERO) <= room.left for room in rooms)
        fits = fits and all(raised.notional <= room.left for room in caps.own_rooms(snapshot, wish))
        held = (raised.target, wish.leverage)
        if fits and stops.are_safe(draft, snapshot, wish.view, wish.position, held):
            cut.delta, cut.raised = raised.delta, True


def _side(wish: Wish) -> Side:
    return Side.of(wish.position.quantity)


def _sized(wish: Wish, quantity: Decimal) -> Decimal:
    """Return an unsigned quantity in the direction of a wish's position."""
    return floor_to_step(quantity.copy_sign(wish.position.quantity), wish.instrument.step)


def _order(draft: Draft, snapshot: Snapshot, cut: _Cut, others_most: Decimal | None) -> PlannedOrder:
    wish = cut.wish
    view, position, instrument = wish.view, wish.position, wish.instrument
    delta = minimum.one_order(instrument, cut.delta)
    order = PlannedOrder(
        view.tracker.id,
        position.symbol,
        position.epoch,
        OrderKind.OPEN if wish.fresh else OrderKind.INCREASE,
        delta,
        wish.mark,
        wish.leverage,
        position.quantity,
        position.entry_price,
        snapshot.shadow(view),
        limit=minimum.limit_of(view.settings, instrument, wish.mark, _side(wish)),
        ratio=abs(cut.delta / position.quantity) if wish.fresh else None,
        allocation=cut.taken.allocation,
        explanation=_explained(cut, delta),
        agent_leverage=position.leverage,
        others_most=others_most,
    )
    row = view.epoch(position.symbol, position.epoch)
    if row is not None and not row.state.enters:
        # Entered again after it was over: from here on it is an epoch like any other.
        draft.changes.append(
            EpochChange(view.tracker.id, row.symbol, row.epoch, EpochState.PENDING, position, row.shadow)
        )
    numbers = {"quantity": plain(order.quantity), "mark": shown(order.mark), "leverage": str(order.leverage)}
    draft.say(view.tracker.id, position, "order", Code.OPENED if wish.fresh else Code.INCREASED, **numbers)
    return order


def _explained(cut: _Cut, delta: Decimal) -> dict[str, str]:
    told = dict(cut.wish.explanation)
    if cut.by:
        told |= {"cut": ",".join(room.code for room in cut.by), "limit": cents(cut.by[-1].whole)}
    if cut.raised:
        told["raised"] = "minimum"
    if delta != cut.delta:
        told["rest"] = plain(cut.delta - delta)
    return told | {"order": plain(delta), "notional": cents(abs(delta) * cut.wish.mark)}


def _refuse_small(draft: Draft, cut: _Cut) -> None:
    """Below the exchange's minimum: refused with the code of what made it so small, or kept until it is larger."""
    wish = cut.wish
    settings, tracker_id, position = wish.view.settings, wish.view.tracker.id, wish.position
    numbers = {"notional": cents(abs(cut.delta) * wish.mark), "minimum": cents(cut.least * wish.mark)}
    if cut.by and not cut.falls_short(wish.delta):
        room = cut.by[-1]
        code = Code.BUDGET_EXHAUSTED if room.code is Code.BUDGET_SHORT and room.left <= 0 else room.code
        limit = cents(room.whole)
        draft.say(tracker_id, position, "refused", code, limit=limit, budget=limit, **numbers)
        if room.code is Code.USER_CAP:
            # What the user's other accounts hold is not announced here.
            draft.wake(draft.now + LATER)
        elif room.by_account:
            # Nor is what the account has by the time it is read next.
            draft.wake(draft.now + SOON)
    elif settings.below_minimum is BelowMinimum.ACCUMULATE:
        draft.say(tracker_id, position, "hold", Code.ACCUMULATING, **numbers)
    elif settings.sizing in sizing.BY_TOTAL and wish.asked:
        needed = (settings.total_margin * cut.least / wish.asked).to_integral_value(ROUND_CEILING)
        draft.say(tracker_id, position, "refused", Code.BELOW_MINIMUM, needed=plain(needed), **numbers)
    else:
        draft.say(tracker_id, position, "refused", Code.SIZE_BELOW_MINIMUM, **numbers)
