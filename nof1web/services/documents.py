"""What programs read of a person's own things: one document per thing, the same in the command line and the API.

Amounts, prices and quantities are the strings of services/figures.py, which pages show too.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from nof1web.core import execution
from nof1web.core.records import Credential, EquityPoint, Intent, Tracker, Verdict
from nof1web.core.refusals import words
from nof1web.core.trading import Environment, Fill
from nof1web.services import figures
from nof1web.services.open_orders import RestingRow
from nof1web.services.reading import masked
from nof1web.services.report_stores import Cycle
from nof1web.services.rows import CredentialRow, EpochRow, EventRow, PositionRow
from nof1web.services.standing import StandingRow

Document = dict[str, Any]


def credential(found: Credential) -> Document:
    """Return a credential; no secret, the key id masked."""
    return {
        "credential_id": found.id,
        "name": found.name,
        "environment": found.environment,
        "state": found.state,
        "enabled": found.enabled,
        "armed": found.armed,
        "api_key": masked(found.api_key),
        "account": found.account_alias,
        "tested_at": found.tested_at,
        "last_cycle_at": found.last_cycle_at,
        "last_error": found.last_error,
    }


def balances(row: CredentialRow) -> Document:
    """Return a credential's amounts at live marks (USDT), None before its first sync; `state` with halts above it."""
    return {
        "state": row.state,
        "equity": _money(row.equity),
        "wallet": _money(row.wallet),
        "available": _money(row.available),
        "margin": _money(row.margin),
        "unrealised": _money(row.unrealised),
        "today": _money(row.today),
        "position_mode": "hedge" if row.hedge else "one_way",
        "multi_assets": row.multi_assets,
        "read_at": row.read_at,
        "open_positions": row.open_count,
    }


def position(row: PositionRow) -> Document:
    """Return a position with the holding in it."""
    return {
        "credential": row.credential,
        "credential_id": row.credential_id,
        "symbol": row.symbol,
        "quantity": figures.quantity(row.quantity),
        "holding": figures.quantity(row.holding),
        "entry": figures.price(row.entry),
        "mark": figures.price(row.mark),
        "stop": _price(row.stop),
        "target": _price(row.target),
        "unrealised": figures.money(row.unrealised),
        "agent": row.agent or None,
        "tracker": row.tracker or None,
        "tracker_id": row.tracker_id or None,
        "shadow": row.shadow,
    }


def holding(account: Credential, of: Tracker, row: EpochRow) -> Document:
    """Return a tracker's share in an epoch."""
    return {
        "credential": account.name,
        "credential_id": account.id,
        "tracker": of.name,
        "tracker_id": of.id,
        "symbol": row.symbol,
        "epoch": row.epoch,
        "state": row.state,
        "holding": figures.quantity(row.quantity),
        "entry": _price(row.entry),
        "mark": _price(row.mark),
        "leverage": row.leverage,
        "agent_quantity": figures.quantity(row.agent_quantity),
        "allocation": figures.money(row.allocation),
        "shadow": row.shadow,
        "opened_at": row.opened_at,
    }


def standing(row: StandingRow) -> Document:
    """Return what a tracker should hold in a symbol against what it holds."""
    return {
        "credential": row.credential,
        "tracker": row.tracker,
        "tracker_id": row.tracker_id,
        "symbol": row.symbol,
        "agent_quantity": figures.quantity(row.agent_quantity),
        "wanted": _quantity(row.target),
        "holding": figures.quantity(row.holding),
        "live": figures.quantity(row.live),
        "missing": _quantity(row.delta),
        "code": row.code,
        "reason": row.reason,
    }


def order(credential: str, environment: Environment | None, tracker: str, intent: Intent) -> Document:
    """Return a journaled order with what became of it."""
    return {
        "created_at": intent.created_at,
        "credential": credential,
        "credential_id": intent.credential_id,
        "environment": environment,
        "tracker": tracker,
        "tracker_id": intent.tracker_id,
        "symbol": intent.symbol,
        "kind": intent.kind,
        "side": intent.side,
        "quantity": figures.quantity(intent.quantity),
        "executed": figures.quantity(intent.executed),
        "price": _price(intent.price),
        "mark": figures.price(intent.mark),
        "leverage": intent.leverage,
        "status": intent.status,
        "shadow": intent.shadow,
        "client_order_id": intent.client_order_id,
        "exchange_code": intent.exchange_code,
        "explanation": dict(intent.explanation),
        "fee": _price(intent.fee),
        "latency_ms": execution.latency(intent),
        "slippage_bps": execution.slippage(intent),
    }


def fill(credential_id: str, credential: str, found: Fill) -> Document:
    """Return a trade of an account; fee in `fee_asset`, realised in USDT."""
    return {
        "traded_at": found.traded_at,
        "credential": credential,
        "credential_id": credential_id,
        "symbol": found.symbol,
        "side": found.side,
        "quantity": figures.quantity(found.quantity),
        "price": figures.price(found.price),
        "fee": figures.price(found.fee),
        "fee_asset": found.fee_asset,
        "realised": figures.money(found.realised),
        "trade_id": found.trade_id,
        "order_id": found.order_id,
    }


def verdict(tracker: str, found: Verdict) -> Document:
    """Return what became of a signal."""
    return {
        "tracker": tracker,
        "tracker_id": found.tracker_id,
        "symbol": found.symbol,
        "verdict": found.verdict,
        "code": found.code,
        "numbers": dict(found.numbers),
        "message": words(found.code, found.numbers),
        "epoch": found.epoch,
        "decided_at": found.decided_at,
    }


def event(row: EventRow) -> Document:
    """Return something that happened."""
    return {
        "id": row.id,
        "at": row.at,
        "severity": row.severity,
        "kind": row.kind,
        "message": row.text,
        "credential": row.credential or None,
        "credential_id": row.credential_id or None,
        "tracker_id": row.tracker_id or None,
        "symbol": row.symbol or None,
    }


def resting(row: RestingRow) -> Document:
    """Return an order that rests on the exchange, anybody's, or one of ours whose answer is awaited.

    `quantity` is its whole size, of which `executed` is filled; `whole`: it closes all of the position instead.
    """
    return {
        "symbol": row.symbol,
        "side": row.side,
        "quantity": figures.quantity(row.quantity),
        "executed": figures.quantity(row.executed),
        "whole": row.whole,
        "leg": row.leg,
        "trigger": _price(row.trigger),
        "verified": row.verified,
        "own": row.own,
        "owner": None if row.own else row.owner,
        "kind": row.kind or None,
        "price": _price(row.price),
        "tracker": row.tracker,
        "tracker_id": row.tracker_id,
        "placed_at": row.at,
        "client_order_id": row.id,
    }


def cycle(found: Cycle) -> Document:
    """Return a cycle that ran."""
    return {
        "cycle_id": found.id,
        "began_at": found.began_at,
        "ended_at": found.ended_at,
        "orders": found.orders,
        "refusals": found.refusals,
        "error": found.error,
    }


def equity(point: EquityPoint) -> Document:
    """Return an account's reading at a time, in USDT."""
    amounts = {"equity": point.equity, "wallet": point.wallet, "available": point.available}
    return {
        "at": point.at,
        **{name: figures.money(amount) for name, amount in amounts.items()},
        "margin": figures.money(point.initial_margin),
    }


def _money(value: Decimal | None) -> str | None:
    return None if value is None else figures.money(value)


def _price(value: Decimal | None) -> str | None:
    return None if value is None else figures.price(value)


def _quantity(value: Decimal | None) -> str | None:
    return None if value is None else figures.quantity(value)
