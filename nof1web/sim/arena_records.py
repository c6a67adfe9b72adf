"""Account records in nof1's exact shape: key order, types and oddities (nof1.md §2). Numbers are JSON numbers here."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from decimal import Decimal
from operator import attrgetter
from typing import Any

from nof1web.sim.agents import BUY_AND_HOLD, START_EQUITY, Agent, AgentPosition, Marks

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
_FEE = Decimal("0.00045")
_POSITION = attrgetter(*(field.name for field in fields(AgentPosition)))
_TREND = "If the 4-hour trend turns"
_INVALIDATION = "If the price closes beyond %s on a 3-minute candle"


@dataclass(frozen=True, slots=True)
class Record:
    """One published account record; `text` is its JSON."""

    record_id: str
    model_id: str
    hour: int
    at_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A record before it is written out: the agent as it was then, and the marks by coin (USDT)."""

    agent: Agent
    marks: Marks
    hour: int
    at_ms: int

    @property
    def record_id(self) -> str:
        """The id under which it is published."""
        return f"{self.agent.model_id}_{self.hour}"

    def record(self) -> Record:
        """The record, written out."""
        return _record_of(self.agent, self.marks, now_ms=self.at_ms)


def draft_of(agent: Agent, marks: Marks, *, now_ms: int) -> Draft:
    """The draft of the agent's record of the running hour; what the agent does later doesn't change it."""
    held = {coin: AgentPosition(*_POSITION(position)) for coin, position in agent.positions.items()}
    copied = Agent(agent.model_id, agent.inception_ms, agent.wallet, agent.realised, held, moves=agent.moves)
    return Draft(copied, marks, _hour(agent, now_ms), now_ms)


def _hour(agent: Agent, now_ms: int) -> int:
    return max(0, now_ms - agent.inception_ms) // HOUR_MS


def _record_of(agent: Agent, marks: Marks, *, now_ms: int) -> Record:
    hour = _hour(agent, now_ms)
    unrealised = agent.unrealised(marks)
    equity = agent.wallet + unrealised
    row: dict[str, Any] = {
        "id": f"{agent.model_id}_{hour}",
        "timestamp": seconds(now_ms, agent.moves),
        "realized_pnl": number(agent.realised),
        "positions": {coin: _position(p, marks[coin], agent) for coin, p in agent.positions.items()},
        "since_inception_minute_marker": max(0, now_ms - agent.inception_ms) // MINUTE_MS,
        "sharpe_ratio": None if hour == 1 else _sharpe(equity),
        "cum_pnl_pct": number((equity - START_EQUITY) / 100),
        "total_unrealized_pnl": number(unrealised),
        "model_id": agent.model_id,
        "since_inception_hourly_marker": hour,
        "dollar_equity": number(equity.quantize(Decimal("0.000001"))),
    }
    if agent.model_id == BUY_AND_HOLD:
        del row["sharpe_ratio"]
    return Record(row["id"], agent.model_id, hour, now_ms, json.dumps(row, separators=(",", ":")))


def number(value: Decimal) -> int | float:
    """A JSON number as nof1 writes it: whole ones without a point."""
    return int(value) if value == value.to_integral_value() else float(value)


def seconds(at_ms: int, salt: int) -> float:
    """Seconds with microseconds; the digits below the millisecond come from a salt."""
    return float(f"{at_ms // 1000}.{at_ms % 1000:03d}{salt * 37 % 1000:03d}")


def _sharpe(equity: Decimal) -> float:
    return round(float((equity - START_EQUITY) / START_EQUITY) * 2 - 0.013, 3)


def _position(position: AgentPosition, mark: Decimal, agent: Agent) -> dict[str, Any]:
    held = agent.model_id == BUY_AND_HOLD
    paid = abs(position.quantity) * position.entry_price
    unrealised = position.unrealised(mark)
    fee = Decimal("4.5") if held else paid * _FEE
    margin = agent.wallet + unrealised if held else position.initial_margin + unrealised - fee
    return {
        "entry_oid": position.entry_oid,
        "risk_usd": number(position.risk_usd),
        "confidence": number(position.confidence),
        "index_col": -1 if held else None,
        "exit_plan": "N/A" if held else _exit_plan(position),
        "entry_time": seconds(position.entry_ms, position.entry_oid),
        "symbol": position.coin,
        "entry_price": number(position.entry_price),
        "tp_oid": position.tp_oid,
        "margin": number(margin.quantize(Decimal("0.000001"))),
        "wait_for_fill": False,
        "sl_oid": position.sl_oid,
        "oid": position.entry_oid,
        "current_price": number(mark),
        "closed_pnl": 0 if held else number(-fee.quantize(Decimal("0.01"))),
        "liquidation_price": 0 if held else _liquidation(position),
        "commission": number((fee if held else fee * 2).quantize(Decimal("0.000001"))),
        "leverage": position.leverage,
        "slippage": 0,
        "quantity": number(position.quantity),
        "unrealized_pnl": number(unrealised.quantize(Decimal("0.000001"))),
    }


def _exit_plan(position: AgentPosition) -> dict[str, Any]:
    plan: dict[str, Any] = {}
    if position.target:
        plan["profit_target"] = number(position.target)
    if position.stop:
        plan["stop_loss"] = number(position.stop)
    plan["invalidation_condition"] = _INVALIDATION % position.stop if position.stop else _TREND
    return plan


def _liquidation(position: AgentPosition) -> int | float:
    sign = 1 if position.quantity > 0 else -1
    distance = Decimal("0.96") / position.leverage
    return number((position.entry_price * (1 - sign * distance)).quantize(Decimal("0.0000000001")))
