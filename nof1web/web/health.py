"""What machines ask: is it alive, is it ready."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from nof1web.errors import Nof1Error
from nof1web.services import reporting
from nof1web.services.ports import Ports
from nof1web.services.status import Observed
from nof1web.web import access

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Answer that the process serves pages."""
    return jsonify({"ok": True})


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Answer 200 when Redis, databases, workers and scheduler answer; sources are listed and never make it 503."""
    p = cast(Observed, access.ports())
    health = p.health()
    parts = {
        "redis": bool(health.get("redis")),
        "databases": _databases(p),
        "workers": any(each.get("alive", True) for each in health["workers"]),
        "scheduler": bool(health["scheduler"] and health["scheduler"].get("alive", True)),
    }
    sources = _sources(p) if parts["databases"] else []
    return jsonify({"ready": all(parts.values()), **parts, "sources": sources}), 200 if all(parts.values()) else 503


def _databases(p: Ports) -> bool:
    try:
        p.registry.installation()
        p.market.source_states()
    except Nof1Error:
        return False
    return True


def _sources(p: Ports) -> list[dict[str, object]]:
    return [{"name": row.name, "well": row.well, "age_s": row.age_s} for row in reporting.sources(p)]
