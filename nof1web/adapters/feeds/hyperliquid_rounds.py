"""One round over all addresses that are followed, within the weight that a minute allows: the longest unread first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from nof1web.adapters.feeds.decode import EPOCH, UNREADABLE
from nof1web.adapters.feeds.fetch import Document
from nof1web.adapters.feeds.hyperliquid_ask import (
    FILLS,
    MOST_ROWS,
    ORDERS,
    STATE,
    Asks,
    Stated,
    ask_fills,
    ask_orders,
    ask_state,
)
from nof1web.adapters.feeds.hyperliquid_batch import Batches
from nof1web.adapters.feeds.hyperliquid_leaders import ALONE_SECONDS, EXITS_SECONDS, LONG_AGO, Leader, copied
from nof1web.adapters.feeds.hyperliquid_told import Told
from nof1web.adapters.feeds.symbols import exchange_symbol
from nof1web.adapters.feeds.weights import Weights
from nof1web.errors import N_, FeedError, Nof1Error, Transient

T = TypeVar("T")
THREADS = 8
AT_ONCE = 2
"""how many with a change go before the others in a round, and how many that are known to be as they were are asked"""
TOO_MANY = 429
PAUSE_SECONDS = 6
"""how long nothing is asked after a refusal that doesn't say for how long"""
_ENOUGH = N_("Hyperliquid allows no more questions for now. It will be read again.")
Seen = Callable[[str], Collection[str]]
"""an address -> the symbols in which its stored signal shows a position"""


@dataclass(slots=True)
class Rounds:
    """Asks for states first, for fills of what changed, then for resting orders as far as the weight goes.

    `clock` gives monotonic seconds, `now` the time; after `seconds` a round asks nothing more.
    """

    ask: Asks
    weights: Weights
    clock: Callable[[], float]
    now: Callable[[], datetime]
    seen: Seen
    seconds: float = 4
    leaders: dict[str, Leader] = field(default_factory=dict)
    paused_until: float = 0
    saved: int = 0
    batches: Batches = field(default_factory=Batches)
    until: float = LONG_AGO
    untold: set[str] = field(default_factory=set)

    def read(self, addresses: Collection[str]) -> Told:
        """Return what was learnt.

        An address without an answer, or with an unexplained change, is left out and stays as it was; one whose answer
        is not understood is in it without a state; `untold` are those of whom something could not be read. Transient
        when nobody could be read.
        """
        self.leaders = {each: self.leaders.get(each) or Leader(each) for each in addresses}
        self.until, self.untold = self.clock() + self.seconds, set()
        if self.clock() < self.paused_until:
            raise Transient(_ENOUGH, retry_after=int(self.paused_until - self.clock()) + 1)
        unchanged = self._unchanged()
        asked = self._affordable(unchanged)
        with ThreadPoolExecutor(THREADS) as pool:
            states = list(pool.map(lambda leader: self._tried(partial(self._states, leader)), asked))
        errors: dict[str, Nof1Error] = {}
        for leader, found in zip(asked, states, strict=True):
            if isinstance(found, Nof1Error):
                errors[leader.address] = found
            else:
                leader.answered(found, self.clock())
        looked = [leader for leader in asked if leader.address not in errors]
        alone = {leader.address for leader in asked}
        for address in (each for each in unchanged if each not in alone):
            self.leaders[address].confirmed(unchanged[address])
            looked.append(self.leaders[address])
        self._explain(looked)
        ready = [leader for leader in looked if self._explained(leader)]
        keep = FILLS * any(leader.owing for leader in self.leaders.values())
        for leader in sorted(ready, key=lambda each: each.exits_at):
            if self._exits_due(leader):
                self._besides(leader, partial(self._orders, leader, keep))
        return self._told([leader for leader in ready if not leader.unprotected()], errors)

    def _unchanged(self) -> Mapping[str, Stated]:
        leaders, now = list(self.leaders.values()), self.clock()
        # What the answer shows to have changed is asked for, and explained, in the same round.
        keep = self._owed(now) or FILLS + AT_ONCE * STATE
        found = self._tried(partial(self.batches.unchanged, self._asking, self.weights, leaders, now, keep=keep))
        if isinstance(found, Nof1Error):
            raise found
        return found

    def _explain(self, looked: list[Leader]) -> None:
        """Read fills one leader after the other, as what they cost is known only then; one a round can wait."""
        patient = 0
        for leader in looked:
            leader.owing = bool(leader.changed())
            if leader.owing and not (leader.told_all_the_same and patient):
                patient += leader.told_all_the_same
                self._besides(leader, partial(self._fills, leader))

    def _besides(self, leader: Leader, work: Callable[[], None]) -> None:
        """Learn more than the state of an address; it is noted whose answer fails."""
        if isinstance(self._tried(work), Nof1Error):
            self.untold.add(leader.address)

    def _affordable(self, known: Collection[str]) -> list[Leader]:
        """Return who is asked by itself now, as many as may be: above all those whose present state isn't `known`."""
        now, found = self.clock(), []
        # What is owed would starve otherwise: the states alone can use up all there is.
        owed, left = self._owed(now), self.weights.left
        keep = min(owed, self.saved + max(0, left - self.saved) // 2)
        for leader in self._by_need(known):
            spared = 0 if leader.address in self.batches.differ else keep
            if not self.weights.take(STATE * len(leader.dexes(now)), keep=spared):
                break
            leader.asked_at = now
            found.append(leader)
        self.saved = min(keep, self.weights.left)
        if self.leaders and not found and not known:
            raise Transient(_ENOUGH)
        return found

    def _owed(self, now: float) -> int:
        everybody = self.leaders.values()
        return FILLS * any(leader.owing for leader in everybody) + ORDERS * any(each.overdue(now) for each in everybody)

    def _by_need(self, known: Collection[str]) -> list[Leader]:
        """Those that hold back a change, or were shown with one, first, though only as many as can be explained.

        Those that are known come last, when due.
        """
        now, everybody = self.clock(), sorted(self.leaders.values(), key=lambda each: each.asked_at)
        everybody.sort(key=lambda each: each.address not in self.batches.differ)
        due = max(AT_ONCE, len(everybody) // 40)
        urgent = [leader for leader in everybody if leader.urgent]
        others = [leader for leader in everybody if not leader.urgent and leader.address not in known]
        again = [leader for leader in everybody if leader.address in known and now - leader.alone_at >= ALONE_SECONDS]
        return urgent[:AT_ONCE] + others + urgent[AT_ONCE:] + again[:due]

    def _asking(self, question: Mapping[str, object]) -> Document:
        # Each question of a work anew: two that hang would take longer than whoever waits for the round.
        if self.clock() > self.until:
            raise Transient(N_("There was no time left to read this address. It will be read again."))
        return self.ask(question)

    def _tried(self, work: Callable[[], T]) -> T | Nof1Error:
        try:
            return work()
        except UNREADABLE:
            return FeedError(N_("Hyperliquid's answer has an unknown shape. Its signals are not used."))
        except FeedError as error:
            return error
        except Transient as error:
            if error.http_status == TOO_MANY:
                self.paused_until = self.clock() + (error.retry_after or PAUSE_SECONDS)
            return error

    def _states(self, leader: Leader) -> dict[str, Stated]:
        return {dex: ask_state(self._asking, leader.address, dex) for dex in leader.dexes(self.clock())}

    def _fills(self, leader: Leader) -> None:
        """Explain a change by the fills; without weight, answer or agreement the leader stays owing."""
        if self.weights.take(FILLS):
            rows = ask_fills(self._asking, leader.address, leader.fills_ms)
            self.weights.owe(min(len(rows) // 20, MOST_ROWS))
            leader.owing = not leader.explain(rows)
            leader.exits_at = LONG_AGO

    def _explained(self, leader: Leader) -> bool:
        """Whether this state may go out: a change of unknown epoch would be taken for another one later.

        What the stored signal shows already, after a restart, goes on in its epoch until the fills are read.
        """
        if not leader.owing or not leader.changed():
            return True
        seen = self.seen(leader.address)
        known = all(coin not in leader.shapes and exchange_symbol(coin) in seen for coin in leader.changed())
        return known and not leader.lagging

    def _exits_due(self, leader: Leader) -> bool:
        return bool(leader.held) and self.clock() - leader.exits_at >= EXITS_SECONDS

    def _orders(self, leader: Leader, keep: int) -> None:
        now, orders = self.clock(), []
        for dex, stated in leader.states.items():
            if copied(stated):
                if not self.weights.take(ORDERS, keep=0 if leader.exits_at == LONG_AGO else keep):
                    return
                orders += ask_orders(self._asking, leader.address, dex)
        leader.protect(orders, now)

    def _told(self, ready: list[Leader], errors: dict[str, Nof1Error]) -> Told:
        unusable = {address for address, error in errors.items() if isinstance(error, FeedError)}
        if errors and not ready and len(errors) > len(unusable):
            raise next(error for error in errors.values() if not isinstance(error, FeedError))
        if unusable and not ready:
            raise errors[min(unusable)]
        now, members = self.clock(), dict[str, str]()
        for leader in ready:
            leader.told(now)
            members[leader.address] = leader.written()
        members |= {address: Leader(address).written() for address in sorted(unusable)}
        # A part of a round only: their states are as they were.
        untold = (self.untold | errors.keys()) - unusable
        return Told(int((self.now() - EPOCH).total_seconds() * 1000), members, untold)
