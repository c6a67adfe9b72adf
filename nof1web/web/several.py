"""One agent followed with several credentials: one form, a row for each, all of them or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from nof1web.core import settings as schema
from nof1web.core.records import Credential
from nof1web.errors import InvalidInput, Nof1Error, Text
from nof1web.services import credentials, defaults, following_several, reporting
from nof1web.services.following_several import Part
from nof1web.web import access, failures
from nof1web.web.forms import IMPORTANT, TrackerForm, groups, important, put_errors, typed
from nof1web.web.numbers import sentence

bp = Blueprint("several", __name__)

OVERRIDES = tuple(schema.SPECS[name] for name in (*IMPORTANT, "multiplier", "margin_mode"))
"""What a row may set for its credential alone; every other setting waits on the tracker's own page."""
_ALL_ROWS = ("agent", "address", "source")


@dataclass(frozen=True, slots=True)
class Row:
    """One credential's row: what was typed into it, what holds where nothing was, and what is wrong with it."""

    credential: Credential
    part: Part
    inherited: Mapping[str, str]
    wrong: Mapping[str, str]


@bp.get("/trackers/several")
def page() -> str:
    """Show the form; `credential` and `agent` of the address are chosen in it."""
    form = TrackerForm(formdata=None, data={**_shown(""), "agent": request.args.get("agent", "")})
    chosen = frozenset(request.args.getlist("credential"))
    return _page(form, [Part(each.id, each.id in chosen) for each in _accounts()])


@bp.post("/trackers/several", endpoint="add")
def add() -> ResponseReturnValue:
    """Add and start a tracker for every row switched on; 422 with each sentence beside its row, nothing made then."""
    form, parts = TrackerForm(), [_part(each.id) for each in _accounts()]
    source, _slash, agent = (form.agent.data or "").partition("/")
    try:
        made = following_several.add(
            access.ports(), access.me().id, parts, source=source, agent=agent, shared=_shared()
        )
    except Nof1Error as error:
        wrong = error.fields if isinstance(error, InvalidInput) else {}
        return _page(form, parts, wrong or {"": error.text}), failures.status_of(error)
    told = ngettext("%(num)s tracker was made and started.", "%(num)s trackers were made and started.", len(made))
    flash(told, "done")
    return redirect(url_for("credentials.page"), 303)


def _accounts() -> tuple[Credential, ...]:
    return credentials.listing(access.ports(), access.me().id)


def _part(credential_id: str) -> Part:
    sent = ((spec.name, request.form.get(f"{credential_id}.{spec.name}", "")) for spec in OVERRIDES)
    own = {name: text.strip() for name, text in sent if text.strip()}
    return Part(credential_id, f"{credential_id}.on" in request.form, own)


def _shared() -> dict[str, str]:
    """Return what was set for all: everything that differs from what the form showed as inherited."""
    shown = _shown("")
    return {name: text for name, text in typed(request.form.to_dict(flat=False)).items() if text.strip() != shown[name]}


def _shown(credential_id: str) -> dict[str, str]:
    return schema.texts(defaults.inherited(access.ports(), access.me().id, credential_id))


def _page(form: TrackerForm, parts: list[Part], wrong: Mapping[str, Text] | None = None) -> str:
    accounts = {each.id: each for each in _accounts()}
    beside, rest = _sorted(wrong or {}, accounts)
    rows = [Row(accounts[id], part, _shown(id), beside[id]) for part in parts for id in (part.credential_id,)]
    return render_template(
        "several/page.html",
        form=form,
        rows=rows,
        overrides=OVERRIDES,
        agents=reporting.agents(access.ports()),
        important=important(),
        groups=groups(),
        problems=put_errors(form, rest),
    )


def _sorted(
    wrong: Mapping[str, Text], accounts: Mapping[str, Credential]
) -> tuple[dict[str, dict[str, str]], dict[str, Text]]:
    """Part what is wrong into sentences by row and setting, and what belongs to no row, each said once."""
    beside: dict[str, dict[str, str]] = {id: {} for id in accounts}
    rest: dict[str, Text] = {}
    for name, text in wrong.items():
        id, _dot, setting = name.partition(".")
        if setting in _ALL_ROWS or id not in beside:
            rest["agent" if setting in _ALL_ROWS or name in _ALL_ROWS else name] = text
        else:
            setting = setting if any(setting == spec.name for spec in OVERRIDES) else ""
            beside[id][setting] = f"{beside[id].get(setting, '')} {sentence(text)}".strip()
    return beside, rest
