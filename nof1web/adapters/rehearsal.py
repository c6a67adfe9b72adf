"""What stands in for the world while a recording is rehearsed: a clock, prices, and nobody who listens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from nof1web.core.trading import Instrument
from nof1web.services.ports import MarketData


class StillClock:
    """services.ports.Clock that stands until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the time it was set to."""
        return self.now


class RecordedMarket:
    """services.ports.MarketData: the rules of a real host, and the prices of the recording."""

    def __init__(self, rules: MarketData) -> None:
        self._rules = rules
        self.prices: Mapping[str, Decimal] = {}

    def instruments(self) -> Mapping[str, Instrument]:
        """Return the host's rules by symbol."""
        return self._rules.instruments()

    def marks(self) -> Mapping[str, Decimal]:
        """Return the recorded prices."""
        return self.prices


class DeafBus:
    """services.ports.Bus: nobody is told anything; marks are the recorded ones."""

    def __init__(self, market: RecordedMarket) -> None:
        self._market = market

    def publish(self, user_id: str, event_id: int) -> None:
        """Tell nobody."""

    def publish_marks(self, host: str, marks: Mapping[str, Decimal]) -> None:
        """Tell nobody."""

    def marks(self, host: str) -> Mapping[str, Decimal]:
        """Return the recorded prices."""
        return self._market.marks()


class NoQueue:
    """services.ports.Queue: nothing is asked of anybody, a rehearsal looks itself at what is due."""

    def cycle(self, user_id: str, credential_id: str, *, front: bool = False, dry_run: bool = False) -> str:
        """Ask nobody."""
        return ""

    def sync(self, user_id: str, credential_id: str) -> str:
        """Ask nobody."""
        return ""

    def test_key(self, user_id: str, draft_id: str) -> str:
        """Ask nobody."""
        return ""

    def retest(self, user_id: str, credential_id: str) -> str:
        """Ask nobody."""
        return ""

    def reconcile(self, user_id: str, credential_id: str) -> str:
        """Ask nobody."""
        return ""

    def flatten(self, user_id: str, credential_id: str, flatten_id: str) -> str:
        """Ask nobody."""
        return ""

    def follow(self, user_id: str, credential_id: str, agents: frozenset[tuple[str, str]]) -> None:
        """Tell nobody."""

    def wake(self, user_id: str, credential_id: str, at: datetime | None) -> None:
        """Tell nobody: the credential's own row says it too."""

    def sync_at(self, host: str, user_id: str, credential_id: str, at: datetime) -> None:
        """Tell nobody."""

    def forget(self, host: str, user_id: str, credential_id: str) -> None:
        """Tell nobody."""


class OnlyLease:
    """services.ports.Lease where nobody else could hold one."""

    def __init__(self, fence: int) -> None:
        self.fence, self.ending = fence, False

    def require(self, seconds: Decimal) -> None:
        """Never lost."""
