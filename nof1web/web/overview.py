"""The first page: all accounts at a glance."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from nof1web.services import curves
from nof1web.services.curves import Curve
from nof1web.web import access, pages

bp = Blueprint("overview", __name__)


@bp.get("/")
def page() -> str:
    """Show totals, what needs attention, the equity curve, credentials with their trackers, positions, events."""
    view = pages.view_of(access.ports(), access.me().id, "overview")
    return render_template("overview/page.html", view=view, curve=asked_curve(), **pages.context("overview"))


@bp.get("/overview/curve")
def curve() -> str:
    """Return the equity curve alone, in another range or of another account."""
    found = asked_curve()
    return render_template("shared/_curve.html", curve=found, at="/overview/curve", back="/") if found else ""


@bp.get("/overview/<name>")
def fragment(name: str) -> str:
    """Return one fragment of the page."""
    return pages.fragment(access.ports(), access.me().id, name, page="overview")


def asked_curve(of: str = "") -> Curve | None:
    """Return the curve this request asks for, None while there is no credential; NotFound for what isn't there."""
    wanted = of or request.args.get("of", "")
    return curves.read(access.ports(), access.me().id, of=wanted, range=request.args.get("range", "1d"))
