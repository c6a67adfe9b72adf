"""Which leverage a new holding gets, and what caps it (DESIGN §5 rules 7 and 10)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.core.signals import SignalPosition
from nof1web.core.snapshot import Snapshot, TrackerView
from nof1web.core.trading import Instrument

_MOST = 125
"""what the exchange allows at most where it doesn't say"""


def highest(snapshot: Snapshot, view: TrackerView, position: SignalPosition) -> tuple[int, str]:
    """Return min(agent's, max_leverage) or the fixed one, and what decided it: a setting's name, agent or account.

    Beside a foreign share it is no more than the account has set.
    """
    settings = view.settings
    if settings.fixed_leverage is not None:
        wanted, by = settings.fixed_leverage, "fixed_leverage"
    elif position.leverage > settings.max_leverage:
        wanted, by = settings.max_leverage, "max_leverage"
    else:
        wanted, by = position.leverage, "agent"
    present = None if snapshot.shadow(view) else of_account(snapshot, position.symbol)
    return (present, "account") if present and present < wanted else (wanted, by)


def of_account(snapshot: Snapshot, symbol: str) -> int | None:
    """Return the leverage the account has on a symbol it holds a foreign share of, None without one (rule 7)."""
    if not snapshot.shares(symbol):
        return None
    rows = (each for each in snapshot.positions if each.symbol == symbol and each.initial_margin)
    return next((max(1, round(abs(each.quantity) * each.mark / each.initial_margin)) for each in rows), None)


def allowed(instrument: Instrument, notional: Decimal) -> int:
    """Return the highest leverage the exchange allows for a notional in USDT; beyond the last bracket, the last's."""
    if not instrument.brackets:
        return _MOST
    bracket = next((each for each in instrument.brackets if notional <= each.notional_cap), instrument.brackets[-1])
    return max(bracket.max_leverage, 1)


def most_notional(instrument: Instrument, leverage: int) -> Decimal | None:
    """Return the largest notional (USDT) the exchange allows at a leverage, None when it doesn't say."""
    if not instrument.brackets:
        return None
    caps = (each.notional_cap for each in instrument.brackets if each.max_leverage >= leverage)
    return max(caps, default=Decimal(0))
