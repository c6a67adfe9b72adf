"""The page agents: how the sources are, every agent ranked, and a form for an address on Hyperliquid."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Length

from nof1web.errors import InvalidInput, Nof1Error
from nof1web.services import addresses
from nof1web.services.addresses import Looking
from nof1web.web import access, failures, pages
from nof1web.web.forms import put_errors
from nof1web.web.numbers import sentence

bp = Blueprint("agents", __name__)


class AddressForm(FlaskForm):
    """An address, or the name of a known agent, and what this person calls it."""

    address = StringField(
        lazy_gettext("Address"), [InputRequired(lazy_gettext("Paste an address or choose a name.")), Length(max=200)]
    )
    label = StringField(lazy_gettext("Name"), [Length(max=200)])
    confirmed = BooleanField(lazy_gettext("It holds nothing, and it is the right one"))


@bp.get("/agents")
def page() -> str:
    """Show the sources and every agent."""
    return _page(AddressForm())


@bp.get("/agents/<name>")
def fragment(name: str) -> str:
    """Return one fragment of the page."""
    return pages.fragment(access.ports(), access.me().id, name, page="agents")


@bp.post("/agents/addresses")
def add() -> ResponseReturnValue:
    """Have an address read from now on; 422 with a sentence beside the field when it can't be."""
    form = AddressForm()
    if not form.validate():
        return _page(form), 422
    try:
        label = addresses.label_of(form.label.data or "")
        address = addresses.add(cast(Looking, access.ports()), form.address.data, confirmed=form.confirmed.data)
        if label:
            addresses.name(access.ports(), access.me().id, address, label)
    except InvalidInput as error:
        put_errors(form, error.fields)
        return _page(form), 422
    except Nof1Error as error:
        form.address.errors = [sentence(error.text)]
        return _page(form), failures.status_of(error)
    flash(_("The address is read from now on; its book appears here in a few seconds."), "done")
    return redirect(url_for("agents.page"), 303)


def _page(form: AddressForm) -> str:
    view = pages.view_of(access.ports(), access.me().id, "agents")
    return render_template("agents/page.html", view=view, form=form, **pages.context("agents"))
