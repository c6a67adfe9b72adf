"""How large a new epoch becomes: from the agent's position to a signed quantity (DESIGN §5 rule 10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from nof1web.core import liquidation
from nof1web.core.refusals import Code
from nof1web.core.rounding import floor_to_step, plain
from nof1web.core.settings import Sizing, TrackerSettings, multiplier
from nof1web.core.signals import Signal, SignalPosition
from nof1web.core.snapshot import ZERO, Draft, Snapshot, TrackerView
from nof1web.core.trading import Account, Instrument, MarginMode

_AVAILABLE_SHARE = Decimal("0.95")
FEE_RATE = Decimal("0.0005")
"""what a taker pays at most on the default tier; entry and stop both take"""
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Size:
    """A wanted signed quantity, its leverage, and how both came about; with a `refusal` there is none."""

    quantity: Decimal
    leverage: int
    explanation: dict[str, str]
    refusal: Code | None = None


def agent_margin(position: SignalPosition) -> Decimal:
    """Return the agent's initial margin in a position in USD; never the feed's own margin field (nof1.md §2)."""
    return abs(position.quantity) * position.entry_price / position.leverage


def allocation(signal: Signal, position: SignalPosition, settings: TrackerSettings) -> Decimal:
    """Return the margin in USDT a margin-based sizing gives a position, before multiplier, budget and limits."""
    if settings.sizing is Sizing.FIXED_MARGIN:
        return settings.fixed_margin
    margin = agent_margin(position)
    if settings.sizing is Sizing.MARGIN_SHARE:
        whole = sum((agent_margin(each) for each in signal.positions if each.missing is None), ZERO)
    else:
        whole = signal.equity
    return settings.total_margin * margin / whole if whole > 0 else ZERO


def own_equity(snapshot: Snapshot, view: TrackerView) -> Decimal:
    """Return the account's equity in USDT; without an account to read the total margin stands in for it."""
    return snapshot.account.equity if snapshot.account is not None else view.settings.total_margin


def size(draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, leverage: int = 0) -> Size:
    """Return the signed quantity a new epoch should have; a given leverage (a holding's own) is kept.

    The leverage is the highest that the bracket and the distance of the stop from liquidation allow.
    """
    settings, instrument, mark = view.settings, snapshot.instruments[position.symbol], snapshot.marks[position.symbol]
    if settings.sizing is Sizing.RISK_AT_STOP and position.stop is None:
        return Size(ZERO, 0, {}, Code.NO_STOP)
    wanted = _unrounded(snapshot, view, position)
    highest = leverage or _highest(snapshot, view, position)
    spare = _spare(draft, snapshot, view, position.symbol)
    for own in (leverage,) if leverage else range(highest, 0, -1):
        raw = wanted(own)
        if not leverage and own > max(_allowed(instrument, raw * mark), 1):
            continue
        quantity = floor_to_step(raw if position.quantity > 0 else -raw, instrument.step)
        if leverage or _stop_is_safe(snapshot, view, position, (quantity, own, spare)):
            return Size(quantity, own, _told(view, position, (mark, own, raw, quantity), instrument))
    return Size(ZERO, 0, {}, Code.STOP_BEYOND_LIQUIDATION)


def stop_is_safe(
    draft: Draft, snapshot: Snapshot, view: TrackerView, position: SignalPosition, held: tuple[Decimal, int]
) -> bool:
    """Whether a holding of that signed quantity and leverage keeps the agent's stop well before liquidation."""
    return _stop_is_safe(snapshot, view, position, (*held, _spare(draft, snapshot, view, position.symbol)))


def budget(view: TrackerView, account: Account | None, shadow: bool) -> Decimal:
    """Return the margin in USDT a tracker may use in all: min(total margin, 95 % of available + own margin)."""
    if shadow or account is None:
        return view.settings.total_margin
    own = sum((epoch.allocation for epoch in view.epochs if epoch.quantity), ZERO)
    return min(view.settings.total_margin, _AVAILABLE_SHARE * (account.available + own))


def used(view: TrackerView) -> Decimal:
    """Return the margin in USDT that live and pending epochs of a tracker occupy."""
    return sum((epoch.allocation for epoch in view.epochs if epoch.quantity or epoch.state.value == "pending"), ZERO)


def account_leverage(snapshot: Snapshot, symbol: str) -> int | None:
    """Return the leverage the account has on a symbol it holds a foreign share of, None without one (rule 7)."""
    if symbol not in snapshot.foreign:
        return None
    rows = (each for each in snapshot.positions if each.symbol == symbol and each.initial_margin)
    return next((max(1, round(abs(each.quantity) * each.mark / each.initial_margin)) for each in rows), None)


def _unrounded(snapshot: Snapshot, view: TrackerView, position: SignalPosition) -> Callable[[int], Decimal]:
    """Return the unsigned quantity wanted for a leverage, before rounding."""
    settings, signal, mark = view.settings, view.followed, snapshot.marks[position.symbol]
    assert signal is not None, "sized only from a signal"
    times = multiplier(settings, position.symbol)
    fixed: Decimal | None = None
    if settings.sizing is Sizing.FIXED_NOTIONAL:
        fixed = settings.fixed_notional * times / mark
    elif settings.sizing is Sizing.EQUITY_RATIO:
        share = own_equity(snapshot, view) / signal.equity if signal.equity > 0 else ZERO
        fixed = abs(position.quantity) * share * times
    elif settings.sizing is Sizing.RISK_AT_STOP and position.stop is not None:
        risked = own_equity(snapshot, view) * settings.risk_percent / 100 * times
        fixed = risked / (abs(mark - position.stop) + FEE_RATE * (mark + position.stop))
    if fixed is not None:
        quantity = fixed
        return lambda _: quantity
    share = allocation(signal, position, settings) * times / mark
    return lambda leverage: share * leverage


def _highest(snapshot: Snapshot, view: TrackerView, position: SignalPosition) -> int:
    """Return min(agent's, max_leverage), or the fixed one; beside a foreign share no more than the account has set."""
    settings = view.settings
    wanted = settings.fixed_leverage or min(position.leverage, settings.max_leverage)
    present = None if snapshot.shadow(view) else account_leverage(snapshot, position.symbol)
    return min(wanted, present) if present else wanted


def _allowed(instrument: Instrument, notional: Decimal) -> int:
    bracket = next((each for each in instrument.brackets if notional <= each.notional_cap), None)
    if bracket is not None:
        return bracket.max_leverage
    return instrument.brackets[-1].max_leverage if instrument.brackets else 125


def _spare(draft: Draft, snapshot: Snapshot, view: TrackerView, symbol: str) -> Decimal:
    """Return the margin balance less the maintenance of all other positions, this plan's included (USDT)."""
    own = own_equity(snapshot, view)
    if snapshot.account is None:
        return own
    kept = liquidation.others(dict(snapshot.instruments), snapshot.positions, symbol)
    planned = (wish for wish in draft.wishes if wish.position.symbol != symbol)
    return own - kept - sum((liquidation.maintenance(wish.instrument, wish.notional) for wish in planned), ZERO)


def _stop_is_safe(
    snapshot: Snapshot, view: TrackerView, position: SignalPosition, held: tuple[Decimal, int, Decimal]
) -> bool:
    quantity, leverage, spare = held
    if position.stop is None or not quantity:
        return True
    instrument, mark = snapshot.instruments[position.symbol], snapshot.marks[position.symbol]
    if liquidation.margin_mode(view.settings.margin_mode) is MarginMode.ISOLATED:
        price = liquidation.isolated(instrument, quantity, mark, leverage)
    else:
        whole = quantity + snapshot.foreign.get(position.symbol, ZERO)
        price = liquidation.crossed(instrument, whole or quantity, mark, spare)
    return liquidation.stop_is_safe(mark, position.stop, price, long=quantity > 0)


def _told(
    view: TrackerView, position: SignalPosition, found: tuple[Decimal, int, Decimal, Decimal], instrument: Instrument
) -> dict[str, str]:
    """Return how a size came about, for people: inputs, formula's name, rounding."""
    mark, leverage, wanted, quantity = found
    settings, signal = view.settings, view.followed
    assert signal is not None, "sized only from a signal"
    return {
        "sizing": str(settings.sizing),
        "agent_quantity": plain(position.quantity),
        "agent_entry": plain(position.entry_price),
        "agent_leverage": str(position.leverage),
        "agent_margin": plain(agent_margin(position).quantize(_CENT)),
        "agent_equity": plain(signal.equity.quantize(_CENT)),
        "total_margin": plain(settings.total_margin),
        "multiplier": plain(multiplier(settings, position.symbol)),
        "leverage": str(leverage),
        "mark": plain(mark),
        "wanted": plain(wanted.quantize(Decimal("0.00000001"))),
        "rounded": plain(quantity),
        "step": plain(instrument.step),
    }
