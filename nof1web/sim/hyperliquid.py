"""The arena's agents as Hyperliquid would show them: the same books behind their public wallets (nof1.md §6)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from nof1web.core.leaders import WALLETS
from nof1web.sim.accounts import ZERO
from nof1web.sim.agents import Agent, AgentPosition, Marks
from nof1web.sim.arena import Arena

_CENTS = Decimal("0.000001")
_MOST_LEVERAGE = 40
_AGENTS = {address: agent for agent, address in WALLETS.items()}


def agent_of(arena: Arena, address: str) -> Agent | None:
    """The agent behind an address, None behind any other."""
    return arena.agents.get(_AGENTS.get(address.lower(), ""))


def clearinghouse_state(agent: Agent | None, marks: Marks, *, now_ms: int) -> dict[str, Any]:
    """An address's account and positions; one that nobody uses is empty."""
    held = list(agent.positions.values()) if agent else []
    equity = agent.equity(marks) if agent else ZERO
    notional = sum((abs(each.quantity) * marks[each.coin] for each in held), ZERO)
    margin = sum((each.initial_margin for each in held), ZERO)
    sums = {
        "accountValue": _text(equity),
        "totalNtlPos": _text(notional),
        "totalRawUsd": _text(equity - sum((each.quantity * marks[each.coin] for each in held), ZERO)),
        "totalMarginUsed": _text(margin),
    }
    return {
        "marginSummary": sums,
        "crossMarginSummary": sums,
        "crossMaintenanceMarginUsed": _text(notional / (2 * _MOST_LEVERAGE)),
        "withdrawable": _text(max(ZERO, equity - margin)),
        "assetPositions": [{"type": "oneWay", "position": _position(each, marks[each.coin])} for each in held],
        "time": now_ms,
    }


def user_fills(agent: Agent | None, since_ms: int = 0) -> list[dict[str, Any]]:
    """The fill that opened each position held now, newest first."""
    held = sorted(agent.positions.values(), key=lambda each: -each.entry_ms) if agent else []
    return [_fill(each) for each in held if each.entry_ms >= since_ms]


def open_orders(agent: Agent | None) -> list[dict[str, Any]]:
    """The stops and targets of every position, as orders that rest."""
    held = list(agent.positions.values()) if agent else []
    found = [_trigger(each, "Stop Market", each.stop, 1) for each in held if each.stop]
    return found + [_trigger(each, "Take Profit Market", each.target, 2) for each in held if each.target]


def _position(position: AgentPosition, mark: Decimal) -> dict[str, Any]:
    unrealised = position.unrealised(mark)
    return {
        "coin": position.coin,
        "szi": _exact(position.quantity),
        "leverage": {"type": "cross", "value": position.leverage},
        "entryPx": _exact(position.entry_price),
        "positionValue": _exact(abs(position.quantity) * mark),
        "unrealizedPnl": _text(unrealised),
        "returnOnEquity": _text(unrealised / position.initial_margin),
        "liquidationPx": None,
        "marginUsed": _text(position.initial_margin),
        "maxLeverage": _MOST_LEVERAGE,
        "cumFunding": {"allTime": "0.0", "sinceOpen": "0.0", "sinceChange": "0.0"},
    }


def _fill(position: AgentPosition) -> dict[str, Any]:
    long = position.quantity > 0
    return {
        "closedPnl": "0.0",
        "coin": position.coin,
        "crossed": True,
        "dir": "Open Long" if long else "Open Short",
        "hash": f"0x{position.entry_oid:064x}",
        "oid": position.entry_oid,
        "px": _exact(position.entry_price),
        "side": "B" if long else "A",
        "startPosition": "0.0",
        "sz": _exact(abs(position.quantity)),
        "time": position.entry_ms,
        "fee": _text(abs(position.quantity) * position.entry_price * Decimal("0.00045")),
        "feeToken": "USDC",
        "tid": position.entry_oid * 10,
    }


def _trigger(position: AgentPosition, kind: str, price: Decimal, number: int) -> dict[str, Any]:
    long, above = position.quantity > 0, kind.startswith("Take")
    return {
        "coin": position.coin,
        "side": "A" if long else "B",
        "limitPx": _exact(price),
        "sz": _exact(abs(position.quantity)),
        "oid": position.entry_oid * 10 + number,
        "timestamp": position.entry_ms,
        "triggerCondition": f"Price {'above' if above == long else 'below'} {price:f}",
        "isTrigger": True,
        "triggerPx": _exact(price),
        "children": [],
        "isPositionTpsl": True,
        "reduceOnly": True,
        "orderType": kind,
        "origSz": _exact(abs(position.quantity)),
        "tif": None,
        "cloid": None,
    }


def _text(amount: Decimal) -> str:
    return _exact(amount.quantize(_CENTS))


def _exact(value: Decimal) -> str:
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if "." in text else f"{text}.0"
