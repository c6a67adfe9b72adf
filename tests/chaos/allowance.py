"""What the exchange allows in a run: everything, unless it has told everybody to stop."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from nof1web.errors import N_, Transient
from tests.chaos.memory import Memory


class MemoryBudget:
    """The weight budget as far as it holds everybody back after a 429 or 418."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def take(self, weight: int, lane: str, **more: object) -> None:
        """Allow it unless everybody is stopped; Transient then, and without Redis."""
        until = self.memory.keys.get("stopped until")
        if self.memory.away or (until is not None and self.memory.clock() < until):
            raise Transient(N_("The request budget in Redis can't be reached. It will be tried again."), retry_after=5)

    def order(self, account: str, lane: str) -> None:
        """Allow it likewise."""
        self.take(0, lane)

    def __getattr__(self, name: str) -> Any:
        """Whatever else is told of limits is forgotten: nobody comes near them."""
        return lambda *told: None

    def stop(self, until: datetime) -> None:
        """Stop everybody; the client reckons by this machine's own clock."""
        self.memory.keys["stopped until"] = self.memory.clock() + (until - datetime.now(until.tzinfo))
