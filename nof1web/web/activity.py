"""The page activity: what happened, newest first."""

from __future__ import annotations

from flask import Blueprint, render_template

from nof1web.web import access, pages

bp = Blueprint("activity", __name__)


@bp.get("/activity")
def page() -> str:
    """Show what happened, newest first."""
    view = pages.view_of(access.ports(), access.me().id, "activity")
    return render_template("activity/page.html", view=view, **pages.context("activity"))


@bp.get("/activity/<name>")
def fragment(name: str) -> str:
    """Return one fragment of the page."""
    return pages.fragment(access.ports(), access.me().id, name, page="activity")
