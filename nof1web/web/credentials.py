"""Credentials: the list with a form for a new key, the key's test, one credential's page and its buttons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from nof1web.core.records import Credential
from nof1web.core.trading import Environment
from nof1web.errors import N_, InvalidInput, Nof1Error, NotFound, Refused
from nof1web.services import credentials, halting, open_orders, removing, reporting, warnings
from nof1web.services.keys import KeyOptions
from nof1web.services.ports import Ports
from nof1web.services.stores import Draft
from nof1web.web import access, actions, overview, pages
from nof1web.web.forms import CredentialForm, put_errors

bp = Blueprint("credentials", __name__)

Act = Callable[[Ports, str, str], Credential]
_STATES: Mapping[str, tuple[Act, str]] = {
    "start": (partial(halting.change, verb="start"), N_("Started. Entries wait for the first account sync.")),
    "stop": (partial(halting.change, verb="stop"), N_("Stopped. Stops and targets on the exchange keep resting.")),
    "pause": (partial(halting.change, verb="pause"), N_("Paused. No new entries; closes still flow.")),
    "resume": (partial(halting.change, verb="resume"), N_("Resumed.")),
    "enable": (credentials.enable, N_("Enabled.")),
    "disable": (credentials.disable, N_("Disabled.")),
}


@bp.get("/credentials")
def page() -> str:
    """Show the list and an empty form."""
    return _page(CredentialForm(environment=_usual()))


@bp.post("/credentials", endpoint="add")
def add() -> ResponseReturnValue:
    """Seal what was typed and have a worker test it; 422 with sentences beside the fields when it can't be tested."""
    form, p, user_id = CredentialForm(), access.ports(), access.me().id
    access.require_private_way()
    if form.validate():
        try:
            draft = credentials.draft(
                p,
                user_id,
                name=form.name.data,
                environment=form.environment.data,
                api_key=form.api_key.data.strip(),
                api_secret=form.api_secret.data.strip(),
                options=KeyOptions(form.label.data, form.margin_mode.data, form.proxy.data.strip()),
            )
        except InvalidInput as error:
            return _refuse(form, error)
        if actions.wants_fragment():
            return _test(draft)
        return redirect(url_for("credentials.draft", id=draft.id), 303)
    return _refuse(form)


@bp.get("/credentials/drafts/<id>")
def draft(id: str) -> str:
    """Show a key's test as a page; it loads itself again while the test runs."""
    return render_template("credentials/draft.html", **tested(draft_of(id)))


@bp.get("/credentials/drafts/<id>/test")
def test(id: str) -> Response:
    """Return the test's state as a fragment, which asks again in a second until there is an answer."""
    draft = draft_of(id)
    response = make_response(_test(draft))
    if draft.state == "passed":
        # The list beside the form shows the new credential at once.
        response.headers["HX-Trigger"] = "nof1:refresh"
    return response


@bp.get("/credentials/<id>")
def one(id: str) -> str:
    """Show one credential."""
    view = reporting.credential(access.ports(), access.me().id, id)
    curve = overview.asked_curve({id: view.credential.equity}, id)
    return render_template("credential/page.html", view=view, curve=curve, **pages.context("credential", id))


@bp.get("/credentials/<id>/curve")
def curve(id: str) -> str:
    """Return the credential's equity curve alone, in another range."""
    at = f"/credentials/{id}"
    found = overview.asked_curve({id: reporting.equity_of(access.ports(), access.me().id, id)}, id)
    return render_template("shared/_curve.html", curve=found, at=f"{at}/curve", back=at, fixed=True)


@bp.get("/credentials/<id>/<name>")
def fragment(id: str, name: str) -> str:
    """Return one fragment of a credential's page."""
    return pages.fragment(access.ports(), access.me().id, name, page="credential", id=id)


@bp.get("/credentials/list")
def listing() -> str:
    """Return the list as a fragment."""
    return pages.fragment(access.ports(), access.me().id, "list", page="credentials")


@bp.post("/credentials/<id>/<verb>")
def act(id: str, verb: str) -> ResponseReturnValue:
    """Do what a button says; refusals say why."""
    p, user_id = access.ports(), access.me().id
    found = credentials.find(p, user_id, id)
    if found.id != id:
        raise NotFound(N_("There is no such credential."))
    if verb == "test":
        p.queue.retest(user_id, id)
        return actions.done("credential", id, _("The key is being tested; the answer appears here."))
    if verb == "poll":
        return _poll(p, user_id, found)
    if verb == "read_orders":
        return _read_orders(p, user_id, found)
    if verb not in _STATES:
        abort(404)
    action, text = _STATES[verb]
    try:
        action(p, user_id, id)
    except Nof1Error as error:
        return actions.refused("credential", id, error)
    return actions.done("credential", id, _(text))


def _poll(p: Ports, user_id: str, found: Credential) -> ResponseReturnValue:
    if not (found.enabled and found.state.polls):
        words = N_("%(name)s does not poll, so nothing would be ordered. Start it first.")
        return actions.refused("credential", found.id, Refused(words, name=found.name))
    open_orders.ask(p, user_id, found)
    p.queue.cycle(user_id, found.id, front=True)
    return actions.done("credential", found.id, _("A cycle was asked for; its result appears under “Why”."))


def _read_orders(p: Ports, user_id: str, found: Credential) -> ResponseReturnValue:
    asked = open_orders.ask(p, user_id, found)
    # A page that asks by itself when it is opened has no news for anybody.
    if request.form.get("quietly"):
        return "", 204
    if not open_orders.readable(found):
        locked = N_("%(name)s is locked. Test its connection first.")
        words = locked if found.enabled else N_("%(name)s is disabled. Enable it first.")
        return actions.refused("credential", found.id, Refused(words, name=found.name))
    if not asked:
        return actions.done("credential", found.id, _("The open orders were read or asked for moments ago."))
    return actions.done("credential", found.id, _("The open orders are being read; they appear here."))


def _page(form: CredentialForm, **more: object) -> str:
    p, user_id = access.ports(), access.me().id
    with p.tenants(user_id) as store:
        waiting = store.credentials.waiting()
    context = {"removed": removing.removed(p, user_id), "waiting": waiting, **pages.context("credentials"), **more}
    return render_template("credentials/page.html", view=reporting.accounts(p, user_id), form=form, **context)


def _refuse(form: CredentialForm, error: InvalidInput | None = None) -> ResponseReturnValue:
    # A password may be in it, which no page shows again.
    form.proxy.data = ""
    homeless = put_errors(form, error.fields) if error else []
    if error and not error.fields:
        homeless = put_errors(form, {"": error.text})
    if actions.wants_fragment():
        return render_template("credentials/_add.html", form=form, problems=homeless), 422
    return _page(form, problems=homeless), 422


def _usual() -> str:
    return Environment.TESTNET.value if access.ports().demo else Environment.PAPER.value


def draft_of(id: str) -> Draft:
    """Return a key's test; NotFound when it is not this user's."""
    with access.ports().tenants(access.me().id) as store:
        found = store.credentials.draft(id)
    if found is None:
        raise NotFound(N_("There is no such key test."))
    return found


def tested(draft: Draft) -> dict[str, object]:
    """Return what the templates of a key's test need."""
    names = ("name", "environment", "api_key", "label", "margin_mode", "proxy")
    form = CredentialForm(formdata=None, data={name: getattr(draft, name) for name in names})
    return {"draft": draft, "form": form, "found": [warnings.words(code) for code in draft.warnings]}


def _test(draft: Draft) -> str:
    return render_template("credentials/_test.html", **tested(draft))
