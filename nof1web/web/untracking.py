"""Taking a tracker away: its name is typed once more first."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from nof1web.core.records import Tracker
from nof1web.errors import N_, InvalidInput, NotFound, Refused
from nof1web.services import trackers, untracking
from nof1web.web import access, failures
from nof1web.web.forms import TypedForm, put_errors

bp = Blueprint("untracking", __name__)


@bp.get("/trackers/<id>/remove")
def remove(id: str) -> str:
    """Ask for the name before a tracker is taken away."""
    return _page(_mine(id), TypedForm())


@bp.post("/trackers/<id>/remove", endpoint="removed")
def removed(id: str) -> ResponseReturnValue:
    """Forget a tracker whose name was typed; 409 while it holds something."""
    tracker, form = _mine(id), TypedForm()
    try:
        untracking.remove(access.ports(), access.me().id, id, typed=form.typed.data or "")
    except (InvalidInput, Refused) as error:
        fields = error.fields if isinstance(error, InvalidInput) else {}
        return _page(tracker, form, put_errors(form, fields or {"": error.text})), failures.status_of(error)
    flash(_("%(name)s is removed; its orders stay.", name=tracker.name), "done")
    return redirect(url_for("credentials.one", id=tracker.credential_id), 303)


def _mine(id: str) -> Tracker:
    found = trackers.find(access.ports(), access.me().id, id)
    if found.id != id:
        raise NotFound(N_("There is no such tracker."))
    return found


def _page(tracker: Tracker, form: TypedForm, problems: list[str] | None = None) -> str:
    return render_template("tracker/remove.html", tracker=tracker, form=form, problems=problems or [])
