"""An agent's book set by hand, for tests and demonstrations."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from nof1web.sim.accounts import ZERO
from nof1web.sim.agents import COINS, NO_OID, Agent, AgentPosition
from nof1web.sim.arena import Arena, coin_marks
from nof1web.sim.market import Market

MOST, MOST_PLACES = Decimal(10) ** 12, 18


def apply(arena: Arena, agent: Agent, market: Market, wish: Mapping[str, Any], *, now_ms: int) -> dict[str, Any]:
    """Set and freeze a whole book ({equity?, positions}) or free the agent ({auto: true}); raises ValueError."""
    marks = coin_marks(market)
    if wish.get("auto"):
        agent.manual = False
        agent.next_move_ms = now_ms
    else:
        book = [_position(agent, coin, row, marks[coin], now_ms) for coin, row in _rows(wish)]
        equity = _decimal(wish["equity"], "equity") if "equity" in wish else None
        arena.set_book(agent, equity, book, market)
    arena.publish(agent, marks, now_ms)
    return {
        "model_id": agent.model_id,
        "manual": agent.manual,
        "equity": str(agent.equity(marks)),
        "positions": {
            coin: {"quantity": str(p.quantity), "entry_price": str(p.entry_price), "entry_oid": p.entry_oid}
            for coin, p in agent.positions.items()
        },
    }


def _rows(wish: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    rows = dict(wish.get("positions") or {})
    unknown = sorted(set(rows) - set(COINS))
    if unknown:
        raise ValueError(f"unknown coin: {', '.join(unknown)}")
    return list(rows.items())


def _position(agent: Agent, coin: str, row: Mapping[str, Any], mark: Decimal, now_ms: int) -> AgentPosition:
    quantity = _decimal(row.get("quantity", "0"), f"{coin} quantity")
    if not quantity:
        raise ValueError(f"{coin} quantity must not be 0; leave the coin out to close it")
    before = agent.positions.get(coin)
    kept = before is not None and (before.quantity > 0) == (quantity > 0) and not row.get("new_entry")
    position = AgentPosition(
        coin=coin,
        quantity=quantity,
        entry_price=_entry(before if kept else None, quantity, mark),
        leverage=int(row.get("leverage", before.leverage if before else 10)),
        entry_oid=before.entry_oid if before and kept else 0,
        entry_ms=before.entry_ms if before and kept else now_ms,
        stop=_decimal(row.get("stop_loss") or "0", f"{coin} stop_loss"),
        target=_decimal(row.get("profit_target") or "0", f"{coin} profit_target"),
        tp_oid=NO_OID,
        sl_oid=NO_OID,
        confidence=Decimal("0.7"),
        risk_usd=Decimal(300),
    )
    if row.get("entry_price") is not None:
        position.entry_price = _decimal(row["entry_price"], f"{coin} entry_price")
    if position.leverage < 1 or position.entry_price <= 0:
        raise ValueError(f"{coin} needs a leverage of 1 or more and an entry price above 0")
    return position


def _entry(before: AgentPosition | None, quantity: Decimal, mark: Decimal) -> Decimal:
    """The entry a change at the mark leads to: averaged when larger, unchanged when smaller, the mark when new."""
    if before is None:
        return mark
    added = abs(quantity) - abs(before.quantity)
    if added <= 0:
        return before.entry_price
    return (before.entry_price * abs(before.quantity) + mark * added) / abs(quantity)


def _decimal(value: object, name: str) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"{name} is not a number") from error
    if not number.is_finite() or not -MOST <= number <= MOST or int(number.as_tuple().exponent) < -MOST_PLACES:
        raise ValueError(f"{name} is not a number of at most {MOST:f} with at most {MOST_PLACES} decimal places")
    return number if number else ZERO
