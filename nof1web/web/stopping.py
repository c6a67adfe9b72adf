"""Stopping: halts of a tracker, a credential, all of a person's or the whole site's entries, and flatten."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from redis.exceptions import RedisError
from wtforms import BooleanField, HiddenField, SelectField, StringField

from nof1web.core.records import Credential
from nof1web.errors import N_, InvalidInput, Nof1Error, NotFound
from nof1web.services import asking, credentials, halting, trackers
from nof1web.services.ports import Ports
from nof1web.web import access, actions, failures
from nof1web.web.forms import put_errors
from nof1web.web.numbers import sentence

bp = Blueprint("stopping", __name__)

_DONE = {
    "pause": N_("Paused. No new entries; closes still flow."),
    "resume": N_("Resumed. The account is compared with the exchange before the first entry."),
    "close_only": N_("Only closing from now on. No new entries."),
    "halt": N_("Halted. No entry is sent any more; closes still flow."),
    "unhalt": N_("The halt is over. The account is compared with the exchange before the first entry."),
}


class FlattenForm(FlaskForm):
    """What to close; nothing happens until the credential's name is typed."""

    tracker = HiddenField()
    symbol = SelectField(lazy_gettext("Symbol"), validate_choice=False)
    everything = BooleanField(lazy_gettext("My own positions on this account too"))
    confirm = StringField(lazy_gettext("Type the credential's name to confirm"))


@bp.get("/halt")
def page() -> str:
    """Show which halts there are, and the buttons that begin and end them."""
    p, me = access.ports(), access.me()
    with p.tenants(me.id) as store:
        mine = store.halts.user_halted()
    view = {"site": p.registry.site_halted(), "mine": mine, "admin": me.role == "admin"}
    return render_template("halt/page.html", view=view, accounts=credentials.listing(p, me.id))


@bp.post("/halt/<scope>/<verb>")
def act(scope: str, verb: str) -> ResponseReturnValue:
    """Begin or end a halt of all of one's own credentials; of the whole site an administrator may."""
    p, me = access.ports(), access.me()
    if verb not in ("halt", "unhalt") or scope not in ("mine", "site") or (scope == "site" and me.role != "admin"):
        abort(404)
    text = _DONE[verb]
    try:
        if scope == "site":
            (halting.halt_site if verb == "halt" else halting.unhalt_site)(p, by=me.id)
        else:
            (halting.halt_user if verb == "halt" else halting.unhalt_user)(p, me.id, by=me.id)
    except RedisError:
        # The database has it, which is all that orders look at.
        text = N_("Done. Waiting work is told as soon as Redis answers again.")
    flash(_(text), "done")
    return redirect(url_for("stopping.page"), 303)


@bp.post("/credentials/<id>/state/<verb>")
def of_credential(id: str, verb: str) -> ResponseReturnValue:
    """Move a credential to another state."""
    p, user_id = access.ports(), access.me().id
    _mine(p, user_id, id)
    return _moved("credential", id, verb, lambda: halting.change(p, user_id, id, verb))


@bp.post("/trackers/<id>/state/<verb>")
def of_tracker(id: str, verb: str) -> ResponseReturnValue:
    """Move a tracker to another state."""
    p, user_id = access.ports(), access.me().id
    if trackers.find(p, user_id, id).id != id:
        raise NotFound(N_("There is no such tracker."))
    return _moved("tracker", id, verb, lambda: halting.change_tracker(p, user_id, id, verb))


@bp.get("/credentials/<id>/flatten")
def flatten(id: str) -> str:
    """Show what would be closed, and the form that does it."""
    p, user_id = access.ports(), access.me().id
    owner, tracker = _mine(p, user_id, id), request.args.get("tracker", "")
    return _form(p, user_id, owner, FlattenForm(formdata=None, data={"tracker": tracker}))


@bp.post("/credentials/<id>/flatten")
def close(id: str) -> ResponseReturnValue:
    """Close what was chosen; 422 until the name is typed. A second press is the same flatten."""
    p, user_id, form = access.ports(), access.me().id, FlattenForm()
    owner = _mine(p, user_id, id)
    try:
        asking.require_typed(owner, form.confirm.data or "")
        scope = {"tracker_id": form.tracker.data or "", "symbol": form.symbol.data or ""}
        asked = asking.ask_flatten(p, user_id, id, by=user_id, everything=bool(form.everything.data), **scope)
    except InvalidInput as error:
        homeless = put_errors(form, error.fields) if error.fields else [sentence(error.text)]
        return _form(p, user_id, owner, form, homeless), 422
    except Nof1Error as error:
        return _form(p, user_id, owner, form, [sentence(error.text)]), failures.status_of(error)
    p.queue.flatten(user_id, id, asked.id)
    flash(_("It is being closed now; what became of it appears in the activity."), "done")
    return redirect(url_for("credentials.one", id=id), 303)


@bp.post("/credentials/<id>/flatten/cancel")
def cancel(id: str) -> ResponseReturnValue:
    """End the flattens of an account that are under way."""
    p, user_id = access.ports(), access.me().id
    _mine(p, user_id, id)
    try:
        asking.cancel_flatten(p, user_id, id, by=user_id)
    except Nof1Error as error:
        return actions.refused("credential", id, error)
    return actions.done("credential", id, _("Cancelled. What is left stays open; its stops stay too."))


def _moved(page: str, id: str, verb: str, move: Callable[[], object]) -> ResponseReturnValue:
    if verb not in _DONE:
        abort(404)
    try:
        move()
    except Nof1Error as error:
        return actions.refused(page, id, error)
    return actions.done(page, id, _(_DONE[verb]))


def _mine(p: Ports, user_id: str, id: str) -> Credential:
    found = credentials.find(p, user_id, id)
    if found.id != id:
        raise NotFound(N_("There is no such credential."))
    return found


def _form(
    p: Ports, user_id: str, owner: Credential, form: FlattenForm, problems: list[str] | None = None
) -> str:
    with p.tenants(user_id) as store:
        held = [each for each in store.trackers.epochs(owner.id) if each.quantity]
        open_now = store.flattens.open(owner.id)
    names = {each.id: each.name for each in trackers.listing(p, user_id, owner.id)}
    only = form.tracker.data or ""
    rows = [(names.get(each.tracker_id, ""), each) for each in held if only in ("", each.tracker_id)]
    form.symbol.choices = ["", *sorted({each.symbol for _name, each in rows})]
    return render_template(
        "flatten/page.html",
        owner=owner,
        form=form,
        rows=rows,
        tracker=names.get(only, ""),
        open_now=open_now,
        problems=problems or [],
    )
