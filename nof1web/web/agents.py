"""The page agents: every agent of every source."""

from __future__ import annotations

from flask import Blueprint, render_template

from nof1web.web import access, pages

bp = Blueprint("agents", __name__)


@bp.get("/agents")
def page() -> str:
    """Show every agent of every source."""
    view = pages.view_of(access.ports(), access.me().id, "agents")
    return render_template("agents/page.html", view=view, **pages.context("agents"))


@bp.get("/agents/<name>")
def fragment(name: str) -> str:
    """Return one fragment of the page."""
    return pages.fragment(access.ports(), access.me().id, name, page="agents")
