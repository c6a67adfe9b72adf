"""What becomes of a key: how well it is kept, a new one for it, going live, taking it away."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from nof1web.core.records import Credential
from nof1web.errors import N_, InvalidInput, NotFound
from nof1web.services import arming, credentials, hygiene, removing, replacing
from nof1web.services.reading import masked
from nof1web.web import access, actions
from nof1web.web.forms import KeyForm, TypedForm, put_errors

bp = Blueprint("keys", __name__)


@bp.get("/credentials/<id>/key")
def key(id: str) -> str:
    """Show how well a key is kept, the keys before it, and a form for a new one."""
    return _key(_found(id), KeyForm())


@bp.post("/credentials/<id>/key", endpoint="replace")
def replace(id: str) -> ResponseReturnValue:
    """Have a worker test a new key of the same account; it takes the old one's place when it works."""
    p, user_id, credential, form = access.ports(), access.me().id, _found(id), KeyForm()
    access.require_private_way()
    if not form.validate():
        return _key(credential, form), 422
    secret = form.api_secret.data.strip()
    try:
        row = replacing.begin(p, user_id, credential, api_key=form.api_key.data, api_secret=secret)
    except InvalidInput as error:
        return _key(credential, form, error), 422
    return redirect(url_for("credentials.draft", id=credentials.submit(p, user_id, row, secret, "").id), 303)


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


def _found(id: str) -> Credential:
    found = credentials.find(access.ports(), access.me().id, id)
    if found.id != id:
        raise NotFound(N_("There is no such credential."))
    return found


def _key(credential: Credential, form: FlaskForm, error: InvalidInput | None = None) -> str:
    p = access.ports()
    with p.tenants(access.me().id) as store:
        facts, past = store.keys.facts(credential.id), store.keys.past(credential.id)
    return render_template(
        "key/key.html",
        credential=credential,
        shown=masked(credential.api_key),
        facts=facts,
        hygiene=hygiene.of(facts, credential.environment, p.clock()) if facts else None,
        past=past,
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
