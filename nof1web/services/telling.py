"""Telling the person: an event in their database, then a nudge to their open pages."""

from __future__ import annotations

from nof1web.core.records import Event, Severity
from nof1web.errors import Text
from nof1web.services.ports import AccountPorts


def tell(
    ports: AccountPorts,
    kind: str,
    text: Text,
    *,
    severity: Severity = Severity.INFO,
    tracker_id: str = "",
    symbol: str = "",
) -> None:
    """Append an event for this account and publish it; the row counts, the nudge may be lost."""
    event = Event(kind, text, ports.clock(), severity, ports.credential_id, tracker_id, symbol)
    ports.bus.publish(ports.user_id, ports.store.chronicle.add_event(event))
