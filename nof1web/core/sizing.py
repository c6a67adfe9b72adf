"""How large a new epoch becomes: from the agent's position to a signed quantity (DESIGN §5 rule 10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from nof1web.core import leverage as levers
from nof1web.core import risk, stops
from nof1web.core.records import Epoch
from nof1web.core.refusals import Code
from nof1web.core.rounding import cents, eighth, floor_to_step, plain
from nof1web.core.settings import Sizing, TrackerSettings, multiplier, slippage
from nof1web.core.signals import Signal, SignalPosition
from nof1web.core.snapshot import ZERO, Draft, Snapshot, TrackerView

_AVAILABLE_SHARE = Decimal("0.95")
BY_MARGIN = frozenset({Sizing.EQUITY_SHARE, Sizing.MARGIN_SHARE, Sizing.FIXED_MARGIN})
"""sizings that give a position a margin; its leverage then makes the quantity"""
BY_TOTAL = frozenset({Sizing.EQUITY_SHARE, Sizing.MARGIN_SHARE})
"""sizings whose positions grow with the total margin"""


@dataclass(frozen=True, slots=True)
class Size:
    """A wanted signed quantity, its leverage, and how both came about; with a `refusal` there is none.

    `asked` is the unsigned quantity before rounding.
    """

    quantity: Decimal
    leverage: int
    asked: Decimal = ZERO
    explanation: Mapping[str, str] = field(default_factory=dict)
    refusal: Code | None = None


def agent_margin(position: SignalPosition) -> Decimal:
    """Return the agent's initial margin in a position in USD; never the feed's own margin field (nof1.md §2)."""
    return abs(position.quantity) * position.entry_price / position.leverage


def agent_margins(signal: Signal) -> Decimal:
    """Return the agent's initial margin in all positions its newest record shows (USD)."""
    return sum((agent_margin(each) for each in signal.positions if each.missing is None), ZERO)


def allocation(signal: Signal, position: SignalPosition, settings: TrackerSettings) -> Decimal:
    """Return the margin in USDT a margin-based sizing gives a position, before multiplier, budget and limits."""
    if settings.sizing is Sizing.FIXED_MARGIN:
        return settings.fixed_margin
    whole = agent_margins(signal) if settings.sizing is Sizing.MARGIN_SHARE else signal.equity
    return settings.total_margin * agent_margin(position) / whole if whole > 0 else ZERO


def size(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, leverage: int = 0) -> Size:
    """Return the signed quantity a new epoch should have; a given leverage (a holding's own) is kept.

    The leverage is the highest that the bracket and the distance of the stop from liquidation allow.
    """
    settings, instrument, mark = view.settings, snapshot.instruments[position.symbol], snapshot.marks[position.symbol]
    if settings.sizing is Sizing.RISK_AT_STOP and position.stop is None:
        return Size(ZERO, 0, refusal=Code.NO_STOP)
    asked = _asked(snapshot, view, position)
    highest, by = (leverage, "holding") if leverage else levers.highest(snapshot, view, position)
    spare = stops.spare(draft, snapshot, view, position.symbol)

    def quantity(own: int) -> Decimal:
        return floor_to_step(asked(own).copy_sign(position.quantity), instrument.step)

    def listed(own: int) -> bool:
        return bool(leverage) or own <= levers.allowed(instrument, asked(own) * mark)

    def fits(own: int) -> bool:
        # Less leverage is never less safe: neither its bracket nor the way to its liquidation gets shorter.
        return listed(own) and (bool(leverage) or stops.is_safe(snapshot, view, position, (quantity(own), own, spare)))

    own = _most(highest, fits)
    if not own or (own < highest and not quantity(own) and quantity(highest)):
        return Size(ZERO, 0, refusal=Code.STOP_BEYOND_LIQUIDATION)
    if own < highest:
        by = "stop" if listed(own + 1) else "bracket"
    told = _told(snapshot, view, position, own)
    told |= {"leverage": str(own), "leverage_by": by, "asked": eighth(asked(own)), "rounded": plain(quantity(own))}
    return Size(quantity(own), own, asked(own), told | {"step": plain(instrument.step)})


def _most(highest: int, fits: Callable[[int], bool]) -> int:
    """Return the largest number up to `highest` that fits, knowing that whatever is below it does too; 0: none."""
    if fits(highest):
        return highest
    low, high = 0, highest
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def budget(snapshot: Snapshot, view: TrackerView) -> Decimal:
    """Return the margin in USDT a tracker may use in all: min(total margin, 95 % of available + own margin)."""
    within = None if snapshot.shadow(view) else reachable(snapshot, view)
    if within is None:
        return view.settings.total_margin
    return max(min(view.settings.total_margin, within), ZERO)


def reachable(snapshot: Snapshot, view: TrackerView) -> Decimal | None:
    """Return 95 % of the available balance and the own initial margin (USDT): the rest is for fees and moves.

    Both as the account was read: own orders since then only moved margin from one to the other. What other trackers
    took is gone, what their exits freed is there. None without an account.
    """
    if snapshot.account is None:
        return None
    name = view.tracker.id
    held = (epoch for epoch in view.epochs if epoch.quantity and not epoch.shadow)
    own = max(sum(map(_own_margin, held), ZERO) - snapshot.filled_since.get(name, ZERO), ZERO)
    since = (*snapshot.filled_since.items(), *snapshot.under_way.items())
    taken = sum((margin for tracker_id, margin in since if tracker_id != name), ZERO)
    return _AVAILABLE_SHARE * (snapshot.account.available + own - taken)


def used(view: TrackerView, shadow: bool) -> Decimal:
    """Return the margin in USDT that live and pending epochs of a tracker occupy."""
    mine = (epoch for epoch in view.epochs if epoch.shadow == shadow)
    return sum((epoch.allocation for epoch in mine if epoch.quantity or epoch.state.value == "pending"), ZERO)


def _own_margin(epoch: Epoch) -> Decimal:
    """Return the margin in USDT a holding has in the account: what its epoch has set aside beyond it is not there."""
    if not epoch.entry_price:
        return epoch.allocation
    return min(epoch.allocation, abs(epoch.quantity) * epoch.entry_price / epoch.leverage)


def _asked(snapshot: Snapshot, view: TrackerView, position: SignalPosition) -> Callable[[int], Decimal]:
    """Return the unsigned quantity wanted for a leverage, before rounding."""
    settings, signal, mark = view.settings, view.followed, snapshot.marks[position.symbol]
    assert signal is not None, "sized only from a signal"
    times = multiplier(settings, position.symbol)
    if settings.sizing in BY_MARGIN:
        share = allocation(signal, position, settings) * times / mark
        return lambda leverage: share * leverage
    if settings.sizing is Sizing.FIXED_NOTIONAL:
        fixed = settings.fixed_notional * times / mark
    elif settings.sizing is Sizing.EQUITY_RATIO:
        ratio = risk.own_equity(snapshot, view) / signal.equity if signal.equity > 0 else ZERO
        fixed = abs(position.quantity) * ratio * times
    else:
        return lambda leverage: _risked(snapshot, view, position, leverage)
    return lambda _: fixed


def _risked(snapshot: Snapshot, view: TrackerView, position: SignalPosition, leverage: int) -> Decimal:
    """Return the unsigned quantity that loses at its stop what may be lost."""
    stop = risk.stop_of(snapshot, view, position, (position.quantity, leverage))
    mark, most = snapshot.marks[position.symbol], risk.budget(snapshot, view, position.symbol)
    return most / risk.of_entry(view.settings, position.symbol, mark, stop)


def _told(snapshot: Snapshot, view: TrackerView, position: SignalPosition, leverage: int) -> dict[str, str]:
    """Return what a size is made from: the sizing, which names its formula, and every number in it."""
    settings, signal = view.settings, view.followed
    assert signal is not None, "sized only from a signal"
    told = {
        "sizing": str(settings.sizing),
        "agent_quantity": plain(position.quantity),
        "agent_entry": plain(position.entry_price),
        "agent_leverage": str(position.leverage),
        "agent_margin": cents(agent_margin(position)),
        "agent_equity": cents(signal.equity),
    }
    match settings.sizing:
        case Sizing.EQUITY_SHARE:
            told["total_margin"] = plain(settings.total_margin)
        case Sizing.MARGIN_SHARE:
            told |= {"total_margin": plain(settings.total_margin), "agent_margins": cents(agent_margins(signal))}
        case Sizing.FIXED_MARGIN:
            told["fixed_margin"] = plain(settings.fixed_margin)
        case Sizing.FIXED_NOTIONAL:
            told["fixed_notional"] = plain(settings.fixed_notional)
        case Sizing.EQUITY_RATIO:
            told["equity"] = cents(risk.own_equity(snapshot, view))
        case Sizing.RISK_AT_STOP:
            stop = risk.stop_of(snapshot, view, position, (position.quantity, leverage))
            told |= {"equity": cents(risk.own_equity(snapshot, view)), "risk_percent": plain(settings.risk_percent)}
            told |= {"stop": plain(stop), "fee_percent": plain(risk.FEE_RATE * 100)}
            told["slippage_percent"] = plain(slippage(settings, position.symbol))
    times = multiplier(settings, position.symbol)
    return told | {"multiplier": plain(times), "mark": plain(snapshot.marks[position.symbol])}
