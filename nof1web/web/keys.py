"""What becomes of a key: how well it is kept, a new one for it, going live, taking it away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from nof1web.core.records import Credential
from nof1web.core.trading import Environment
from nof1web.errors import N_, InvalidInput, NotFound, Refused
from nof1web.services import arming, credentials, describing, hygiene, removing, replacing
from nof1web.services.reading import masked
from nof1web.web import access, actions, failures
from nof1web.web.forms import AboutForm, KeyForm, MovingKeyForm, TypedForm, put_errors

bp = Blueprint("keys", __name__)


@bp.get("/credentials/<id>/key")
def key(id: str) -> str:
    """Show how well a key is kept, the keys before it, and a form for a new one."""
    found = _found(id)
    return _key(found, _key_form(found))


@bp.post("/credentials/<id>/key", endpoint="replace")
def replace(id: str) -> ResponseReturnValue:
    """Have a worker test a new key of the same account; it takes the old one's place when it works."""
    p, user_id, credential = access.ports(), access.me().id, _found(id)
    form = _key_form(credential)
    access.require_private_way()
    if not form.validate():
        return _key(credential, form), 422
    secret = form.api_secret.data.strip()
    try:
        chosen = form.environment.data if isinstance(form, MovingKeyForm) else ""
        row = replacing.begin(
            p, user_id, credential, api_key=form.api_key.data, api_secret=secret, environment=chosen
        )
    except InvalidInput as error:
        return _key(credential, form, error), 422
    return redirect(url_for("credentials.draft", id=credentials.submit(p, user_id, row, secret, "").id), 303)


@bp.post("/credentials/<id>/about")
def about(id: str) -> ResponseReturnValue:
    """Keep what a credential is called, its label and its trackers' margin mode."""
    p, user_id, credential, form = access.ports(), access.me().id, _found(id), AboutForm()
    if not form.validate():
        return _key(credential, _key_form(credential, empty=True), about=form), 422
    said = {"name": form.name.data, "label": form.label.data, "margin_mode": form.margin_mode.data}
    try:
        describing.describe(p, user_id, id, **said)
    except (InvalidInput, Refused) as error:
        fields = error.fields if isinstance(error, InvalidInput) else {}
        problems = put_errors(form, fields or {"": error.text})
        shown = _key(credential, _key_form(credential, empty=True), about=form, wrong=problems)
        return shown, failures.status_of(error)
    flash(_("Saved."), "done")
    return redirect(url_for("keys.key", id=id), 303)


@bp.get("/credentials/<id>/arm")
def arm(id: str) -> str:
    """Show what going live could cost at worst."""
    return _arm(_found(id), TypedForm())


@bp.post("/credentials/<id>/arm", endpoint="armed")
def armed(id: str) -> ResponseReturnValue:
    """Arm a live credential whose name was typed."""
    credential, form = _found(id), TypedForm()
    try:
        arming.arm(access.ports(), access.me().id, id, typed=form.typed.data or "")
    except InvalidInput as error:
        return _arm(credential, form, error), 422
    return actions.done("credential", id, _("Armed: its orders leave for the exchange from now on."))


@bp.post("/credentials/<id>/disarm")
def disarm(id: str) -> ResponseReturnValue:
    """Take the right to send orders back."""
    arming.disarm(access.ports(), access.me().id, _found(id).id)
    return actions.done("credential", id, _("Not armed any more: its trackers only record what they would order."))


@bp.get("/credentials/<id>/remove")
def remove(id: str) -> str:
    """Ask for the name before a credential is taken away."""
    return _remove(_found(id), TypedForm())


@bp.post("/credentials/<id>/remove", endpoint="removed")
def removed(id: str) -> ResponseReturnValue:
    """Erase a credential's key and secrets when its name was typed."""
    credential, form = _found(id), TypedForm()
    try:
        removing.remove(access.ports(), access.me().id, id, typed=form.typed.data or "")
    except InvalidInput as error:
        return _remove(credential, form, error), 422
    flash(_("%(name)s is removed: its key and secrets are erased.", name=credential.name), "done")
    return redirect(url_for("credentials.page"), 303)


def _key_form(credential: Credential, *, empty: bool = False) -> KeyForm:
    """Return the form for a new key; before the first order it may be of another environment."""
    with access.ports().tenants(access.me().id) as store:
        used = store.keys.was_used(credential.id)
    more: dict[str, Any] = {"formdata": None} if empty else {}
    if used or credential.environment is Environment.PAPER:
        return KeyForm(**more)
    return MovingKeyForm(**more, data={"environment": credential.environment.value})


def _found(id: str) -> Credential:
    found = credentials.find(access.ports(), access.me().id, id)
    if found.id != id:
        raise NotFound(N_("There is no such credential."))
    return found


def _key(
    credential: Credential,
    form: FlaskForm,
    error: InvalidInput | None = None,
    *,
    about: AboutForm | None = None,
    wrong: Sequence[str] = (),
) -> str:
    p = access.ports()
    with p.tenants(access.me().id) as store:
        facts, past = store.keys.facts(credential.id), store.keys.past(credential.id)
        margin_mode = describing.margin_mode_of(store, credential.id)
    said = {"name": credential.name, "label": facts.label if facts else "", "margin_mode": margin_mode}
    return render_template(
        "key/key.html",
        credential=credential,
        shown=masked(credential.api_key),
        facts=facts,
        hygiene=hygiene.of(facts, credential.environment, p.clock()) if facts else None,
        past=past,
        about=about or AboutForm(formdata=None, data=said),
        wrong=wrong,
        form=form,
        problems=_homeless(form, error),
    )


def _arm(credential: Credential, form: FlaskForm, error: InvalidInput | None = None) -> str:
    worst = arming.worst_case(access.ports(), access.me().id, credential.id)
    return render_template(
        "key/arm.html", credential=credential, worst=worst, form=form, problems=_homeless(form, error)
    )


def _remove(credential: Credential, form: FlaskForm, error: InvalidInput | None = None) -> str:
    return render_template("key/remove.html", credential=credential, form=form, problems=_homeless(form, error))


def _homeless(form: FlaskForm, error: InvalidInput | None) -> list[str]:
    return put_errors(form, error.fields or {"": error.text}) if error else []
