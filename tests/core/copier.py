"""What one tracker knows in memory: its settings, its agent's signal, its epochs and the orders of its last hour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core import book, settings
from nof1web.core.records import Epoch, EpochState, Intent, Tracker
from nof1web.core.settings import TrackerSettings
from nof1web.core.signals import AgentRecord, Signal
from nof1web.core.snapshot import ZERO, TrackerView
from nof1web.core.states import Mode

_HOUR = timedelta(hours=1)


@dataclass(eq=False)
class Copier:
    """One tracker. `since` is when it started: the first cycle, unless it is set before."""

    id: str
    settings: TrackerSettings
    source: str = "nof1"
    agent: str = "agent"
    since: datetime | None = None
    signal: Signal | None = None
    epochs: dict[tuple[str, str], Epoch] = field(default_factory=dict)
    tries: dict[tuple[str, str], Intent] = field(default_factory=dict)
    entered_at: list[datetime] = field(default_factory=list)

    def reads(self, news: AgentRecord | Signal | None, now: datetime) -> None:
        """Read the source once more; None: the payload lacked the agent."""
        if isinstance(news, Signal):
            self.signal = news
        elif self.signal is not None:
            self.signal = book.advance(self.signal, news, now)
        elif news is not None:
            self.signal = book.first(self.source, news, now)

    def view(self, now: datetime) -> TrackerView:
        """Return the tracker as a decision sees it."""
        tracker = Tracker(self.id, "c1", self.id, self.source, self.agent, True, self.since, self.since or now)
        shadow = self.settings.mode is Mode.SHADOW
        mine = tuple(epoch for epoch in self.epochs.values() if epoch.shadow == shadow)
        lately = tuple(at for at in self.entered_at if at > now - _HOUR)
        return TrackerView(tracker, self.settings, self.signal, mine, dict(self.tries), lately)

    def epoch(self, symbol: str) -> Epoch:
        """Return the newest epoch of a symbol."""
        return [epoch for epoch in self.epochs.values() if epoch.symbol == symbol][-1]

    def held(self, symbol: str) -> Decimal:
        """Return the holding in a symbol, signed."""
        return sum((epoch.quantity for epoch in self.epochs.values() if epoch.symbol == symbol), ZERO)

    @property
    def margin(self) -> Decimal:
        """The margin in USDT that live and pending epochs occupy."""
        occupied = (each for each in self.epochs.values() if each.quantity or each.state is EpochState.PENDING)
        return sum((each.allocation for each in occupied), ZERO)


def chosen_settings(**chosen: str) -> TrackerSettings:
    """Return settings that trade with 1,000 USDT unless chosen otherwise."""
    return settings.parse({"mode": "trade", "total_margin": "1000"} | chosen)
