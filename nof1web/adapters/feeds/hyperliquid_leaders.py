"""What is remembered of each address from round to round: its book's shape, epochs, and resting exits."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from nof1web.adapters.feeds.hyperliquid_ask import SECOND, Stated
from nof1web.adapters.feeds.hyperliquid_wire import MAIN, Held, epochs_of, exits_of
from nof1web.adapters.feeds.symbols import exchange_symbol

LONG_AGO = -math.inf
PROBE_SECONDS = 300
"""how often an address with nothing on the second dex is looked up there, or up to twice as seldom"""
EXITS_SECONDS = 60
ALONE_SECONDS = 60
"""how often an address is asked by itself, whatever is learnt of it besides, as far as the weight goes"""
TRIES = 3
"""reads for which fills that lag behind the position are waited for"""
BARE_READS = 2
"""reads for which a new epoch without its stops and targets is waited for"""

Shape = tuple[Decimal, Decimal]
Sided = tuple[str, bool]
"""an epoch, and whether it is long"""


@dataclass(slots=True)
class Leader:
    """One address: what it held when it was last read, and what had to be asked for besides.

    Times are seconds of a monotonic clock. `owing` when the fills of a change are still to be read; such a change is
    not told, except of positions that were known before a restart (`told_all_the_same`).
    """

    address: str
    read_at: float = LONG_AGO
    probed_at: float = LONG_AGO
    asked_at: float = LONG_AGO
    alone_at: float = LONG_AGO
    exits_at: float = LONG_AGO
    fills_ms: int = 0
    owing: bool = False
    told_all_the_same: bool = False
    lagging: int = 0
    bare: int = 0
    at_first: frozenset[str] | None = None
    states: dict[str, Stated] = field(default_factory=dict)
    shapes: dict[str, Shape] = field(default_factory=dict)
    epochs: dict[str, str] = field(default_factory=dict)
    exits: dict[str, list[str | None]] = field(default_factory=dict)
    exits_of: dict[str, Sided] = field(default_factory=dict)

    @property
    def held(self) -> list[Held]:
        """Its positions on all dexes, as last answered, that have a counterpart here: others are only named."""
        return [position for stated in self.states.values() for position in copied(stated)]

    @property
    def urgent(self) -> bool:
        """Whether it holds back a change: until its fills are read nobody hears of it."""
        return self.owing and not self.told_all_the_same

    def dexes(self, now: float) -> tuple[str, ...]:
        """Where it is looked up now: on the second dex each time if it can be copied, else now and then."""
        second = self.states.get(SECOND)
        if second is not None and copied(second):
            return MAIN, SECOND
        seconds = self._spread(PROBE_SECONDS) if second is None or _idle(second) else ALONE_SECONDS
        return (MAIN, SECOND) if now - self.probed_at >= seconds else (MAIN,)

    def _spread(self, seconds: int) -> float:
        # By address: all that were added, or began with the process, would fall due in one round otherwise.
        return seconds * (1 + int(self.address[-2:], 16) / 256)

    def overdue(self, now: float) -> bool:
        """Whether its stops and targets were put off for too long."""
        return bool(self.held) and now - self.exits_at >= 5 * EXITS_SECONDS

    def answered(self, states: Mapping[str, Stated], now: float) -> None:
        """Note what the dexes answered; on one that was not asked it is as it was."""
        self.states, self.alone_at = self._kept() | dict(states), now
        if SECOND in states:
            self.probed_at = now
        if self.at_first is None:
            self.at_first = frozenset(each.coin for each in self.held)

    def settled(self, now: float) -> bool:
        """Whether all there is to learn is that nothing changed: it answered lately, on the main dex, and was told."""
        lately = MAIN in self.states and now - self.alone_at < 5 * ALONE_SECONDS
        return lately and not self.urgent and self.dexes(now) == (MAIN,)

    def agrees(self, stated: Stated) -> bool:
        """Whether a state that may be anybody's is what this address holds; an empty book is told by its equity."""
        known, found = self.states[MAIN].state, stated.state
        if found.at_ms < known.at_ms:
            return False
        return _book(stated) == _book(self.states[MAIN]) and bool(known.held or found.equity == known.equity)

    def confirmed(self, stated: Stated) -> None:
        """Note that it holds what it held, at the present marks."""
        self.states = {MAIN: stated} | self._kept()

    def _kept(self) -> dict[str, Stated]:
        second = self.states.get(SECOND)
        return {} if second is None or _idle(second) else {SECOND: second}

    def changed(self) -> set[str]:
        """The coins whose size or entry is not the one that was last told or explained."""
        return {each.coin for each in self.held if self.shapes.get(each.coin) != (each.size, each.entry)}

    def explain(self, fills: list[Mapping[str, object]]) -> bool:
        """Take epochs from fills; False when they lag behind the position, and are worth waiting for."""
        found = epochs_of(fills, self.epochs)
        # What it held from the first look on may be older than all fills.
        untold = self.changed() - {coin for coin in self.at_first or () if coin not in self.shapes}
        lags = any(found[each.coin][1] != each.size for each in self.held if each.coin in found)
        if (lags or untold - found.keys()) and self.lagging < TRIES:
            self.lagging, self.fills_ms = self.lagging + 1, 0
            return False
        self.lagging, self.shapes = 0, self._shapes()
        self.epochs |= {coin: oid for coin, (oid, _) in found.items()}
        self.fills_ms = max(int(stated.state.at_ms) for stated in self.states.values()) - 60_000
        return True

    def protect(self, orders: list[Mapping[str, object]], now: float) -> None:
        """Take stops and targets from the resting orders."""
        self.exits, self.exits_at = exits_of(orders, self.held), now
        self.exits_of = {each.coin: self._sided(each) for each in self.held}

    def _shapes(self) -> dict[str, Shape]:
        return {each.coin: (each.size, each.entry) for each in self.held}

    def unprotected(self) -> bool:
        """Whether an epoch's stops and targets are to be waited for; it is told without them after BARE_READS."""
        bare = any(self.exits_of.get(each.coin) != self._sided(each) for each in self.held)
        self.bare = self.bare + 1 if bare else 0
        return 0 < self.bare <= BARE_READS

    def _sided(self, held: Held) -> Sided:
        return self.epochs.get(held.coin, ""), held.size > 0

    def told(self, now: float) -> None:
        """Note that this state goes out."""
        self.read_at, self.told_all_the_same = now, self.owing
        # Told without its epochs it counts as changed until the fills are read.
        self.shapes = {} if self.owing else self._shapes()
        held = {each.coin: self._sided(each) for each in self.held}
        self.epochs = {coin: oid for coin, oid in self.epochs.items() if coin in held}
        self.at_first = (self.at_first or frozenset()) & held.keys()
        # Those of another epoch or side are not this one's.
        self.exits_of = {coin: of for coin, of in self.exits_of.items() if held.get(coin) == of}
        self.exits = {coin: both for coin, both in self.exits.items() if coin in self.exits_of}

    def written(self) -> str:
        """Its answers as they came, with the epochs and exits found for them, as one JSON member."""
        states = ",".join(f"{json.dumps(dex)}:{stated.text}" for dex, stated in self.states.items())
        epochs, exits = json.dumps(self.epochs, sort_keys=True), json.dumps(self.exits, sort_keys=True)
        return f'{json.dumps(self.address)}:{{"states":{{{states}}},"epochs":{epochs},"exits":{exits}}}'


def copied(stated: Stated) -> list[Held]:
    """Return the positions of a state that have a counterpart here."""
    return [each for each in stated.state.held.values() if exchange_symbol(each.coin) is not None]


def _idle(stated: Stated) -> bool:
    return not stated.state.held and not stated.state.equity


def _book(stated: Stated) -> dict[str, tuple[Decimal, Decimal, int]]:
    return {coin: (each.size, each.entry, each.leverage) for coin, each in stated.state.held.items()}
