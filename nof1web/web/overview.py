"""The first page: all accounts at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import cast

from flask import Blueprint, render_template, request

from nof1web.services import curves, reporting
from nof1web.services.curves import Curve
from nof1web.services.overviewing import Front
from nof1web.web import access, pages

bp = Blueprint("overview", __name__)


@bp.get("/")
def page() -> str:
    """Show totals, what needs attention, the equity curve, credentials with their trackers, positions, events."""
    view = cast(Front, pages.view_of(access.ports(), access.me().id, "overview"))
    live = {each.row.credential_id: each.row.equity for group in view.groups for each in group.credentials}
    return render_template("overview/page.html", view=view, curve=asked_curve(live), **pages.context("overview"))


@bp.get("/overview/curve")
def curve() -> str:
    """Return the equity curve alone, in another range or of another account."""
    found = asked_curve(reporting.equities(access.ports(), access.me().id))
    return render_template("shared/_curve.html", curve=found, at="/overview/curve", back="/") if found else ""


@bp.get("/overview/<name>")
def fragment(name: str) -> str:
    """Return one fragment of the page."""
    return pages.fragment(access.ports(), access.me().id, name, page="overview")


def asked_curve(live: Mapping[str, Decimal | None], of: str = "") -> Curve | None:
    """Return the curve this request asks for, ending with what is so `live` (equity by credential).

    None while there is no credential; NotFound for what isn't there.
    """
    wanted = of or request.args.get("of", "")
    return curves.read(access.ports(), access.me().id, live, of=wanted, range=request.args.get("range", "1d"))
