"""Agents' statistics from what is stored of them, worked out at most once a minute for everybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from nof1web.core.book import shown
from nof1web.core.signals import Signal
from nof1web.core.statistics import Statistics, statistics
from nof1web.services.feeding import KEEP_EQUITIES
from nof1web.services.stores import MarketStore

WINDOW = KEEP_EQUITIES
KEPT = timedelta(minutes=1)
LEAST_HOURS = 24
"""below which a Sharpe ratio says nothing: two lucky hours, annualised, would rank above any year"""


class AgentStatistics:
    """One per process and market.db."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[datetime, Statistics]] = {}

    def of(self, market: MarketStore, signal: Signal, now: datetime) -> Statistics:
        """Return an agent's statistics over the last WINDOW, no older than KEPT.

        Of an address the gain, the largest fall and the Sharpe ratio are those of its equity without what was paid in
        and out: in every step between two reads, what the positions' marks don't explain and fees and funding can't be
        (core.worth), so a deposit is no gain and a withdrawal no loss; a fall beside a close is one where it can be.
        """
        key = (signal.source, signal.agent)
        kept = self._kept.get(key)
        if kept is None or now - kept[0] >= KEPT:
            kept = self._kept[key] = (now, _worked_out(market, signal, now))
        return kept[1]


def _worked_out(market: MarketStore, signal: Signal, now: datetime) -> Statistics:
    hours = market.equity_hours(signal.source, signal.agent, now - WINDOW)
    trades = [each for each in market.trades.all(signal.source, signal.agent) if each.closed_at >= now - WINDOW]
    held = [(position.symbol, position.leverage) for position in shown(signal, now)]
    found = statistics(hours, trades, held)
    return found if len(hours) > LEAST_HOURS else replace(found, sharpe=None)
