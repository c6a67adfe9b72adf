"""The limits of rule 10: amounts cut an entry and keep their code, counts refuse it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core import sizing
from nof1web.core.records import Epoch
from nof1web.core.refusals import Code
from nof1web.core.snapshot import ZERO, Draft, Snapshot, TrackerView, Wish
from nof1web.core.trading import Instrument

_HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Room:
    """What a limit still leaves: `whole` is the limit itself, `left` what is free of it (USDT).

    `of` is what an entry takes of it: its notional, or its margin for the budget.
    """

    code: Code
    whole: Decimal
    left: Decimal
    of: Callable[[Wish], Decimal]

    def share(self, wishes: Iterable[Wish]) -> Decimal:
        """Return which part (at most 1) of what the wishes ask for it leaves."""
        asked = sum(map(self.of, wishes), ZERO)
        return min(Decimal(1), max(self.left, ZERO) / asked) if asked else Decimal(1)


def notional(wish: Wish) -> Decimal:
    """Return what a wish adds in notional (USDT)."""
    return wish.notional


def margin(wish: Wish) -> Decimal:
    """Return what a wish adds in margin (USDT)."""
    return wish.margin


def own_rooms(wish: Wish) -> list[Room]:
    """Return the limits that concern one entry alone: order, symbol, leverage bracket."""
    settings, held = wish.view.settings, abs(wish.held) * wish.mark
    found = []
    if settings.order_cap is not None:
        found.append(Room(Code.ORDER_CAP, settings.order_cap, settings.order_cap, notional))
    if settings.symbol_cap is not None:
        found.append(Room(Code.SYMBOL_CAP, settings.symbol_cap, settings.symbol_cap - held, notional))
    most = bracket_cap(wish.instrument, wish.leverage)
    if most is not None:
        found.append(Room(Code.BRACKET_CAP, most, most - held, notional))
    return found


def bracket_cap(instrument: Instrument, leverage: int) -> Decimal | None:
    """Return the largest notional (USDT) the exchange allows at a leverage, None when it doesn't say."""
    caps = [each.notional_cap for each in instrument.brackets if each.max_leverage >= leverage]
    return max(caps, default=None)


def shared_rooms(snapshot: Snapshot, view: TrackerView, draft: Draft, spent: Decimal) -> list[Room]:
    """Return the limits all entries of a tracker share: budget, tracker, credential, user.

    `spent` is the margin (USDT) the trackers before it take of the account in this plan.
    """
    settings, shadow = view.settings, snapshot.shadow(view)
    freed = _freed(view, draft)
    mine = exposure(snapshot, [each for each in view.epochs if each not in freed], shadow=shadow)
    rest = [epoch for other in snapshot.trackers if other is not view for epoch in other.epochs]
    orders = (order for order in draft.orders if order.shadow == shadow and not order.kind.exits)
    planned = sum((order.quantity * order.mark for order in orders), ZERO)
    account = mine + exposure(snapshot, (*rest, *snapshot.elsewhere), shadow=shadow) + planned
    everywhere = account + (ZERO if shadow else snapshot.others_notional)
    whole = sizing.budget(view, snapshot.account, shadow)
    occupied = sizing.used(view) - sum((epoch.allocation for epoch in freed), ZERO)
    found = [Room(Code.BUDGET_SHORT, whole, whole - occupied - (ZERO if shadow else spent), margin)]
    for code, cap, taken in (
        (Code.TRACKER_CAP, settings.tracker_cap, mine),
        (Code.CREDENTIAL_CAP, settings.credential_cap, account),
        (Code.USER_CAP, settings.user_cap, everywhere),
    ):
        if cap is not None:
            found.append(Room(code, cap, cap - taken, notional))
    return found


def exposure(snapshot: Snapshot, epochs: Iterable[Epoch], *, shadow: bool) -> Decimal:
    """Return the notional (USDT) of what epochs hold or wait for, at the marks."""
    return sum((_notional(snapshot, epoch) for epoch in epochs if epoch.shadow == shadow), ZERO)


def occupies(epoch: Epoch) -> bool:
    """Whether an epoch takes a symbol: it holds something or its first order is under way."""
    return bool(epoch.quantity) or epoch.state.value == "pending"


def count_refusal(
    snapshot: Snapshot, wish: Wish, admitted: list[Wish]
) -> tuple[Code, dict[str, str], datetime | None] | None:
    """Return why a count forbids an entry after those already admitted, with the time at which that may be over."""
    settings, view = wish.view.settings, wish.view
    if settings.max_positions is not None and wish.fresh:
        symbols = {epoch.symbol for epoch in view.epochs if occupies(epoch)}
        symbols |= {each.position.symbol for each in admitted}
        if wish.position.symbol not in symbols and len(symbols) >= settings.max_positions:
            return Code.MAX_POSITIONS, {"most": str(settings.max_positions)}, None
    if settings.max_entries_per_hour is not None:
        lately = sorted(at for at in view.entered_at if at > snapshot.now - _HOUR)
        if len(lately) + len(admitted) >= settings.max_entries_per_hour:
            again_at = lately[0] + _HOUR if lately else None
            return Code.ENTRIES_PER_HOUR, {"most": str(settings.max_entries_per_hour)}, again_at
    return None


def _freed(view: TrackerView, draft: Draft) -> list[Epoch]:
    """Return epochs whose reservation is free again: entries tried again, and those that ended unfilled."""
    again = {(wish.position.symbol, wish.position.epoch) for wish in draft.wishes if wish.fresh and wish.view is view}
    again |= {(each.symbol, each.epoch) for each in draft.changes if each.tracker_id == view.tracker.id}
    waiting = (each for each in view.epochs if each.state.value == "pending" and not each.quantity)
    return [epoch for epoch in waiting if (epoch.symbol, epoch.epoch) in again]


def _notional(snapshot: Snapshot, epoch: Epoch) -> Decimal:
    if epoch.quantity:
        return abs(epoch.quantity) * (snapshot.marks.get(epoch.symbol) or epoch.entry_price or epoch.reference_entry)
    return epoch.allocation * epoch.leverage if epoch.state.value == "pending" else ZERO
