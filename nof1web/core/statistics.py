"""How an agent has done: return, largest fall, Sharpe ratio, share of wins, from what was stored of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from nof1web.core.trades import Trade

ZERO, HUNDRED = Decimal(0), Decimal(100)
HOURS_A_YEAR = Decimal(24 * 365)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of one agent since it was first seen; shares in %, None where there is too little to tell.

    `gain` is the change of its equity, since it last had none where it has some again; `fall` the largest loss from a
    peak, `sharpe` annualised from hourly returns without a risk-free rate. `wins` is the share of closed positions
    that gained, `hold` how long one was held on average, `leverage` the average of closed and open ones.
    """

    gain: Decimal | None
    fall: Decimal | None
    sharpe: Decimal | None
    wins: Decimal | None
    hold: timedelta | None
    leverage: Decimal | None
    trades: int
    symbols: tuple[str, ...]


def statistics(
    hours: Sequence[tuple[datetime, Decimal]], trades: Sequence[Trade], held: Sequence[tuple[str, int]] = ()
) -> Statistics:
    """Return the statistics of hourly equities (USD, oldest first), closed positions, and (symbol, leverage) held.

    A change over more than an hour, because nothing was read in between, is no hourly return.
    """
    equities = [equity for _, equity in hours]
    leverages = [trade.leverage for trade in trades] + [leverage for _, leverage in held]
    return Statistics(
        gain=_gain(equities),
        fall=_fall(equities),
        sharpe=_sharpe(hours),
        wins=HUNDRED * sum(1 for trade in trades if trade.profit > 0) / len(trades) if trades else None,
        hold=sum((trade.held for trade in trades), timedelta()) / len(trades) if trades else None,
        leverage=Decimal(sum(leverages)) / len(leverages) if leverages else None,
        trades=len(trades),
        symbols=tuple(sorted({trade.symbol for trade in trades} | {symbol for symbol, _ in held})),
    )


def _gain(equities: Sequence[Decimal]) -> Decimal | None:
    if equities and equities[-1] > 0:
        equities = equities[1 + max((number for number, each in enumerate(equities) if each <= 0), default=-1) :]
    if len(equities) < 2 or equities[0] <= 0:
        return None
    return (equities[-1] / equities[0] - 1) * HUNDRED


def _fall(equities: Sequence[Decimal]) -> Decimal | None:
    peak = worst = ZERO
    for equity in equities:
        peak = max(peak, equity)
        if peak:
            worst = max(worst, (peak - equity) / peak)
    return worst * HUNDRED if len(equities) > 1 else None


def _sharpe(hours: Sequence[tuple[datetime, Decimal]]) -> Decimal | None:
    """Mean of the returns ÷ their sample deviation × √8760; None below two returns, or when they never differ."""
    returns = [
        now / before - 1
        for (before_at, before), (at, now) in pairwise(hours)
        if before > 0 and _hour(at) - _hour(before_at) <= HOUR
    ]
    if len(returns) < 2:
        return None
    mean = sum(returns, ZERO) / len(returns)
    variance = sum(((each - mean) ** 2 for each in returns), ZERO) / (len(returns) - 1)
    return mean / variance.sqrt() * HOURS_A_YEAR.sqrt() if variance else None


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
