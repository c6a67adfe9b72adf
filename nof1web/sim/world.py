"""Everything one running exchange consists of, made new or read back from its state file."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from nof1web.sim import accounts, agents, algo_orders, arena_records, codec, orders
from nof1web.sim.arena import Arena, new_arena
from nof1web.sim.engine import Exchange, new_exchange
from nof1web.sim.faults import FaultPlan
from nof1web.sim.keys import ApiKey, KeyRing
from nof1web.sim.ledger import Counters
from nof1web.sim.limits import Limits
from nof1web.sim.market import Market
from nof1web.sim.replay import load_replay
from nof1web.sim.state import StateStore

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
    """One running exchange with its feed, keys, limits, faults, request log and state file (None: memory only)."""

    exchange: Exchange
    feed: Feed
    feed_state: FeedState
    keys: KeyRing = field(default_factory=KeyRing)
    limits: Limits = field(default_factory=Limits)
    faults: FaultPlan = field(default_factory=FaultPlan)
    log: RequestLog = field(default_factory=RequestLog)
    store: StateStore | None = None

    def step(self, now_ms: int) -> None:
        """Let time pass for prices, accounts and agents, and write what changed."""
        self.exchange.step(now_ms)
        self.feed.step(self.exchange.market, now_ms)
        self.save(market=True)

    def save(self, *, market: bool = False) -> None:
        """Write what changed since the last call."""
        changes = {**self.exchange.ledger.take_changes(), **self.keys.take_changes(), **self.feed.take_changes()}
        if self.store is None:
            return
        if changes:
            changes["counters", "all"] = self.exchange.ledger.counters
        if market:
            changes["market", "all"] = self.exchange.market
            if isinstance(self.feed, Arena):
                self.feed_state = FeedState(self.feed_state.started_ms, self.feed.last_oid)
            changes["feed", "all"] = self.feed_state
        self.store.write(changes)


def make_world(
    *,
    seed: int,
    now_ms: int,
    store: StateStore | None = None,
    replay: Sequence[Path] = (),
    speed: Decimal = Decimal(1),
) -> World:
    """The world a state file holds, or a new one of a seed."""
    exchange = new_exchange(seed=seed, now_ms=now_ms)
    keys = KeyRing()
    feed_state = FeedState(now_ms)
    if store is not None:
        _restore_exchange(exchange, store)
        keys.keys = {name: codec.decode(ApiKey, text) for name, text in store.read("key")}
        for _, text in store.read("feed"):
            feed_state = codec.decode(FeedState, text)
    feed: Feed
    if replay:
        feed = load_replay(replay, speed=speed, started_ms=feed_state.started_ms)
    else:
        feed = _restored_arena(store, feed_state, seed) or new_arena(seed=seed, market=exchange.market, now_ms=now_ms)
    world = World(exchange=exchange, feed=feed, feed_state=feed_state, keys=keys, store=store)
    world.save(market=True)
    return world


def _restore_exchange(exchange: Exchange, store: StateStore) -> None:
    ledger = exchange.ledger
    for _, text in store.read("market"):
        exchange.market = replace(codec.decode(Market, text), instruments=exchange.market.instruments)
    for name, text in store.read("account"):
        ledger.accounts[name] = codec.decode(accounts.Account, text)
    for _, text in store.read("order"):
        ledger.keep_order(codec.decode(orders.Order, text))
    for _, text in store.read("algo"):
        ledger.keep_algo(codec.decode(algo_orders.AlgoOrder, text))
    for _, text in store.read("trade"):
        ledger.keep_trade(codec.decode(accounts.Trade, text))
    for _, text in store.read("income"):
        ledger.keep_income(codec.decode(accounts.Income, text))
    for _, text in store.read("counters"):
        ledger.counters = codec.decode(Counters, text)
    ledger.take_changes()


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
