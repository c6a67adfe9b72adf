"""What programs read of keys and of credentials that are gone: the same documents in the command line and the API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nof1web.core.records import Credential
from nof1web.services import describing, figures, hygiene
from nof1web.services.arming import WorstCase
from nof1web.services.key_stores import PastKey, Removed
from nof1web.services.ports import Ports
from nof1web.services.reading import masked
from nof1web.services.remembering import Remembered
from nof1web.services.rows import OrderRow
from nof1web.services.stores import ApiToken

Document = dict[str, Any]


def key(p: Ports, user_id: str, credential: Credential) -> Document:
    """Return how well a credential's key is kept, what is said about it, and the keys before it; no secret."""
    with p.tenants(user_id) as store:
        facts, former = store.keys.facts(credential.id), store.keys.past(credential.id)
        margin_mode = describing.margin_mode_of(store, credential.id)
    kept = hygiene.of(facts, credential.environment, p.clock()) if facts else None
    points = kept.points if kept else ()
    return {
        "credential_id": credential.id,
        "api_key": masked(credential.api_key),
        "label": facts.label if facts else "",
        "margin_mode": margin_mode,
        "proxy": facts.proxy if facts else "",
        "score": kept.score if kept else None,
        "of": kept.of if kept else None,
        "points": [{"name": each.name, "good": each.good, "text": each.text} for each in points],
        "past": past(former),
    }


def past(keys: Iterable[PastKey]) -> list[Document]:
    """Return keys that were replaced or removed."""
    return [{"api_key": each.api_key, "added_at": each.added_at, "ended_at": each.ended_at} for each in keys]


def removed(found: Removed) -> Document:
    """Return a credential that was removed."""
    return {
        "credential_id": found.id,
        "name": found.name,
        "environment": found.environment,
        "removed_at": found.removed_at,
    }


def remembered(found: Remembered) -> Document:
    """Return what is left of a removed credential: its newest orders with what they realised (USDT), and its keys."""
    return {
        **removed(found.credential),
        "realised": figures.money(found.realised),
        "orders": [_order(row) for row in found.orders],
        "keys": past(found.keys),
    }


def worst_case(found: WorstCase) -> Document:
    """Return what going live could cost at worst, in USDT; `loss_at_stops` is None when prices can't be read."""
    return {
        "margin": figures.money(found.margin),
        "leverage": found.leverage,
        "notional": figures.money(found.notional),
        "loss_at_stops": None if found.loss is None else figures.money(found.loss),
        "at_most": figures.money(found.at_most),
        "without_stop": list(found.without_stop),
        "trackers": [{"tracker_id": each.tracker_id, "name": each.name} for each in found.trackers],
    }


def token(found: ApiToken) -> Document:
    """Return a token; what it is is kept nowhere."""
    return {
        "token_id": found.id,
        "name": found.name,
        "scopes": list(found.scopes),
        "ending": found.ending,
        "created_at": found.created_at,
        "expires_at": found.expires_at,
        "last_used_at": found.last_used_at,
        "revoked_at": found.revoked_at,
    }


def _order(row: OrderRow) -> Document:
    intent = row.intent
    return {
        "created_at": intent.created_at,
        "tracker": row.tracker,
        "agent": row.agent,
        "symbol": intent.symbol,
        "kind": intent.kind,
        "side": intent.side,
        "quantity": figures.quantity(intent.quantity),
        "executed": figures.quantity(intent.executed),
        "price": None if intent.price is None else figures.price(intent.price),
        "realised": None if intent.realised is None else figures.money(intent.realised),
        "status": intent.status,
        "shadow": intent.shadow,
    }
