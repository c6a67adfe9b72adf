"""What a round over addresses learnt, as it is stored: word for word of whoever shows something new, else the name."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from nof1web.adapters.feeds.hyperliquid_wire import parse_reading
from nof1web.core import book
from nof1web.core.signals import Reading, Signal

Known = Callable[[str], Signal | None]
"""an address -> its stored signal"""


def shown(known: Known) -> Callable[[str], Collection[str]]:
    """Return what tells the symbols in which an address's stored signal shows a position."""

    def symbols(address: str) -> frozenset[str]:
        signal = known(address)
        return frozenset(each.symbol for each in signal.positions if each.quantity) if signal else frozenset()

    return symbols


@dataclass(frozen=True, slots=True)
class Told:
    """A round's answers by address, as JSON members; `untold` are those of whom something could not be read."""

    at_ms: int
    members: Mapping[str, str]
    untold: Collection[str] = ()

    def written(self, same: Collection[str] = ()) -> bytes:
        """Return the round as one JSON document (hyperliquid_wire.parse_reading), of those in `same` the names only."""
        members = ",".join(text for address, text in self.members.items() if address not in same)
        names = f',"same":{json.dumps(sorted(same))}' if same else ""
        untold = json.dumps(sorted(self.untold))
        return f'{{"at":{self.at_ms},"leaders":{{{members}}}{names},"untold":{untold}}}'.encode()

    def reading(self, known: Known) -> Reading:
        """Return the round as a reading in which nobody is told again who is as their stored signal says."""
        whole = parse_reading(self.written())
        present = tuple(
            record for record in whole.records if book.unchanged(known(record.agent), record, whole.server_at)
        )
        if not present:
            return whole
        return replace(parse_reading(self.written({record.agent for record in present})), present=present)
