"""The risk gate: the only way from a wish to an entry (DESIGN §5 rules 10 and 12). Exits never pass here."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from nof1web.core import sizing
from nof1web.core.records import OrderKind
from nof1web.core.refusals import Code
from nof1web.core.rounding import floor_to_step, limit_price, plain, shown
from nof1web.core.settings import slippage
from nof1web.core.snapshot import ZERO, Draft, PlannedOrder, Snapshot, TrackerView, Wish
from nof1web.core.trading import Side

_HUNDREDTH = Decimal("0.01")


def admit(draft: Draft, snapshot: Snapshot) -> None:
    """Turn the draft's wishes into entry orders or refusals; entries of one cycle are cut together, pro rata."""
    spent = ZERO
    taken: set[tuple[str, bool]] = set()
    for view in snapshot.trackers:
        wishes = [wish for wish in draft.wishes if wish.view.tracker.id == view.tracker.id]
        free = [wish for wish in wishes if (wish.position.symbol, snapshot.shadow(view)) not in taken]
        for wish in wishes:
            if wish not in free:
                draft.say(view.tracker.id, wish.position, "refused", Code.SYMBOL_TAKEN, symbol=wish.position.symbol)
        spent += _admit_tracker(draft, snapshot, view, free, spent)
        taken |= {(wish.position.symbol, snapshot.shadow(view)) for wish in free}


def _admit_tracker(draft: Draft, snapshot: Snapshot, view: TrackerView, wishes: list[Wish], spent: Decimal) -> Decimal:
    """Admit one tracker's wishes; return the margin in USDT its orders take of the account."""
    shadow = snapshot.shadow(view)
    whole = sizing.budget(view, snapshot.account, shadow)
    # A fresh entry that is tried again gives back what its first try had reserved.
    again = [view.epoch(wish.position.symbol, wish.position.epoch) for wish in wishes if wish.fresh]
    ended = [view.epoch(each.symbol, each.epoch) for each in draft.changes if each.tracker_id == view.tracker.id]
    freed = {epoch.epoch: epoch.allocation for epoch in (*again, *ended) if epoch is not None and not epoch.quantity}
    occupied = sizing.used(view) - sum(freed.values(), ZERO)
    room = max(whole - occupied - (ZERO if shadow else spent), ZERO)
    asked = sum((wish.margin for wish in wishes), ZERO)
    share = min(Decimal(1), room / asked) if asked else Decimal(1)
    margin = ZERO
    for wish in wishes:
        margin += _admit_wish(draft, snapshot, wish, share, whole)
    return ZERO if shadow else margin


def _admit_wish(draft: Draft, snapshot: Snapshot, wish: Wish, share: Decimal, whole: Decimal) -> Decimal:
    view, position, instrument = wish.view, wish.position, wish.instrument
    whole_delta = floor_to_step((wish.target - wish.held) * share, instrument.step)
    # One order's worth; the rest follows as a top-up of the same decided change.
    delta = max(-instrument.market_max_quantity, min(instrument.market_max_quantity, whole_delta))
    notional = abs(whole_delta) * wish.mark
    if abs(delta) < instrument.min_quantity or abs(delta) * wish.mark < instrument.min_notional:
        _refuse_small(draft, wish, share, whole)
        return ZERO
    side = Side.of(delta)
    explanation = dict(wish.explanation)
    if share < 1:
        explanation |= {"cut": "budget", "budget": plain(whole.quantize(_HUNDREDTH))}
    explanation |= {"order": plain(delta), "notional": plain(notional.quantize(_HUNDREDTH))}
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
        ratio=abs(whole_delta / position.quantity) if wish.fresh else None,
        allocation=notional / wish.leverage,
        explanation=explanation,
    )
    draft.orders.append(order)
    code = Code.OPENED if wish.fresh else Code.INCREASED
    draft.say(view.tracker.id, position, "order", code, **_numbers(order))
    return order.allocation


def _refuse_small(draft: Draft, wish: Wish, share: Decimal, whole: Decimal) -> None:
    """Below the exchange's minimum: an entry is refused, an increase is carried until large enough (rule 4)."""
    tracker_id, position = wish.view.tracker.id, wish.position
    if not share:
        draft.say(tracker_id, position, "refused", Code.BUDGET_EXHAUSTED, budget=plain(whole.quantize(_HUNDREDTH)))
        return
    wanted = abs(wish.target - wish.held) * wish.mark
    smallest = max(wish.instrument.min_notional, wish.instrument.min_quantity * wish.mark)
    needed = wish.view.settings.total_margin * smallest / (wanted * share) if wanted else ZERO
    draft.say(
        tracker_id,
        position,
        "refused",
        Code.BELOW_MINIMUM,
        notional=plain((wanted * share).quantize(_HUNDREDTH)),
        minimum=plain(smallest.quantize(_HUNDREDTH)),
        needed=plain(needed.quantize(Decimal(1))),
    )


def _numbers(order: PlannedOrder) -> Mapping[str, str]:
    return {"quantity": plain(order.quantity), "mark": shown(order.mark), "leverage": str(order.leverage)}
