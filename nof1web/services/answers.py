"""A cycle's answer as programs read it (DESIGN §9): JSON-ready, amounts as decimal strings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nof1web.core.records import Intent, Verdict
from nof1web.core.rounding import plain
from nof1web.core.snapshot import Plan, PlannedOrder
from nof1web.services.ports import AccountPorts


def names(ports: AccountPorts) -> dict[str, str]:
    """Return the names of the account's trackers by id."""
    return {tracker.id: tracker.name for tracker in ports.store.trackers.all(ports.credential_id)}


def cycle(
    cycle_id: str, intents: Iterable[Intent], verdicts: Iterable[Verdict], named: Mapping[str, str]
) -> dict[str, object]:
    """Return a finished cycle."""
    return {
        "cycle_id": cycle_id,
        "orders": [_order(intent, named) for intent in intents],
        "verdicts": [_verdict(verdict, named) for verdict in verdicts],
    }


def planned(cycle_id: str, plan: Plan, named: Mapping[str, str]) -> dict[str, object]:
    """Return what a cycle would do now."""
    return {
        "cycle_id": cycle_id,
        "orders": [_planned(order, named) for order in plan.orders],
        "verdicts": [_verdict(verdict, named) for verdict in plan.verdicts],
    }


def _order(intent: Intent, named: Mapping[str, str]) -> dict[str, object]:
    return {
        "tracker": named.get(intent.tracker_id, intent.tracker_id),
        "symbol": intent.symbol,
        "kind": str(intent.kind),
        "side": str(intent.side),
        "quantity": plain(intent.quantity),
        "executed": plain(intent.executed),
        "leverage": intent.leverage,
        "mark": plain(intent.mark),
        "status": str(intent.status),
        "shadow": intent.shadow,
        "client_order_id": intent.client_order_id,
        "exchange_code": intent.exchange_code,
    }


def _planned(order: PlannedOrder, named: Mapping[str, str]) -> dict[str, object]:
    return {
        "tracker": named.get(order.tracker_id, order.tracker_id),
        "symbol": order.symbol,
        "kind": str(order.kind),
        "side": str(order.side),
        "quantity": plain(order.quantity),
        "leverage": order.leverage,
        "mark": plain(order.mark),
        "status": "planned",
        "shadow": order.shadow,
    }


def _verdict(verdict: Verdict, named: Mapping[str, str]) -> dict[str, object]:
    return {
        "tracker": named.get(verdict.tracker_id, verdict.tracker_id),
        "symbol": verdict.symbol,
        "verdict": verdict.verdict,
        "code": verdict.code,
        "numbers": dict(verdict.numbers),
    }
