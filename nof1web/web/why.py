"""The page why: what became of every signal, in words and numbers."""

from __future__ import annotations

from flask import Blueprint, render_template

from nof1web.web import access, filters, pages

bp = Blueprint("why", __name__)


@bp.get("/why")
def page() -> str:
    """Show the verdicts' history, of all trackers and symbols or of those asked for."""
    id = filters.asked()
    view = pages.view_of(access.ports(), access.me().id, "why", id)
    more = {"filtered": filters.without_place(id), "before": filters.before(id)}
    return render_template("why/page.html", view=view, **more, **pages.context("why", id))


@bp.get("/why/<name>")
def fragment(name: str) -> str:
    """Return one fragment of the page."""
    return pages.fragment(access.ports(), access.me().id, name, page="why", id=filters.asked())
