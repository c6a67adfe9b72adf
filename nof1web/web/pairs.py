"""A key pair made here: its form, its public half to copy, the exchange's id for it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from nof1web.core.trading import Environment
from nof1web.errors import InvalidInput, Nof1Error
from nof1web.services import pairs
from nof1web.services.keys import KeyOptions
from nof1web.web import access, credentials, failures
from nof1web.web.forms import PairForm, PairIdForm, put_errors

bp = Blueprint("pairs", __name__)


@bp.get("/credentials/pair")
def page() -> str:
    """Show the form that makes a pair."""
    usual = Environment.TESTNET if access.ports().demo else Environment.LIVE
    return render_template("pair/page.html", form=PairForm(environment=usual.value), problems=[])


@bp.post("/credentials/pair", endpoint="add")
def add() -> ResponseReturnValue:
    """Make a pair, seal its private half at once, and show the public one."""
    form, user_id = PairForm(), access.me().id
    if not form.validate():
        return _refused(form), 422
    proxy = (form.proxy.data or "").strip()
    if proxy:
        # Its password could be read on the way.
        access.require_private_way()
    options = KeyOptions(form.label.data, form.margin_mode.data, proxy)
    try:
        made = pairs.begin(
            access.pairing(), user_id, name=form.name.data, environment=form.environment.data, options=options
        )
    except Nof1Error as error:
        fields = error.fields if isinstance(error, InvalidInput) else {}
        return _refused(form, put_errors(form, fields or {"": error.text})), failures.status_of(error)
    return redirect(url_for("credentials.draft", id=made.id), 303)


@bp.post("/credentials/pair/<id>", endpoint="named")
def named(id: str) -> ResponseReturnValue:
    """Take the exchange's id for a pair and have a worker test it."""
    form, p, user_id = PairIdForm(), access.ports(), access.me().id
    try:
        row = pairs.named(p, user_id, id, form.api_key.data or "")
    except InvalidInput as error:
        wrong = put_errors(form, error.fields)
        shown = {**credentials.tested(credentials.draft_of(id)), "form": form, "problems": wrong}
        return render_template("credentials/draft.html", **shown), 422
    p.queue.test_key(user_id, row.id)
    return redirect(url_for("credentials.draft", id=row.id), 303)


@bp.post("/credentials/pair/<id>/give-up", endpoint="given_up")
def given_up(id: str) -> ResponseReturnValue:
    """Erase a pair that waits."""
    pairs.give_up(access.ports(), access.me().id, id)
    flash(_("The key pair is erased."), "done")
    return redirect(url_for("credentials.page"), 303)


def _refused(form: PairForm, problems: Sequence[str] = ()) -> str:
    # A password may be in it, which no page shows again.
    form.proxy.data = ""
    return render_template("pair/page.html", form=form, problems=problems)
