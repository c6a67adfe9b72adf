"""What became of a flatten, for whoever asked for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nof1web.core.flattening import REASON, Flatten, Left, Residual
from nof1web.core.records import Intent
from nof1web.core.rounding import plain
from nof1web.errors import N_, Text
from nof1web.services.ports import AccountPorts

_NEWEST = 200
_WORDS = {
    Left.WAITING: N_("The answer to an order that was already sent is missing; it is being looked up."),
    Left.RETRYING: N_("The last order had no effect; the next one follows in a few seconds."),
    Left.NOTHING_LIVE: N_("The account shows nothing to close; it is being found out why."),
    Left.UNDER_WAY: N_("It could not be closed yet; it is tried again in a few seconds."),
    Left.DUST: N_("It is less than any order takes: it stays on the account until it is closed on the exchange."),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one go left of a flatten, the sentences of what went wrong by symbol, and when to go on (None: done)."""

    residual: tuple[Residual, ...]
    why: Mapping[str, Text]
    again_at: datetime | None


def answer(ports: AccountPorts, flatten: Flatten, outcome: Outcome) -> dict[str, object]:
    """Return {"flatten_id", "finished", "closed", "residual"} as DESIGN §9 shows it; quantities unsigned in closed."""
    names = {each.id: each.name for each in ports.store.trackers.all(ports.credential_id)}
    closed: dict[tuple[str, str], Decimal] = {}
    for intent in sent(ports, flatten):
        key = (intent.tracker_id, intent.symbol)
        closed[key] = closed.get(key, Decimal(0)) + intent.executed
    return {
        "flatten_id": flatten.id,
        "finished": outcome.again_at is None,
        "closed": [
            {"tracker": names.get(tracker_id, ""), "symbol": symbol, "quantity": plain(quantity)}
            for (tracker_id, symbol), quantity in closed.items()
            if quantity
        ],
        "residual": [
            {
                "tracker": names.get(each.tracker_id, ""),
                "symbol": each.symbol,
                "quantity": plain(each.quantity),
                "code": str(each.why),
                "reason": str(outcome.why.get(each.symbol) or Text(_WORDS[each.why])),
            }
            for each in outcome.residual
        ],
    }


def sent(ports: AccountPorts, flatten: Flatten) -> Iterable[Intent]:
    """Return the orders that left for a flatten, oldest first."""
    newest = ports.store.journal.intents(ports.credential_id, limit=_NEWEST)
    for intent in reversed(newest):
        mine = intent.explanation.get("reason") == REASON and intent.created_at >= flatten.asked_at
        if mine and (flatten.covers(intent.tracker_id, intent.symbol) or intent.epoch.startswith(f"{flatten.id}:")):
            yield intent
