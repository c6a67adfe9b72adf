"""Agents' statistics from what is stored of them, worked out at most once a minute for everybody."""

from __future__ import annotations

from datetime import datetime, timedelta

from nof1web.core.book import shown
from nof1web.core.signals import Signal
from nof1web.core.statistics import Statistics, statistics
from nof1web.services.stores import MarketStore

WINDOW = timedelta(days=90)
KEPT = timedelta(minutes=1)


class AgentStatistics:
    """One per process and market.db."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[datetime, Statistics]] = {}

    def of(self, market: MarketStore, signal: Signal, now: datetime) -> Statistics:
        """Return an agent's statistics over the last WINDOW, no older than KEPT."""
        key = (signal.source, signal.agent)
        kept = self._kept.get(key)
        if kept is None or now - kept[0] >= KEPT:
            kept = self._kept[key] = (now, _worked_out(market, signal, now))
        return kept[1]


def _worked_out(market: MarketStore, signal: Signal, now: datetime) -> Statistics:
    hours = market.equity_hours(signal.source, signal.agent, now - WINDOW)
    trades = market.trades.all(signal.source, signal.agent)
    held = [(position.symbol, position.leverage) for position in shown(signal, now)]
    return statistics([equity for _, equity in hours], trades, held)
