"""The page why: what became of every signal, in words and numbers."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from nof1web.services import trackers
from nof1web.web import access, pages

bp = Blueprint("why", __name__)


@bp.get("/why")
def page() -> str:
    """Show the verdicts' history of all trackers, or of the one asked for."""
    p, user_id = access.ports(), access.me().id
    chosen = request.args.get("tracker", "")
    return render_template(
        "why/page.html",
        view=pages.view_of(p, user_id, "why", chosen),
        trackers=trackers.listing(p, user_id),
        chosen=chosen,
        **pages.context("why", chosen),
    )


@bp.get("/why/<name>")
def fragment(name: str) -> str:
    """Return one fragment of the page."""
    p, user_id = access.ports(), access.me().id
    return pages.fragment(p, user_id, name, page="why", id=request.args.get("tracker", ""))
