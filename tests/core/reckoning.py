"""What a decision is judged by, reckoned from DESIGN §5 and binance.md alone: the core that decides is not asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from nof1web.core.records import Epoch, EpochState
from nof1web.core.signals import SignalPosition
from nof1web.core.snapshot import Plan, PlannedOrder, Snapshot, TrackerView
from nof1web.core.states import Mode
from nof1web.core.trading import Instrument

ZERO = Decimal(0)
HAIR = Decimal("1e-9")
"""more than the last digits of a quotient, less than anything that is traded"""
FEE = Decimal("0.0005")


def entries(plan: Plan) -> list[PlannedOrder]:
    """Return the orders that open or add."""
    return [order for order in plan.orders if order.kind.value in ("open", "increase")]


def exits(plan: Plan) -> list[PlannedOrder]:
    """Return the orders that reduce or close."""
    return [order for order in plan.orders if order.kind.value in ("reduce", "close")]


def simulated(snapshot: Snapshot, view: TrackerView) -> bool:
    """Whether nothing a tracker orders leaves for the exchange."""
    return view.settings.mode is Mode.SHADOW or not snapshot.armed


def occupied(epochs: Iterable[Epoch]) -> list[Epoch]:
    """Return the live and pending epochs: they hold something, or their first order is under way."""
    return [each for each in epochs if each.quantity != 0 or each.state is EpochState.PENDING]


def budget(snapshot: Snapshot, view: TrackerView) -> Decimal:
    """Return min(total margin, 95 % of (available balance + own initial margin)) in USDT (rule 10).

    The own initial margin is what the exchange asks for the holdings at their marks (binance.md §4.2).
    """
    total, account = view.settings.total_margin, snapshot.account
    if simulated(snapshot, view) or account is None:
        return total
    held = (each for each in view.epochs if each.quantity)
    own = sum((abs(each.quantity) * snapshot.marks[each.symbol] / each.leverage for each in held), ZERO)
    return min(total, max((account.available + own) * 95 / 100, ZERO))


@dataclass(frozen=True, slots=True)
class Taken:
    """What a plan takes (margin or notional, USDT), by symbol, of what is left once `released` is free again."""

    taken: dict[str, Decimal]
    standing: dict[str, Decimal]

    def fits(self, limit: Decimal, symbols: Iterable[str] | None = None) -> bool:
        """Whether a limit holds, for some symbols or all: what was over it before may stay, but nothing is added."""
        names = set(self.taken) | set(self.standing) if symbols is None else set(symbols)
        taken = sum((self.taken.get(name, ZERO) for name in names), ZERO)
        standing = sum((self.standing.get(name, ZERO) for name in names), ZERO)
        return taken <= max(limit - standing, ZERO) + HAIR


def margins(snapshot: Snapshot, view: TrackerView, plan: Plan) -> Taken:
    """Return the margin a plan sets aside beyond what its epochs have; an entry tried again is released first."""
    taken, standing = dict[str, Decimal](), dict[str, Decimal]()
    known = {(each.symbol, each.epoch): each.allocation for each in occupied(view.epochs)}
    for change in (each for each in plan.changes if each.takes_over):
        before = known[change.symbol, change.takes_over]
        taken[change.symbol] = change.allocation - before
    for order in entries(plan):
        before = known.get((order.symbol, order.epoch), ZERO) if order.kind.value == "increase" else ZERO
        more = order.quantity * order.mark / order.leverage
        taken[order.symbol] = order.allocation - before
        assert before or order.allocation >= more - HAIR, "what is set aside pays for the order"
    for epoch in _standing(snapshot, view):
        standing[epoch.symbol] = standing.get(epoch.symbol, ZERO) + epoch.allocation
    return Taken(taken, standing)


def notionals(snapshot: Snapshot, view: TrackerView, plan: Plan, cap: str) -> Taken:
    """Return the notional a plan adds at the marks, to what is held and to what pending epochs may still become.

    A credential's limit counts its stopped trackers, too, a user's also the other credentials.
    """
    standing: dict[str, Decimal] = {}
    if cap in ("credential_cap", "user_cap"):
        for epoch in snapshot.elsewhere:
            standing[epoch.symbol] = abs(epoch.quantity) * (epoch.entry_price or ZERO)
    if cap == "user_cap" and not simulated(snapshot, view):
        standing["others"] = snapshot.others_notional
    mine = [each for each in _standing(snapshot, view) if each.shadow == simulated(snapshot, view)]
    for epoch in mine:
        worth = (
            abs(epoch.quantity) * snapshot.marks[epoch.symbol] if epoch.quantity else epoch.allocation * epoch.leverage
        )
        standing[epoch.symbol] = standing.get(epoch.symbol, ZERO) + worth
    return Taken({order.symbol: order.quantity * order.mark for order in entries(plan)}, standing)


def _standing(snapshot: Snapshot, view: TrackerView) -> list[Epoch]:
    """Return what occupies margin while a plan is carried out: what is held, and first orders without an answer.

    A first order that ended unfilled has nothing on the account: whether it is tried again or not, it may be replaced.
    """
    waits = frozenset[str]() if simulated(snapshot, view) else snapshot.pending
    return [each for each in occupied(view.epochs) if each.quantity or each.symbol in waits]


def requested(snapshot: Snapshot, view: TrackerView, order: PlannedOrder) -> Decimal | None:
    """Return the unsigned quantity a new epoch's sizing asks for (rule 10), None for the risk at a stop."""
    settings, signal, account = view.settings, view.signal, snapshot.account
    assert signal is not None and account is not None
    theirs = {each.symbol: abs(each.quantity) * each.entry_price / each.leverage for each in signal.positions}
    agent, total = theirs[order.symbol], settings.total_margin
    times: Decimal = settings.multiplier * dict(settings.symbol_multipliers).get(order.symbol, Decimal(1))
    match settings.sizing.value:
        case "equity_share":
            margin = total * agent / signal.equity
        case "margin_share":
            margin = total * agent / sum(theirs.values(), ZERO)
        case "fixed_margin":
            margin = settings.fixed_margin
        case "fixed_notional":
            return times * settings.fixed_notional / order.mark
        case "equity_ratio":
            return times * abs(order.agent_quantity) * account.equity / signal.equity
        case _:
            return None
    return times * margin * order.leverage / order.mark


def maintenance(instrument: Instrument, notional: Decimal) -> Decimal:
    """Return the maintenance margin: each bracket's rate on the part of the notional within it (binance.md §4.2)."""
    whole, below = ZERO, ZERO
    for number, bracket in enumerate(instrument.brackets):
        last = number == len(instrument.brackets) - 1
        upto = notional if last else min(notional, bracket.notional_cap)
        whole += max(upto - below, ZERO) * bracket.maintenance_rate
        below = bracket.notional_cap
    return whole


def survives(snapshot: Snapshot, orders: list[PlannedOrder], order: PlannedOrder, position: SignalPosition) -> bool:
    """Whether a flat account that carried these orders out is not liquidated even a quarter beyond an order's stop.

    So far its stop lies within 80 % of the way to liquidation. All positions are cross-margined, other marks unmoved.
    """
    assert position.stop is not None and snapshot.account is not None
    price = max(order.mark + (position.stop - order.mark) * 5 / 4, ZERO)
    kept = sum((_kept(snapshot, each, each.mark) for each in orders if each is not order), ZERO)
    return snapshot.account.equity + order.delta * (price - order.mark) + HAIR >= kept + _kept(snapshot, order, price)


def survives_alone(snapshot: Snapshot, order: PlannedOrder, position: SignalPosition) -> bool:
    """Whether an isolated position is not liquidated even a quarter beyond its stop."""
    assert position.stop is not None
    price = max(order.mark + (position.stop - order.mark) * 5 / 4, ZERO)
    own = order.quantity * order.mark / order.leverage
    return own + order.delta * (price - order.mark) + HAIR >= _kept(snapshot, order, price)


def _kept(snapshot: Snapshot, order: PlannedOrder, price: Decimal) -> Decimal:
    return maintenance(snapshot.instruments[order.symbol], order.quantity * price)
