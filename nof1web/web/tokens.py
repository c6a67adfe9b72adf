"""Tokens for programs: made and shown once, renewed and revoked with one press; and the page that explains the API."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from werkzeug.utils import redirect
from wtforms import RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from nof1web.errors import N_, InvalidInput, NotFound
from nof1web.services import tokens
from nof1web.services.stores import ApiToken, Scope
from nof1web.services.tokens import Made
from nof1web.web import access
from nof1web.web.forms import put_errors

bp = Blueprint("tokens", __name__)

DAYS = {
    "30": lazy_gettext("30 days"),
    "90": lazy_gettext("90 days"),
    "365": lazy_gettext("a year"),
    "": lazy_gettext("until it is revoked"),
}
SCOPES = {
    Scope.READ: N_("Read: see everything of yours"),
    Scope.TRADE: N_("Trade: also follow agents, start, stop, pause, halt and flatten"),
    Scope.ADMIN: N_("Admin: also add, replace, arm and remove keys"),
}


class TokenForm(FlaskForm):
    """A new token."""

    name = StringField(
        lazy_gettext("Name"), [InputRequired(lazy_gettext("Give it a name.")), Length(max=60)]
    )
    scope = RadioField(lazy_gettext("What it may do"), choices=[str(each) for each in Scope], default=str(Scope.READ))
    days = SelectField(lazy_gettext("It works for"), choices=list(DAYS), default="90")


@bp.get("/tokens")
def page() -> str:
    """Show the tokens and a form for a new one."""
    return _page(TokenForm(formdata=None))


@bp.post("/tokens", endpoint="add")
def add() -> ResponseReturnValue:
    """Make a token and show it this once."""
    form = TokenForm()
    if not form.validate():
        return _page(form), 422
    days = int(form.days.data) if form.days.data else None
    try:
        made = tokens.make(access.ports(), access.me().id, name=form.name.data, scope=form.scope.data, days=days)
    except InvalidInput as error:
        return _page(form, problems=put_errors(form, error.fields)), 422
    return _shown(made)


@bp.post("/tokens/<id>/renew", endpoint="renew")
def renew(id: str) -> ResponseReturnValue:
    """Give a token a new value and show it this once; the old one opens nothing any more."""
    return _shown(tokens.renew(access.ports(), access.me().id, _mine(id).id))


@bp.post("/tokens/<id>/revoke", endpoint="revoke")
def revoke(id: str) -> ResponseReturnValue:
    """End a token."""
    tokens.revoke(access.ports(), access.me().id, _mine(id).id)
    return redirect(url_for("tokens.page"), 303)


@bp.get("/api")
def api() -> str:
    """Show the OpenAPI document for people."""
    return render_template("api/page.html")


def _mine(id: str) -> ApiToken:
    found = tokens.find(access.ports(), access.me().id, id)
    if found.id != id:
        raise NotFound(N_("There is no such token."))
    return found


def _shown(made: Made) -> ResponseReturnValue:
    # Shown in the answer to the press itself: a redirect would have to keep the value somewhere.
    return make_response(_page(TokenForm(formdata=None), made=made), 200)


def _page(form: TokenForm, *, made: Made | None = None, problems: list[str] | None = None) -> str:
    p = access.ports()
    found = [each for each in tokens.listing(p, access.me().id) if each.revoked_at is None]
    return render_template(
        "tokens/page.html",
        form=form,
        made=made,
        rows=[(each, each.works(p.clock())) for each in found],
        days=DAYS,
        scopes={str(scope): _(text) for scope, text in SCOPES.items()},
        problems=problems or [],
    )
