"""The arena: seven agents trading at the exchange's marks, published in the shape of nof1's account-totals."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from nof1web.sim.agents import (
    AGENTS,
    BUY_AND_HOLD,
    COINS,
    NO_OID,
    START_EQUITY,
    Agent,
    AgentPosition,
    Marks,
    floor_lot,
)
from nof1web.sim.arena_records import MINUTE_MS, Draft, Record, draft_of
from nof1web.sim.limits import Window
from nof1web.sim.market import Market
from nof1web.sim.moves import Desk, make_move, open_first, take_exits

HOURS_KEPT = 48
_FLAT_AT_START = "claude-sonnet-4-5"


@dataclass(slots=True)
class Arena:
    """Agents and their published records; every write is remembered in `changed` until it is taken.

    `asked` is what each address has spent of a minute's weight on the wallets (routes_hyperliquid).
    """

    seed: int
    last_oid: int = 204_600_000_000
    agents: dict[str, Agent] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    changed: dict[tuple[str, str], object] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    asked: dict[str, Window] = field(default_factory=dict)

    def step(self, market: Market, now_ms: int) -> None:
        """Let agents whose time has come move, and publish the records that are due."""
        marks = coin_marks(market)
        for agent in self.agents.values():
            if not agent.manual and agent.model_id != BUY_AND_HOLD:
                if take_exits(agent, marks):
                    self.changed["agent", agent.model_id] = agent
                if now_ms >= agent.next_move_ms:
                    self._move(agent, marks, now_ms)
            if now_ms >= agent.next_record_ms:
                self.publish(agent, marks, now_ms)

    def publish(self, agent: Agent, marks: Marks, now_ms: int) -> None:
        """Overwrite the agent's record of the running hour."""
        draft = draft_of(agent, marks, now_ms=now_ms)
        # Written out only when somebody looks: most are overwritten before anybody does while a virtual day runs.
        self.drafts.pop(draft.record_id, None)
        self.drafts[draft.record_id] = draft
        rng = Random(f"{self.seed}:{agent.model_id}:record:{now_ms}")
        slow = agent.model_id == BUY_AND_HOLD
        agent.next_record_ms = now_ms + (rng.randint(12_000, 25_000) if slow else rng.randint(5_000, 9_000))
        self.changed["agent", agent.model_id] = agent
        stale = f"{agent.model_id}_{draft.hour - HOURS_KEPT}"
        if self.records.pop(stale, None):
            self.changed["record", stale] = None
        self.drafts.pop(stale, None)

    def set_book(self, agent: Agent, equity: Decimal | None, wanted: Iterable[AgentPosition], market: Market) -> None:
        """Replace an agent's whole book and freeze it; positions whose entry_oid is 0 get a new one."""
        book: dict[str, AgentPosition] = {}
        for position in wanted:
            if not position.entry_oid:
                position.entry_oid = NO_OID if agent.model_id == BUY_AND_HOLD else self.next_oid()
            book[position.coin] = position
        marks = coin_marks(market)
        before = agent.equity(marks)
        agent.positions, agent.manual = book, True
        agent.wallet = (before if equity is None else equity) - agent.unrealised(marks)

    def next_oid(self) -> int:
        """A new order id, larger than every one before."""
        self.last_oid += Random(f"{self.seed}:oid:{self.last_oid}").randint(100, 90_000)
        return self.last_oid

    def payload(self, *, least_hour: int | None, now_ms: int) -> tuple[str, str]:
        """The account-totals body and its weak ETag; only records of that hour or later when one is given."""
        self._write_out()
        return render_totals(self.records.values(), least_hour=least_hour, now_ms=now_ms)

    def take_changes(self) -> dict[tuple[str, str], object]:
        """What changed since the last call, by kind and id; None stands for removed."""
        self._write_out()
        changed, self.changed = self.changed, {}
        return changed

    def _write_out(self) -> None:
        for record_id, draft in self.drafts.items():
            record = draft.record()
            self.records.pop(record_id, None)
            self.records[record_id] = record
            self.changed["record", record_id] = record
        self.drafts.clear()

    def _move(self, agent: Agent, marks: Marks, now_ms: int) -> None:
        agent.moves += 1
        rng = Random(f"{self.seed}:{agent.model_id}:{agent.moves}")
        make_move(Desk(agent, marks, rng, now_ms, self.next_oid))
        agent.next_move_ms = now_ms + rng.randint(15_000, 60_000)
        self.changed["agent", agent.model_id] = agent


def new_arena(*, seed: int, market: Market, now_ms: int) -> Arena:
    """The arena at its start: every agent but one already holds one to three positions."""
    arena = Arena(seed=seed)
    marks = coin_marks(market)
    for model_id, minutes in AGENTS.items():
        agent = Agent(model_id, now_ms - minutes * MINUTE_MS)
        arena.agents[model_id] = agent
        rng = Random(f"{seed}:{model_id}:start")
        if model_id == BUY_AND_HOLD:
            _buy_and_hold(agent, marks["BTC"], now_ms)
        elif model_id != _FLAT_AT_START:
            open_first(Desk(agent, marks, rng, now_ms, arena.next_oid), rng.randint(1, 3))
        agent.next_move_ms = now_ms + rng.randint(15_000, 60_000)
        arena.publish(agent, marks, now_ms)
    return arena


def coin_marks(market: Market) -> Mapping[str, Decimal]:
    """The exchange's marks (USDT) by coin."""
    return {coin: market.mark(f"{coin}USDT") for coin in COINS}


def render_totals(records: Iterable[Record], *, least_hour: int | None, now_ms: int) -> tuple[str, str]:
    """Records by time ascending as one account-totals body, and a weak ETag over all but serverTime."""
    ordered = sorted(records, key=lambda record: record.at_ms)
    newest = max((record.hour for record in ordered), default=0)
    shown = [record.text for record in ordered if least_hour is None or record.hour >= least_hour]
    head = f'{{"accountTotals":[{",".join(shown)}],"lastHourlyMarkerRead":{newest}'
    etag = 'W/"' + hashlib.blake2b(head.encode(), digest_size=9).hexdigest() + '"'
    return f'{head},"serverTime":{now_ms}}}', etag


def _buy_and_hold(agent: Agent, mark: Decimal, now_ms: int) -> None:
    quantity = floor_lot("BTC", START_EQUITY / mark)
    agent.wallet -= Decimal("4.5")
    agent.realised = Decimal("-4.5")
    agent.positions["BTC"] = AgentPosition("BTC", quantity, mark, 1, NO_OID, now_ms)
