"""The risk gate: the only way from a wish to an entry (DESIGN §5 rules 10 and 12). Exits never pass here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, Decimal

from nof1web.core import caps
from nof1web.core.caps import Room
from nof1web.core.choices import BelowMinimum
from nof1web.core.records import EpochState, OrderKind
from nof1web.core.refusals import Code
from nof1web.core.rounding import floor_to_step, limit_price, plain, shown
from nof1web.core.settings import slippage
from nof1web.core.snapshot import ZERO, Draft, EpochChange, PlannedOrder, Snapshot, TrackerView, Wish
from nof1web.core.trading import Side

_CENT = Decimal("0.01")


@dataclass(slots=True)
class _Cut:
    """A wish on its way to an order: `delta` is the signed change that is left, `by` the limits that cut it."""

    wish: Wish
    delta: Decimal
    by: list[Room] = field(default_factory=list)
    raised: bool = False

    @property
    def notional(self) -> Decimal:
        """What is left of the wish in USDT."""
        return abs(self.delta) * self.wish.mark

    @property
    def taken(self) -> Wish:
        """The wish as it is after the cuts."""
        return replace(self.wish, target=self.wish.held + self.delta)


def admit(draft: Draft, snapshot: Snapshot) -> None:
    """Turn the draft's wishes into entry orders or refusals; entries of one cycle are cut together, pro rata."""
    spent = ZERO
    taken: set[tuple[str, bool]] = set()
    for view in snapshot.trackers:
        shadow = snapshot.shadow(view)
        wishes: list[Wish] = []
        for wish in (each for each in draft.wishes if each.view is view):
            if (wish.position.symbol, shadow) in taken:
                draft.say(view.tracker.id, wish.position, "refused", Code.SYMBOL_TAKEN, symbol=wish.position.symbol)
            elif _count_allows(draft, snapshot, wish, wishes):
                wishes.append(wish)
        taken |= {(wish.position.symbol, shadow) for wish in wishes}
        margin = sum((order.allocation for order in _admit_tracker(draft, snapshot, view, wishes, spent)), ZERO)
        spent += ZERO if shadow else margin


def smallest(wish: Wish) -> Decimal:
    """Return the smallest unsigned quantity the exchange takes for a wish."""
    instrument = wish.instrument
    steps = (instrument.min_notional / wish.mark / instrument.step).to_integral_value(ROUND_CEILING)
    return max(steps * instrument.step, instrument.min_quantity)


def _count_allows(draft: Draft, snapshot: Snapshot, wish: Wish, admitted: list[Wish]) -> bool:
    refusal = caps.count_refusal(snapshot, wish, admitted)
    if refusal is None:
        return True
    code, numbers, again_at = refusal
    draft.say(wish.view.tracker.id, wish.position, "refused", code, **numbers)
    if again_at is not None:
        draft.wake(again_at)
    return False


def _admit_tracker(
    draft: Draft, snapshot: Snapshot, view: TrackerView, wishes: list[Wish], spent: Decimal
) -> list[PlannedOrder]:
    """Admit one tracker's wishes; return the orders they became."""
    cuts = [_cut_alone(wish) for wish in wishes]
    rooms = caps.shared_rooms(snapshot, view, draft, spent)
    _cut_together(cuts, rooms)
    _raise_small(cuts, rooms)
    orders = []
    for cut in cuts:
        if _too_small(cut.wish, cut.delta):
            _refuse_small(draft, cut, rooms[0])
        else:
            orders.append(_order(draft, snapshot, cut))
    draft.orders += orders
    return orders


def _cut_alone(wish: Wish) -> _Cut:
    """Cut a wish by the limits that concern it alone, the strictest first in the account of it."""
    cut = _Cut(wish, wish.target - wish.held)
    binding = [room for room in caps.own_rooms(wish) if room.left < wish.notional]
    if binding:
        room = min(binding, key=lambda each: each.left)
        cut.delta = _sized(wish, max(room.left, ZERO) / wish.mark)
        cut.by.append(room)
    return cut


def _cut_together(cuts: list[_Cut], rooms: list[Room]) -> None:
    """Cut all entries of a tracker by the same share, so that none is starved."""
    shares = [(room.share([cut.taken for cut in cuts]), room) for room in rooms]
    share, room = min(shares, key=lambda each: each[0])
    for cut in cuts:
        if share < 1:
            cut.by.append(room)
        cut.delta = floor_to_step(cut.delta * share, cut.wish.instrument.step)


def _raise_small(cuts: list[_Cut], rooms: list[Room]) -> None:
    """Raise to the minimum what would be below it, where that is wanted and every limit has room (rule 10)."""
    for cut in cuts:
        wish = cut.wish
        if wish.view.settings.below_minimum is not BelowMinimum.RAISE or not _too_small(wish, cut.delta):
            continue
        raised = replace(wish, target=wish.held + _sized(wish, smallest(wish)))
        others = [each.taken for each in cuts if each is not cut and not _too_small(each.wish, each.delta)]
        whole = [*others, raised]
        fits = all(sum(map(room.of, whole), ZERO) <= room.left for room in rooms)
        if fits and all(raised.notional <= room.left for room in caps.own_rooms(wish)):
            cut.delta, cut.raised = raised.target - wish.held, True


def _sized(wish: Wish, quantity: Decimal) -> Decimal:
    """Return an unsigned quantity in a wish's direction."""
    return floor_to_step(quantity.copy_sign(wish.target - wish.held), wish.instrument.step)


def _too_small(wish: Wish, delta: Decimal) -> bool:
    size = min(abs(delta), wish.instrument.market_max_quantity)
    return size < wish.instrument.min_quantity or size * wish.mark < wish.instrument.min_notional


def _order(draft: Draft, snapshot: Snapshot, cut: _Cut) -> PlannedOrder:
    wish = cut.wish
    view, position, instrument = wish.view, wish.position, wish.instrument
    # One order's worth; the rest follows as a top-up of the same decided change.
    delta = max(-instrument.market_max_quantity, min(instrument.market_max_quantity, cut.delta))
    side = Side.of(delta)
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
        limit=limit_price(wish.mark, side, slippage(view.settings, position.symbol), instrument),
        ratio=abs(cut.delta / position.quantity) if wish.fresh else None,
        allocation=cut.notional / wish.leverage,
        explanation=_explained(cut, delta),
        agent_leverage=position.leverage,
    )
    row = view.epoch(position.symbol, position.epoch)
    if row is not None and row.state is EpochState.TOOK_PROFIT:
        # Entered again after its profit target: from here on it is an epoch like any other.
        draft.changes.append(
            EpochChange(view.tracker.id, row.symbol, row.epoch, EpochState.PENDING, position, row.shadow)
        )
    numbers = {"quantity": plain(order.quantity), "mark": shown(order.mark), "leverage": str(order.leverage)}
    draft.say(view.tracker.id, position, "order", Code.OPENED if wish.fresh else Code.INCREASED, **numbers)
    return order


def _explained(cut: _Cut, delta: Decimal) -> dict[str, str]:
    told = dict(cut.wish.explanation)
    if cut.by:
        told |= {"cut": ",".join(room.code for room in cut.by), "limit": plain(cut.by[-1].whole.quantize(_CENT))}
    if cut.raised:
        told["raised"] = "minimum"
    return told | {"order": plain(delta), "notional": plain(cut.notional.quantize(_CENT))}


def _refuse_small(draft: Draft, cut: _Cut, budget: Room) -> None:
    """Below the exchange's minimum: refused with the code of what made it so small, or kept until it is larger."""
    wish = cut.wish
    least = smallest(wish) * wish.mark
    numbers = {"notional": plain(cut.notional.quantize(_CENT)), "minimum": plain(least.quantize(_CENT))}
    tracker_id, position = wish.view.tracker.id, wish.position
    if cut.by and not _too_small(wish, wish.target - wish.held):
        room = cut.by[-1]
        code = Code.BUDGET_EXHAUSTED if room.code is Code.BUDGET_SHORT and room.left <= 0 else room.code
        limit = plain(room.whole.quantize(_CENT))
        draft.say(tracker_id, position, "refused", code, limit=limit, budget=limit, **numbers)
        return
    if wish.view.settings.below_minimum is BelowMinimum.ACCUMULATE:
        draft.say(tracker_id, position, "hold", Code.ACCUMULATING, **numbers)
        return
    wanted = wish.notional
    total = wish.view.settings.total_margin
    needed = (total * least / wanted).to_integral_value(ROUND_CEILING) if wanted else ZERO
    draft.say(tracker_id, position, "refused", Code.BELOW_MINIMUM, needed=plain(needed), **numbers)
