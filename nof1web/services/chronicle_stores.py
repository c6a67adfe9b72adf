"""What services need of a tenant's verdicts, events and audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from nof1web.core.records import Event, Verdict


class Chronicle(Protocol):
    """Verdicts, events and audit."""

    def put_verdicts(self, verdicts: Iterable[Verdict]) -> int:
        """Keep each as the symbol's present verdict; append to the history only what differs from the last.

        Returns how many differed.
        """
        ...

    def verdicts(self, tracker_id: str | None = None) -> tuple[Verdict, ...]:
        """Return the present verdict per tracker and symbol."""
        ...

    def verdict_history(self, *, tracker_id: str | None = None, limit: int = 100) -> tuple[Verdict, ...]:
        """Return the newest first."""
        ...

    def add_event(self, event: Event) -> int:
        """Append; return its id."""
        ...

    def events(self, *, after: int = 0, limit: int = 100, credential_id: str | None = None) -> tuple[Event, ...]:
        """Return events with a larger id than `after`, newest first."""
        ...

    def last_event_id(self) -> int: ...

    def audit(self, at: datetime, actor: str, action: str, detail: Mapping[str, str]) -> None: ...
