"""The same button for many credentials, and the paper account of a newcomer."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from redis.exceptions import RedisError

from nof1web.core.trading import Environment
from nof1web.errors import N_, InvalidInput, NotFound
from nof1web.services import credentials, moving
from nof1web.web import access
from nof1web.web.numbers import sentence

bp = Blueprint("bulk", __name__)

_VERBS = ("start", "stop", "pause", "resume")


@bp.post("/credentials/bulk")
def act() -> ResponseReturnValue:
    """Start, stop, pause or resume every chosen credential; each that can't be says why, the others are done."""
    p, user_id, verb = access.ports(), access.me().id, request.form.get("verb", "")
    if verb not in _VERBS:
        raise NotFound(N_("There is no such button."))
    known = {each.id: each for each in credentials.listing(p, user_id)}
    chosen = list(dict.fromkeys(request.form.getlist("id")))
    if unknown := [id for id in chosen if id not in known]:
        raise NotFound(N_("There is no credential called %(name)s."), name=unknown[0])
    if not chosen:
        raise InvalidInput(N_("Choose at least one credential first."))
    moved = moving.move(p, user_id, [known[id] for id in chosen], verb, away=RedisError)
    for told in dict.fromkeys(sentence(error.text) for _credential, error in moved.refused):
        flash(told, "refused")
    if moved.done:
        said = ngettext("Done for %(num)s credential.", "Done for %(num)s credentials.", len(moved.done))
        flash(said, "done")
    return redirect(url_for("overview.page"), 303)


@bp.post("/credentials/paper")
def paper() -> ResponseReturnValue:
    """Make a paper account at once: it has no key, so nothing is left to type."""
    p, user_id = access.ports(), access.me().id
    taken = {each.name.casefold() for each in credentials.listing(p, user_id)}
    names = (_("Paper") if number == 1 else f"{_('Paper')} {number}" for number in range(1, 1000))
    name = next(name for name in names if name.casefold() not in taken)
    draft = credentials.draft(p, user_id, name=name, environment=Environment.PAPER, api_key="", api_secret="")
    return redirect(url_for("credentials.draft", id=draft.id), 303)
