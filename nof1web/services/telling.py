"""Telling the person: an event in their database, then a nudge to their open pages."""

from __future__ import annotations

from nof1web.core.records import Event, Intent, OrderKind, Severity
from nof1web.core.rounding import plain
from nof1web.core.trading import Side
from nof1web.errors import N_, Text
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


_FILLED_WORDS = {
    OrderKind.OPEN: N_("Opened long %(quantity)s %(symbol)s."),
    OrderKind.INCREASE: N_("Added %(quantity)s to %(symbol)s."),
    OrderKind.REDUCE: N_("Reduced %(symbol)s by %(quantity)s."),
    OrderKind.CLOSE: N_("Closed %(quantity)s %(symbol)s."),
}


def tell_fill(ports: AccountPorts, intent: Intent) -> None:
    """Tell what an executed order did to its holding."""
    numbers = {"quantity": plain(intent.executed), "symbol": intent.symbol}
    kind = f"shadow_{intent.kind}" if intent.shadow else f"filled_{intent.kind}"
    word = _FILLED_WORDS[intent.kind]
    if intent.kind is OrderKind.OPEN and intent.side is Side.SELL:
        word = N_("Opened short %(quantity)s %(symbol)s.")
    text = Text(word, numbers)
    tell(ports, kind, text, tracker_id=intent.tracker_id, symbol=intent.symbol)
