"""The limits of rule 10: amounts cut an entry and keep their code, counts refuse it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core import leverage, risk, sizing
from nof1web.core.choices import Sizing
from nof1web.core.records import Epoch
from nof1web.core.refusals import Code
from nof1web.core.snapshot import ZERO, Draft, Snapshot, TrackerView, Wish

_HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Room:
    """What a limit still leaves: `whole` is the limit itself, `left` what is free of it (USDT).

    `of` is what an entry takes of it: its notional, or its margin for the budget. `by_account`: it is the account's
    balance that limits, which a later reading may show larger.
    """

    code: Code
    whole: Decimal
    left: Decimal
    of: Callable[[Wish], Decimal]
    by_account: bool = False

    def part(self, wish: Wish, wishes: Iterable[Wish]) -> Decimal:
        """Return which part (at most 1) of one of the wishes it leaves: the same of each."""
        return self.share(wishes)

    def share(self, wishes: Iterable[Wish]) -> Decimal:
        """Return which part (at most 1) of what the wishes ask for it leaves."""
        asked = sum(map(self.of, wishes), ZERO)
        return min(Decimal(1), max(self.left, ZERO) / asked) if asked else Decimal(1)


@dataclass(slots=True)
class Budget(Room):
    """What a tracker's budget leaves. What an epoch has set aside serves its own rest first, whatever else is wanted.

    Only what goes beyond that shares what is free; once the budget was lowered, less is set aside.
    """

    def part(self, wish: Wish, wishes: Iterable[Wish]) -> Decimal:
        """Return which part (at most 1) of one of the wishes it leaves."""
        wishes = list(wishes)
        served = sum((whole_margin(each) - each.margin for each in wishes), ZERO)
        backed = sum((each.set_aside for each in wishes), ZERO) + min(self.left, ZERO)
        backing, share = min(Decimal(1), max(backed, ZERO) / served) if served else Decimal(1), self.share(wishes)
        whole = whole_margin(wish)
        if backing == share == 1 or not whole:
            return Decimal(1)
        return ((whole - wish.margin) * backing + wish.margin * share) / whole


def notional(wish: Wish) -> Decimal:
    """Return what a wish adds in notional (USDT)."""
    return wish.notional


def margin(wish: Wish) -> Decimal:
    """Return what a wish adds in margin (USDT)."""
    return wish.margin


def whole_margin(wish: Wish) -> Decimal:
    """Return what a wish adds in margin (USDT), what its epoch has set aside for that included."""
    return wish.notional / wish.leverage


def own_rooms(snapshot: Snapshot, wish: Wish) -> list[Room]:
    """Return the limits that concern one entry alone: order, symbol, leverage bracket, the loss at its stop."""
    settings, held = wish.view.settings, abs(wish.held) * wish.mark
    found = []
    if settings.order_cap is not None:
        found.append(Room(Code.ORDER_CAP, settings.order_cap, settings.order_cap, notional))
    if settings.symbol_cap is not None:
        found.append(Room(Code.SYMBOL_CAP, settings.symbol_cap, settings.symbol_cap - held, notional))
    present = None if snapshot.shadow(wish.view) else leverage.of_account(snapshot, wish.position.symbol)
    most = leverage.most_notional(wish.instrument, present or wish.leverage)
    if most is not None:
        beside = sum(map(abs, snapshot.shares(wish.position.symbol)), ZERO) * wish.mark if present else ZERO
        found.append(Room(Code.BRACKET_CAP, most, most - held - beside, notional))
    if settings.sizing is Sizing.RISK_AT_STOP:
        risked, free = risk.room(snapshot, wish)
        found.append(Room(Code.RISK_CAP, risked, free, notional))
    return found


def budget_room(snapshot: Snapshot, view: TrackerView, draft: Draft, spent: Decimal = ZERO) -> Room:
    """Return what a tracker's budget leaves: min(total margin, 95 % of available + own margin) less what is occupied.

    Occupied is what live and pending epochs have, those replaced in this plan with what they get. `spent` is the
    margin (USDT) other trackers take of the same account in this plan: it is not theirs to take of the total margin.
    """
    shadow = snapshot.shadow(view)
    freed = sum((epoch.allocation for epoch in _freed(view, draft)), ZERO)
    occupied = sizing.used(view, shadow) - freed + _renewed(view, draft)
    total = view.settings.total_margin
    found = Budget(Code.BUDGET_SHORT, total, total - occupied, margin)
    within = None if shadow else sizing.reachable(snapshot, view)
    if within is not None:
        left = max(within, ZERO) - occupied - spent
        if left < found.left:
            found.whole, found.left, found.by_account = min(total, max(within, ZERO)), left, True
    return found


def shared_rooms(snapshot: Snapshot, view: TrackerView, draft: Draft, spent: Decimal) -> list[Room]:
    """Return the limits all entries of a tracker share: budget, tracker, credential, user.

    `spent` is the margin (USDT) the trackers before it take of the account in this plan.
    """
    settings, shadow = view.settings, snapshot.shadow(view)
    renewed = sum((_renewed(other, draft) for other in snapshot.trackers if other is not view), ZERO)
    found = [budget_room(snapshot, view, draft, spent + renewed)]
    mine = exposure(snapshot, _standing(view, draft), shadow=shadow)
    rest = [epoch for other in snapshot.trackers if other is not view for epoch in _standing(other, draft)]
    orders = (order for order in draft.orders if order.shadow == shadow and not order.kind.exits)
    planned = sum((order.quantity * order.mark for order in orders), ZERO)
    account = mine + exposure(snapshot, (*rest, *snapshot.elsewhere), shadow=shadow) + planned
    everywhere = account + (ZERO if shadow else snapshot.others_notional)
    for code, cap, taken in (
        (Code.TRACKER_CAP, settings.tracker_cap, mine),
        (Code.CREDENTIAL_CAP, _strictest(each.settings.credential_cap for each in snapshot.trackers), account),
        (Code.USER_CAP, _strictest(each.settings.user_cap for each in snapshot.trackers), everywhere),
    ):
        if cap is not None:
            found.append(Room(code, cap, cap - taken, notional))
    return found


def others_most(snapshot: Snapshot, rooms: Iterable[Room], wishes: Iterable[Wish]) -> Decimal | None:
    """Return the notional (USDT) other credentials may have once these entries are made; None without such a limit."""
    room = next((each for each in rooms if each.code is Code.USER_CAP), None)
    return None if room is None else snapshot.others_notional + room.left - sum(map(notional, wishes), ZERO)


def exposure(snapshot: Snapshot, epochs: Iterable[Epoch], *, shadow: bool) -> Decimal:
    """Return the notional (USDT) of what epochs hold or wait for, at the marks."""
    return sum((_notional(snapshot, epoch) for epoch in epochs if epoch.shadow == shadow), ZERO)


def occupies(epoch: Epoch) -> bool:
    """Whether an epoch takes a symbol: it holds something or its first order is under way."""
    return bool(epoch.quantity) or epoch.state.value == "pending"


def count_refusal(
    snapshot: Snapshot, wish: Wish, draft: Draft, admitted: list[Wish]
) -> tuple[Code, dict[str, str], datetime | None] | None:
    """Return why a count forbids an entry after those already admitted, with the time at which that may be over."""
    settings, view = wish.view.settings, wish.view
    if settings.max_positions is not None and wish.fresh:
        shadow, over = snapshot.shadow(view), _changed(view, draft)
        mine = (epoch for epoch in view.epochs if epoch.shadow == shadow and occupies(epoch))
        symbols = {epoch.symbol for epoch in mine if epoch.quantity or _key(epoch) not in over}
        symbols |= {each.position.symbol for each in admitted}
        if wish.position.symbol not in symbols and len(symbols) >= settings.max_positions:
            return Code.MAX_POSITIONS, {"most": str(settings.max_positions)}, None
    if settings.max_entries_per_hour is not None:
        lately = sorted(at for at in view.entered_at if at > snapshot.now - _HOUR)
        if len(lately) + len(admitted) >= settings.max_entries_per_hour:
            again_at = lately[0] + _HOUR if lately else None
            return Code.ENTRIES_PER_HOUR, {"most": str(settings.max_entries_per_hour)}, again_at
    return None if snapshot.shadow(view) else _quota_refusal(snapshot, draft, len(admitted))


def _quota_refusal(
    snapshot: Snapshot, draft: Draft, admitted: int
) -> tuple[Code, dict[str, str], datetime | None] | None:
    quota = snapshot.quota
    if quota is None:
        return None
    lately = sorted(at for at in quota.entered_at if at > snapshot.now - _HOUR)
    planned = [order for order in draft.orders if not (order.shadow or order.kind.exits)]
    if len(lately) + len(planned) + admitted < quota.most:
        return None
    return Code.ENTRY_QUOTA, {"most": str(quota.most)}, lately[0] + _HOUR if lately else None


def _freed(view: TrackerView, draft: Draft) -> list[Epoch]:
    """Return epochs whose reservation is free again: entries tried again, and those that ended unfilled."""
    again = {(wish.position.symbol, wish.position.epoch) for wish in draft.wishes if wish.fresh and wish.view is view}
    again |= _changed(view, draft)
    waiting = (each for each in view.epochs if each.state.value == "pending" and not each.quantity)
    return [epoch for epoch in waiting if _key(epoch) in again]


def _standing(view: TrackerView, draft: Draft) -> list[Epoch]:
    """Return a tracker's epochs without those whose reservation is free again."""
    freed = {_key(epoch) for epoch in _freed(view, draft)}
    return [epoch for epoch in view.epochs if _key(epoch) not in freed]


def _changed(view: TrackerView, draft: Draft) -> set[tuple[str, str]]:
    return {(each.symbol, each.epoch) for each in draft.changes if each.tracker_id == view.tracker.id}


def _key(epoch: Epoch) -> tuple[str, str]:
    return epoch.symbol, epoch.epoch


def _strictest(limits: Iterable[Decimal | None]) -> Decimal | None:
    """Return the smallest of the limits that trackers of a credential set for what they have in common."""
    return min((limit for limit in limits if limit is not None), default=None)


def _renewed(view: TrackerView, draft: Draft) -> Decimal:
    """Return the margin in USDT that epochs taken over in this plan get beyond what the replaced ones had."""
    changes = (each for each in draft.changes if each.takes_over and each.tracker_id == view.tracker.id)
    held = ((change, view.held(change.symbol)) for change in changes)
    return sum((max(change.allocation - old.allocation, ZERO) for change, old in held if old is not None), ZERO)


def _notional(snapshot: Snapshot, epoch: Epoch) -> Decimal:
    entry = epoch.entry_price or epoch.reference_entry
    held = abs(epoch.quantity) * (snapshot.marks.get(epoch.symbol) or entry)
    waits = epoch.state.value == "pending" if not epoch.quantity else epoch.symbol in snapshot.pending
    return held + epoch.under_way if waits and not (epoch.shadow and epoch.quantity) else held
