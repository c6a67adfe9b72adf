"""What services need of the names that a tenant gives agents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class LabelStore(Protocol):
    """Names of agents, one tenant's own."""

    def all(self) -> Mapping[tuple[str, str], str]:
        """Return the label of each (source, agent) that has one."""
        ...

    def put(self, source: str, agent: str, label: str) -> None:
        """Insert or replace; an empty label removes it."""
        ...
