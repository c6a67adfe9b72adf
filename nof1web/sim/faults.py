"""Faults to order: what a test wants to go wrong with the next requests to a path."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

KINDS = frozenset({"lose_answer", "reject", "slow", "http_503_unknown", "reset_before", "garbage"})


@dataclass(slots=True)
class Fault:
    """One kind of trouble for `count` requests; http_503_unknown and garbage execute them unless `executed` is off."""

    kind: str
    path: str
    method: str = ""
    count: int = 1
    code: int = -1007
    seconds: Decimal = Decimal(3)
    executed: bool = True
    api_key: str = ""


@dataclass(slots=True)
class FaultPlan:
    """Faults waiting for their requests."""

    waiting: list[Fault] = field(default_factory=list)

    def take(self, method: str, path: str, api_key: str) -> Fault | None:
        """The first fault meant for this request, used up by one."""
        for fault in self.waiting:
            if fault.path == path and fault.method in ("", method) and fault.api_key in ("", api_key):
                fault.count -= 1
                if fault.count <= 0:
                    self.waiting.remove(fault)
                return fault
        return None
