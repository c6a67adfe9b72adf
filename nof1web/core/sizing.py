"""How large a new epoch becomes: from the agent's position to a signed quantity (DESIGN §5 rule 10)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from nof1web.core.rounding import floor_to_step, plain
from nof1web.core.settings import Sizing, TrackerSettings
from nof1web.core.signals import Signal, SignalPosition
from nof1web.core.snapshot import ZERO, TrackerView
from nof1web.core.trading import Account, Instrument, MarginMode

_AVAILABLE_SHARE = Decimal("0.95")
_STOP_SHARE = Decimal("0.8")


@dataclass(frozen=True, slots=True)
class Size:
    """A wanted signed quantity, its leverage, and how both came about; quantity 0 with leverage 0: refused."""

    quantity: Decimal
    leverage: int
    explanation: dict[str, str]


def agent_margin(position: SignalPosition) -> Decimal:
    """Return the agent's initial margin in a position in USD; never the feed's own margin field (nof1.md §2)."""
    return abs(position.quantity) * position.entry_price / position.leverage


def allocation(signal: Signal, position: SignalPosition, settings: TrackerSettings) -> Decimal:
    """Return the margin in USDT the sizing gives a position, before multiplier, budget and caps."""
    if settings.sizing is Sizing.FIXED_MARGIN:
        return settings.fixed_margin
    margin = agent_margin(position)
    if settings.sizing is Sizing.MARGIN_SHARE:
        whole = sum((agent_margin(each) for each in signal.positions if each.missing is None), ZERO)
    else:
        whole = signal.equity
    return settings.total_margin * margin / whole if whole > 0 else ZERO


def leverage_for(position: SignalPosition, settings: TrackerSettings, instrument: Instrument, notional: Decimal) -> int:
    """Return min(agent's, max_leverage, bracket) for a notional in USDT; 0 when the stop forbids every leverage."""
    leverage = min(position.leverage, settings.max_leverage)
    bracket = next((each for each in instrument.brackets if notional <= each.notional_cap), None)
    if bracket is not None:
        leverage = min(leverage, bracket.max_leverage)
    if settings.margin_mode is not MarginMode.ISOLATED or position.stop is None:
        return max(leverage, 1)
    rate = bracket.maintenance_rate if bracket else ZERO
    distance = abs(position.entry_price - position.stop) / position.entry_price
    while leverage > 0 and distance > _STOP_SHARE * (1 / Decimal(leverage) - rate):
        leverage -= 1
    return leverage


def size(view: TrackerView, position: SignalPosition, instrument: Instrument, mark: Decimal, leverage: int = 0) -> Size:
    """Return the signed quantity a new epoch should have; a given leverage (a holding's own) is kept."""
    settings, signal = view.settings, view.signal
    assert signal is not None, "sized only from a signal"
    if settings.sizing is Sizing.FIXED_NOTIONAL:
        notional = settings.fixed_notional
        own = leverage or leverage_for(position, settings, instrument, notional * settings.multiplier)
    else:
        share = allocation(signal, position, settings)
        first = min(position.leverage, settings.max_leverage)
        own = leverage or leverage_for(position, settings, instrument, share * settings.multiplier * first)
        notional = share * own
    wanted = notional * settings.multiplier / mark
    quantity = floor_to_step(wanted if position.quantity > 0 else -wanted, instrument.step)
    told = {
        "sizing": str(settings.sizing),
        "agent_quantity": plain(position.quantity),
        "agent_entry": plain(position.entry_price),
        "agent_leverage": str(position.leverage),
        "agent_margin": plain(agent_margin(position).quantize(Decimal("0.01"))),
        "agent_equity": plain(signal.equity.quantize(Decimal("0.01"))),
        "total_margin": plain(settings.total_margin),
        "multiplier": plain(settings.multiplier),
        "leverage": str(own),
        "mark": plain(mark),
        "wanted": plain(wanted.quantize(Decimal("0.00000001"))),
        "rounded": plain(quantity),
        "step": plain(instrument.step),
    }
    return Size(quantity, own, told)


def budget(view: TrackerView, account: Account | None, shadow: bool) -> Decimal:
    """Return the margin in USDT a tracker may use in all: min(total margin, 95 % of available + own margin)."""
    if shadow or account is None:
        return view.settings.total_margin
    own = sum((epoch.allocation for epoch in view.epochs if epoch.quantity), ZERO)
    return min(view.settings.total_margin, _AVAILABLE_SHARE * (account.available + own))


def used(view: TrackerView) -> Decimal:
    """Return the margin in USDT that live and pending epochs of a tracker occupy."""
    return sum((epoch.allocation for epoch in view.epochs if epoch.quantity or epoch.state.value == "pending"), ZERO)
