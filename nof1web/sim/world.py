"""Everything one running exchange consists of, made new or read back from its state file."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from nof1web.sim import agents, arena_records, codec
from nof1web.sim.arena import Arena, new_arena
from nof1web.sim.candles import Candle
from nof1web.sim.clock import ClockState, SimClock, virtual_clock
from nof1web.sim.engine import Exchange, new_exchange
from nof1web.sim.fault_plan import SeededPlan
from nof1web.sim.faults import FaultPlan
from nof1web.sim.keys import ApiKey, KeyRing
from nof1web.sim.limits import Limits
from nof1web.sim.market import STEP_MS, Market
from nof1web.sim.replay import load_replay
from nof1web.sim.restoring import restore_exchange
from nof1web.sim.state import StateError, StateStore
from nof1web.sim.stream import Streams
from nof1web.sim.tape import FundingPaid, Running, Tape
from nof1web.sim.visibility import Replica

LOG_LENGTH = 20_000


class Feed(Protocol):
    """What serves account-totals: the arena or a replay."""

    def step(self, market: Market, now_ms: int) -> None:
        """Let time pass."""

    def payload(self, *, least_hour: int | None, now_ms: int) -> tuple[str, str]:
        """The body and its ETag."""

    def take_changes(self) -> dict[tuple[str, str], object]:
        """What has to be written."""


@dataclass(slots=True)
class RequestLog:
    """The last requests, numbered from 1."""

    entries: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))
    count: int = 0

    def add(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Number an entry and keep it."""
        self.count += 1
        numbered = {"n": self.count, **entry}
        self.entries.append(numbered)
        return numbered


@dataclass(frozen=True, slots=True)
class FeedState:
    """What the feed needs to go on after a restart."""

    started_ms: int
    last_oid: int = 0


@dataclass(slots=True)
class World:
    """One running exchange with its feed, keys, limits, faults, request log and state file (None: memory only).

    `posted` is what the site answered to each form that may not be carried out twice.
    """

    exchange: Exchange
    feed: Feed
    feed_state: FeedState
    keys: KeyRing = field(default_factory=KeyRing)
    limits: Limits = field(default_factory=Limits)
    faults: FaultPlan = field(default_factory=FaultPlan)
    fault_plan: SeededPlan | None = None
    replica: Replica = field(default_factory=Replica)
    log: RequestLog = field(default_factory=RequestLog)
    store: StateStore | None = None
    clock: SimClock = field(default_factory=SimClock)
    posted: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)
    written: ClockState | None = None
    streams: Streams = field(init=False)

    def __post_init__(self) -> None:
        self.streams = Streams(self.exchange)

    def step(self, now_ms: int) -> None:
        """Let time pass for prices, accounts and agents, and write what changed."""
        self.exchange.step(now_ms)
        self.feed.step(self.exchange.market, now_ms)
        self.save(market=True)
        self.streams.age(now_ms)

    def advance(self, to_ms: int) -> None:
        """Walk a virtual clock to a time (ms), every second of it; all that happened is written once, then told."""
        market = self.exchange.market
        while market.at_ms + STEP_MS <= to_ms:
            at_ms = market.at_ms + STEP_MS
            self.exchange.step(at_ms)
            self.feed.step(market, at_ms)
            self.replica.note(self.exchange.ledger, now_ms=at_ms)
        self.clock.at_ms = to_ms
        self.save()
        self.streams.age(to_ms)

    def save(self, *, market: bool = False) -> None:
        """Write what changed since the last call, then tell it to whoever listens."""
        self._write(market=market)
        self.streams.deliver()

    def _write(self, *, market: bool) -> None:
        self.replica.note(self.exchange.ledger, now_ms=self.clock())
        changes = {**self.exchange.ledger.take_changes(), **self.keys.take_changes(), **self.feed.take_changes()}
        changes.update(self._fault_changes())
        tape = self.exchange.tape
        if tape is not None:
            fills = self.exchange.ledger.take_fills()
            tape.note_fills(fills)
            changes.update(tape.take_changes())
            if fills:
                changes["tape", "all"] = tape.running
                # What they took of the book is gone from it until the next second, over a restart too.
                market = market or self.clock.virtual
        if self.store is None:
            return
        if self.clock.virtual and self.written != self.clock.state():
            # Whatever is written of a virtual world is written with the time it has come to.
            market, self.written = True, self.clock.state()
            changes["clock", "all"] = self.written
        if changes:
            changes["counters", "all"] = self.exchange.ledger.counters
        if market:
            changes["market", "all"] = self.exchange.market
            if isinstance(self.feed, Arena):
                self.feed_state = FeedState(self.feed_state.started_ms, self.feed.last_oid)
            changes["feed", "all"] = self.feed_state
            if tape is not None:
                changes["tape", "all"] = tape.running
        self.store.write(changes)

    def _fault_changes(self) -> dict[tuple[str, str], object]:
        faults, plan = self.faults, self.fault_plan
        if not faults.changed and (plan is None or not plan.changed):
            return {}
        faults.changed = False
        if plan is not None:
            plan.changed = False
        return {("faults", "all"): faults, ("plan", "all"): plan}


def make_world(
    *,
    seed: int,
    now_ms: int,
    store: StateStore | None = None,
    replay: Sequence[Path] = (),
    speed: Decimal = Decimal(1),
    virtual: bool = False,
) -> World:
    """The world a state file holds, or a new one of a seed; a new virtual one stands at `now_ms` until told to move.

    `speed` is a replay's. Raises StateError when the state of a virtual world is opened without `virtual`.
    """
    clock = _clock(store, virtual=virtual, now_ms=now_ms)
    now_ms = clock.at_ms if virtual else now_ms
    exchange = new_exchange(seed=seed, now_ms=now_ms)
    tape = exchange.print_tape()
    keys = KeyRing()
    feed_state = FeedState(now_ms)
    if store is not None:
        restore_exchange(exchange, store)
        _restore_tape(exchange, tape, store)
        keys.keys = {name: codec.decode(ApiKey, text) for name, text in store.read("key")}
        for _, text in store.read("feed"):
            feed_state = codec.decode(FeedState, text)
    tape.begin(exchange.market)
    feed: Feed
    if replay:
        feed = load_replay(replay, speed=speed, started_ms=feed_state.started_ms)
    else:
        feed = _restored_arena(store, feed_state, seed) or new_arena(seed=seed, market=exchange.market, now_ms=now_ms)
    world = World(exchange=exchange, feed=feed, feed_state=feed_state, keys=keys, store=store, clock=clock)
    world.save(market=True)
    if store is not None:
        _restore_faults(world, store, now_ms)
    return world


def _restore_tape(exchange: Exchange, tape: Tape, store: StateStore) -> None:
    # What was filled in the past is on the tape already.
    exchange.ledger.take_fills()
    for _, text in store.read("candle"):
        tape.keep_candle(codec.decode(Candle, text))
    for _, text in store.read("funding"):
        tape.keep_funding(codec.decode(FundingPaid, text))
    for _, text in store.read("tape"):
        tape.running = codec.decode(Running, text)
    tape.resume()


def _restore_faults(world: World, store: StateStore, now_ms: int) -> None:
    for _, text in store.read("faults"):
        world.faults = codec.decode(FaultPlan, text)
    for _, text in store.read("plan"):
        world.fault_plan = codec.decode(SeededPlan, text)
    world.faults.drop_past(now_ms)
    for fault in world.faults.waiting:
        if fault.kind == "stale_positions":
            lag, until_ms = fault.lag_seconds, fault.until_ms
            world.replica.start(world.exchange.ledger, lag_seconds=lag, until_ms=until_ms, now_ms=now_ms)


def _clock(store: StateStore | None, *, virtual: bool, now_ms: int) -> SimClock:
    rows = [] if store is None else [codec.decode(ClockState, text) for _, text in store.read("clock")]
    if not virtual:
        if rows:
            raise StateError("This folder holds a virtual world. Start it with --virtual, or give another folder.")
        return SimClock()
    if store is not None and not rows:
        # A world that followed the wall clock goes on from the last second it walked.
        rows = [ClockState(codec.decode(Market, text).at_ms, Decimal(0)) for _, text in store.read("market")]
    return virtual_clock(now_ms, rows[0] if rows else None)


def _restored_arena(store: StateStore | None, feed_state: FeedState, seed: int) -> Arena | None:
    if store is None or not feed_state.last_oid:
        return None
    arena = Arena(seed=seed, last_oid=feed_state.last_oid)
    rows = dict(store.read("agent"))
    # In the order of the start, so that oids are drawn as they would have been without the restart.
    arena.agents = {name: codec.decode(agents.Agent, rows[name]) for name in agents.AGENTS if name in rows}
    for name, text in store.read("record"):
        arena.records[name] = codec.decode(arena_records.Record, text)
    return arena if arena.agents else None
