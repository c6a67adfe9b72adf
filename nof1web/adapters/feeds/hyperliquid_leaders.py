"""What is remembered of each address from round to round: its book's shape, epochs, and resting exits."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from nof1web.adapters.feeds.hyperliquid_ask import MAIN, SECOND, Stated
from nof1web.adapters.feeds.hyperliquid_wire import Held, epochs_of, exits_of

LONG_AGO = -math.inf
PROBE_SECONDS = 300
"""how often an address without positions on the second dex is looked up there"""
EXITS_SECONDS = 60
TRIES = 3
"""reads for which fills that lag behind the position are waited for"""

Shape = tuple[Decimal, Decimal]


@dataclass(slots=True)
class Leader:
    """One address: what it held when it was last read, and what had to be asked for besides.

    Times are seconds of a monotonic clock. `owing` when the fills of a change are still to be read; such a change is
    not told, except of positions that were known before a restart (`told_all_the_same`).
    """

    address: str
    read_at: float = LONG_AGO
    probed_at: float = LONG_AGO
    exits_at: float = LONG_AGO
    fills_ms: int = 0
    owing: bool = False
    told_all_the_same: bool = False
    lagging: int = 0
    states: dict[str, Stated] = field(default_factory=dict)
    shapes: dict[str, Shape] = field(default_factory=dict)
    epochs: dict[str, str] = field(default_factory=dict)
    exits: dict[str, list[str | None]] = field(default_factory=dict)

    @property
    def held(self) -> list[Held]:
        """Its positions on all dexes as last answered."""
        return [position for stated in self.states.values() for position in stated.state.held.values()]

    @property
    def urgent(self) -> bool:
        """Whether it holds back a change: until its fills are read nobody hears of it."""
        return self.owing and not self.told_all_the_same

    def dexes(self, now: float) -> tuple[str, ...]:
        """Where it is looked up now: on the second dex always while it holds something there, else now and then."""
        second = self.states.get(SECOND)
        active = second is not None and bool(second.state.held or second.state.equity)
        return (MAIN, SECOND) if active or now - self.probed_at >= PROBE_SECONDS else (MAIN,)

    def overdue(self, now: float) -> bool:
        """Whether its stops and targets were put off for too long."""
        return bool(self.held) and now - self.exits_at >= 5 * EXITS_SECONDS

    def answered(self, states: Mapping[str, Stated], now: float) -> None:
        """Note what the dexes answered; a dex that was not asked had nothing."""
        self.states = dict(states)
        if SECOND in states:
            self.probed_at = now

    def changed(self) -> set[str]:
        """The coins whose size or entry is not the one that was last told."""
        return {each.coin for each in self.held if self.shapes.get(each.coin) != (each.size, each.entry)}

    def explain(self, fills: list[Mapping[str, object]]) -> bool:
        """Take epochs from fills; False when they lag behind the position, and are worth waiting for."""
        found = epochs_of(fills, self.epochs)
        lags = any(each.coin in found and found[each.coin][1] != each.size for each in self.held)
        if lags and self.lagging < TRIES:
            self.lagging, self.fills_ms = self.lagging + 1, 0
            return False
        self.lagging = 0
        self.epochs |= {coin: oid for coin, (oid, _) in found.items()}
        self.fills_ms = max(int(stated.state.at_ms) for stated in self.states.values()) - 60_000
        return True

    def protect(self, orders: list[Mapping[str, object]], now: float) -> None:
        """Take stops and targets from the resting orders."""
        self.exits, self.exits_at = exits_of(orders, self.held), now

    def told(self, now: float) -> None:
        """Note that this state goes out."""
        self.read_at, self.told_all_the_same = now, self.owing
        # Told without its epochs it counts as changed until the fills are read.
        self.shapes = {} if self.owing else {each.coin: (each.size, each.entry) for each in self.held}
        held = {each.coin for each in self.held}
        self.epochs = {coin: oid for coin, oid in self.epochs.items() if coin in held}
        self.exits = {coin: both for coin, both in self.exits.items() if coin in held}

    def written(self) -> str:
        """Its answers as they came, with the epochs and exits found for them, as one JSON member."""
        states = ",".join(f"{json.dumps(dex)}:{stated.text}" for dex, stated in self.states.items())
        epochs, exits = json.dumps(self.epochs, sort_keys=True), json.dumps(self.exits, sort_keys=True)
        return f'{json.dumps(self.address)}:{{"states":{{{states}}},"epochs":{epochs},"exits":{exits}}}'
