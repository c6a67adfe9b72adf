"""The first page: all accounts at a glance."""

from __future__ import annotations

from flask import Blueprint, render_template

from nof1web.services import reporting
from nof1web.web import access, pages

bp = Blueprint("overview", __name__)


@bp.get("/")
def page() -> str:
    """Show totals, credentials, positions, events, sources."""
    view = reporting.overview(access.ports(), access.me().id)
    return render_template("overview/page.html", view=view, **pages.context("overview"))


@bp.get("/overview/<name>")
def fragment(name: str) -> str:
    """Return one fragment of the page."""
    return pages.fragment(access.ports(), access.me().id, name, page="overview")
