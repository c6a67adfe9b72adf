"""What programs read of trackers, their settings and their previews: the same in the command line and the API."""

from __future__ import annotations

from decimal import Decimal

from nof1web.core import settings as schema
from nof1web.core.records import Tracker
from nof1web.core.setting_schema import Spec
from nof1web.services import figures
from nof1web.services.documents import Document
from nof1web.services.previewing import Preview, PreviewOrder


def tracker(found: Tracker) -> Document:
    """Return a tracker with all its settings, its own laid over the defaults, as text."""
    settings = schema.texts(schema.of(found))
    return {
        "tracker_id": found.id,
        "name": found.name,
        "credential_id": found.credential_id,
        "source": found.source,
        "agent": found.agent,
        "mode": settings["mode"],
        "started": found.started,
        "state": found.flow,
        "settings": settings,
    }


def preview(found: Preview) -> Document:
    """Return what a tracker would order now."""
    return {
        "orders": [_planned(each) for each in found.orders],
        "refusals": [{"symbol": each.symbol, "code": each.code, "message": each.text} for each in found.refusals],
        "margin_used": figures.money(found.margin_used),
        "budget": figures.money(found.budget),
        "uncovered": list(found.uncovered),
        "smallest_budget": None if found.smallest_budget is None else figures.money(found.smallest_budget),
    }


def spec(found: Spec) -> Document:
    """Return a setting's declaration: what a form, a program and the command line may set it to."""
    return {
        "name": found.name,
        "kind": found.kind,
        "default": found.default,
        "label": found.label,
        "help": found.help,
        "group": found.group,
        "low": _bound(found.low),
        "high": _bound(found.high),
        "unit": found.unit,
        "choices": list(found.choices),
        "optional": found.optional,
    }


def _planned(order: PreviewOrder) -> Document:
    return {
        "symbol": order.symbol,
        "side": order.side,
        "quantity": figures.quantity(order.quantity),
        "mark": figures.price(order.mark),
        "notional": figures.money(order.notional),
        "margin": figures.money(order.margin),
        "leverage": order.leverage,
        "stop": _price(order.stop),
        "target": _price(order.target),
    }


def _price(value: Decimal | None) -> str | None:
    return None if value is None else figures.price(value)


def _bound(value: Decimal | None) -> str | None:
    return None if value is None else figures.quantity(value)
