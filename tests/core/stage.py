"""A stage for named scenarios: an agent's records, mirrored for shorts, before a follower in either position mode."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from nof1web.core.plan import decide
from nof1web.core.refusals import Code
from nof1web.core.signals import AgentRecord, RecordedPosition, Signal
from nof1web.core.snapshot import Plan, Snapshot
from nof1web.core.trading import PositionSide
from tests.core.follower import Cycle, Follower
from tests.core.scene import NOW, an_instrument, d

BTC, ETH = "BTCUSDT", "ETHUSDT"
MIDDLE = 1000
"""the price around which a short's world mirrors a long's"""
TOLD: dict[str, frozenset[Code]] = {}
"""the codes each named scenario must produce, by its name"""

Test = Callable[..., None]


def scenario(*codes: Code) -> Callable[[Test], Test]:
    """Name a test as the row that shows these codes; its stages must have produced them all when it ends."""

    def named(test: Test) -> Test:
        TOLD[f"{test.__module__}.{test.__name__}"] = frozenset(codes)
        return test

    return named


def require_shown(name: str, seen: Iterable[str]) -> None:
    """Fail a scenario in whose plans not every code was said that it is named for."""
    missing = {str(code) for code in TOLD.get(name, frozenset())} - set(seen)
    assert not missing, f"not shown: {sorted(missing)}"


def at(seconds: float) -> datetime:
    """Return the time of a step."""
    return NOW + timedelta(seconds=seconds)


class Stage(Follower):
    """A follower whose agent is described as a long one: with sign -1 every quantity and price is mirrored.

    The agent's equity is 10000, `total_margin` 1000: a position of 1 at 1000 with 10x becomes 0.1 (10 USDT of margin).
    """

    def __init__(self, sign: int, seen: set[str], *, hedge: bool, **chosen: Any) -> None:
        whole = {"instruments": {symbol: an_instrument(symbol) for symbol in (BTC, ETH)}} | chosen
        super().__init__(hedge=hedge, **whole)
        self.sign, self.seen = sign, seen
        self.marks = {BTC: d(MIDDLE), ETH: d(MIDDLE)}

    def price(self, value: object) -> Decimal:
        """Return a price on the mirrored scale."""
        return d(MIDDLE) + (d(value) - MIDDLE) * self.sign

    @property
    def side(self) -> PositionSide:
        """The side of the agent's direction in hedge mode."""
        return PositionSide.LONG if self.sign > 0 else PositionSide.SHORT

    @property
    def book(self) -> Signal:
        """The agent's signal, which was read before."""
        assert self.signal is not None
        return self.signal

    def mark(self, value: object, symbol: str = BTC) -> None:
        """Move the mark."""
        self.marks[symbol] = self.price(value)

    def btc(self, quantity: object = 1, *, oid: str | None = "1", symbol: str = BTC, **more: Any) -> RecordedPosition:
        """Return the agent's position as a record shows it."""
        made = RecordedPosition(symbol, d(quantity) * self.sign, self.price(more.pop("entry", MIDDLE)), 10, oid)
        levels: dict[str, Any] = {name: self.price(more.pop(name)) for name in ("stop", "target") if name in more}
        return replace(made, **levels, **more)

    def eth(self, quantity: object = 1, *, oid: str = "9", **more: Any) -> RecordedPosition:
        """Return a position in the other symbol."""
        return self.btc(quantity, oid=oid, symbol=ETH, **more)

    def shows(self, seconds: float, *positions: RecordedPosition, **more: Any) -> Cycle:
        """Let the agent's record of that second arrive in the same second."""
        return self.feed(self.record(seconds, *positions, **more), at(seconds))

    def record(self, seconds: float, *positions: RecordedPosition, **more: Any) -> AgentRecord:
        """Return the agent's record of that second."""
        return AgentRecord("agent", at(seconds), d(10000), positions, **more)

    def starts(self, *positions: RecordedPosition, **more: Any) -> Cycle:
        """Let the agent be first read at second 0, holding these or nothing."""
        return self.shows(0, *positions, **more)

    def cycle(self, now: datetime) -> Cycle:
        """Decide and execute, and note the codes."""
        done = super().cycle(now)
        for plan in done.plans:
            self.saw(plan)
        return done

    def decides(self, seconds: float, **changes: Any) -> Plan:
        """Decide once from the present snapshot with some of it changed; nothing is executed."""
        snapshot: Snapshot = replace(self.snapshot(at(seconds)), **changes)
        return self.saw(decide(snapshot))

    def saw(self, plan: Plan) -> Plan:
        """Note the codes of a plan."""
        self.seen.update(verdict.code for verdict in plan.verdicts)
        return plan

    def mine(self, quantity: object, symbol: str = BTC) -> bool:
        """Whether the holding is this much on the agent's side, and the account agrees."""
        held, wanted = self.held(symbol), d(quantity) * self.sign
        return held == wanted and self.live(symbol, self.sign > 0) >= max(wanted * self.sign, d(0))


Open = Callable[..., Stage]


def codes(plan: Plan) -> Mapping[str, str]:
    """Return the codes of a plan by symbol."""
    return {verdict.symbol: str(verdict.code) for verdict in plan.verdicts}


def deltas(cycle: Cycle, sign: int = 1) -> list[Decimal]:
    """Return the signed changes of a cycle's orders, as of a long agent."""
    return [order.delta * sign for order in cycle.orders]
