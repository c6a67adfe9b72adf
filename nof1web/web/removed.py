"""Credentials that were removed: a list, and what is left of each."""

from __future__ import annotations

from flask import Blueprint, render_template

from nof1web.services import remembering, removing
from nof1web.web import access

bp = Blueprint("removed", __name__)


@bp.get("/credentials/removed")
def page() -> str:
    """Show the removed credentials, newest first."""
    return render_template("removed/page.html", rows=removing.removed(access.ports(), access.me().id))


@bp.get("/credentials/removed/<id>")
def one(id: str) -> str:
    """Show one removed credential's orders, events and former keys."""
    return render_template("removed/one.html", view=remembering.remembered(access.ports(), access.me().id, id))
