"""Trackers: a new one with its preview, one tracker's page with its settings, start and stop."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from nof1web.core import settings as schema
from nof1web.core.records import Credential, Tracker
from nof1web.errors import N_, InvalidInput, Nof1Error, NotFound, Refused, Text
from nof1web.services import credentials, defaults, reporting, trackers
from nof1web.web import access, actions, failures, pages
from nof1web.web.forms import SettingsForm, TrackerForm, groups, important, put_errors, typed
from nof1web.web.numbers import sentence

bp = Blueprint("trackers", __name__)


@bp.get("/trackers/new")
def new() -> str:
    """Show the form for following an agent."""
    wanted = request.args.get("credential", "")
    if wanted:
        _account(wanted)
    given = {"credential": wanted, "agent": request.args.get("agent", ""), "shown_for": wanted}
    return _form(TrackerForm(formdata=None, data={**_inherited(wanted), **given}))


@bp.post("/trackers/new", endpoint="add")
def add() -> ResponseReturnValue:
    """Add and start the tracker; 422 with sentences beside the fields when something is wrong."""
    form, p, user_id = TrackerForm(), access.ports(), access.me().id
    source, agent = _agent(form.agent.data)
    try:
        credential = _account(form.credential.data or "")
        if not form.validate() or not agent:
            raise InvalidInput(N_("Choose an agent to follow."))
        tracker = trackers.add(
            p,
            user_id,
            credential=credential.id,
            source=source,
            agent=agent,
            name=(form.name.data or "").strip(),
            settings=_own(),
        )
    except InvalidInput as error:
        return _form(form, problems=_place(form, error)), 422
    return redirect(url_for("trackers.one", id=tracker.id), 303)


@bp.post("/trackers/preview")
def preview() -> ResponseReturnValue:
    """Return the orders these settings would send now; nothing is kept."""
    p, user_id, values = access.ports(), access.me().id, request.form
    source, agent = _agent(values.get("agent", ""))
    view, wrong, status = None, list[str](), 200
    known = _mine(values["tracker"]) if values.get("tracker") else None
    if values.get("credential"):
        credential = _account(values["credential"])
    if agent and values.get("credential"):
        try:
            view = trackers.preview(
                p,
                user_id,
                credential.id,
                source=source,
                agent=agent,
                settings={**schema.known(known.settings), **_changes(known)} if known else _own(),
                tracker_id=known.id if known else "",
            )
        except Nof1Error as error:
            wrong, status = _each_wrong(error), 422
    if actions.wants_fragment():
        return render_template("trackers/_preview.html", preview=view, wrong=wrong), status
    return _form(TrackerForm(), preview=view, wrong=wrong), status


@bp.get("/trackers/<id>")
def one(id: str) -> str:
    """Show one tracker."""
    return _page(id, None)


@bp.get("/trackers/<id>/<name>")
def fragment(id: str, name: str) -> str:
    """Return one fragment of a tracker's page."""
    return pages.fragment(access.ports(), access.me().id, name, page="tracker", id=id)


@bp.post("/trackers/<id>/settings")
def settings(id: str) -> ResponseReturnValue:
    """Keep the changed settings; 422 with sentences beside the fields, 409 while a holding forbids the change."""
    p, user_id = access.ports(), access.me().id
    tracker = _mine(id)
    form = SettingsForm()
    try:
        trackers.put_settings(p, user_id, id, _changes(tracker))
    except (InvalidInput, Refused) as error:
        return _page(id, form, _place(form, error)), failures.status_of(error)
    return actions.saved(id, _("Saved. New settings count for entries from now on; open positions keep their size."))


@bp.post("/trackers/<id>/<verb>")
def act(id: str, verb: str) -> ResponseReturnValue:
    """Start or stop following."""
    p, user_id = access.ports(), access.me().id
    _mine(id)
    if verb not in ("start", "stop"):
        abort(404)
    try:
        (trackers.start if verb == "start" else trackers.stop)(p, user_id, id)
    except Nof1Error as error:
        return actions.refused("tracker", id, error)
    done = _("Following.") if verb == "start" else _("No longer following. What is open stays open and protected.")
    return actions.done("tracker", id, done)


def _mine(id: str) -> Tracker:
    tracker = trackers.find(access.ports(), access.me().id, id)
    if tracker.id != id:
        raise NotFound(N_("There is no such tracker."))
    return tracker


def _account(id: str) -> Credential:
    if not id:
        raise InvalidInput(N_("Choose a credential."), fields={"credential": Text(N_("Choose a credential."))})
    credential = credentials.find(access.ports(), access.me().id, id)
    if credential.id != id:
        raise NotFound(N_("There is no such credential."))
    return credential


def _agent(value: str | None) -> tuple[str, str]:
    source, _slash, agent = (value or "").partition("/")
    return source, agent


def _own() -> dict[str, str]:
    """Return what a person set for a new tracker: everything that differs from what the form showed as inherited."""
    shown_for = request.form.get("shown_for", "")
    return _differing(_inherited(_account(shown_for).id if shown_for else ""))


def _changes(tracker: Tracker) -> dict[str, str]:
    """Return what a person changed about a tracker: everything that differs from what holds for it.

    A setting of its own that was cleared, or ticked as inherited, goes back to what the levels above say.
    """
    changes = _differing(schema.texts(schema.of(tracker)))
    back = {name for name, text in changes.items() if not text.strip()} | set(request.form.getlist("inherit"))
    return changes | dict.fromkeys(back & tracker.settings.keys() & schema.SPECS.keys(), schema.INHERITED)


def _differing(shown: Mapping[str, str]) -> dict[str, str]:
    sent = typed(request.form.to_dict(flat=False))
    return {name: text for name, text in sent.items() if text.strip() != shown[name]}


def _inherited(credential_id: str) -> dict[str, str]:
    """Return what a new tracker starts with: what its credential and the user set for all, over the defaults."""
    return schema.texts(defaults.inherited(access.ports(), access.me().id, credential_id))


def _place(form: TrackerForm, error: Nof1Error) -> list[str]:
    if isinstance(error, InvalidInput) and error.fields:
        return put_errors(form, error.fields)
    return [sentence(error.text)]


def _each_wrong(error: Nof1Error) -> list[str]:
    """Return a sentence for every setting that is wrong or contradicts another, each with its label."""
    if not isinstance(error, InvalidInput) or not error.fields:
        return [sentence(error.text)]
    labels = {name: _(spec.label) for name, spec in schema.SPECS.items()}
    told = {name: sentence(text) for name, text in error.fields.items()}
    return [f"{labels[name]}: {text}" if name in labels else text for name, text in told.items()]


def _form(form: TrackerForm, **more: object) -> str:
    p, user_id = access.ports(), access.me().id
    context = {
        "accounts": credentials.listing(p, user_id),
        "agents": reporting.agents(p),
        "important": important(),
        "groups": groups(),
        **more,
    }
    return render_template("trackers/new.html", form=form, **context)


def _page(id: str, form: SettingsForm | None, problems: list[str] | None = None) -> str:
    view = reporting.tracker(access.ports(), access.me().id, id)
    if form is None:
        form = SettingsForm(formdata=None, data=schema.texts(view.settings))
    context = {
        "important": important(),
        "groups": groups(),
        "problems": problems or [],
        "inherited": _inherited(view.row.credential_id),
        **pages.context("tracker", id),
    }
    return render_template("tracker/page.html", view=view, form=form, **context)
