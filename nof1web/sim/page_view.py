"""How the site's pages are put together: language, templates, headers, and what a page says about a refused form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from nof1web.sim import page_format
from nof1web.sim.local import is_local
from nof1web.sim.page_fields import BadField, Fields
from nof1web.sim.page_notices import notice
from nof1web.sim.page_once import new_token
from nof1web.sim.page_texts import TEXTS, word
from nof1web.sim.refusal import Refusal
from nof1web.sim.routing import Answer, Call, html_answer

ROOT = Path(__file__).resolve().parents[2]
_HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    # With "no-referrer" a browser would send the form's Origin as null, like one of another site.
    ("Referrer-Policy", "same-origin"),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a form was refused: form, field name ("" for the whole form), sentence, and the exchange's words."""

    form: str = ""
    field_name: str = ""
    sentence: str = ""
    words: str = ""
    hint: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)


NO_PROBLEM = Problem()


def problem(call: Call, form: str, fields: Fields, error: BadField | Refusal) -> Problem:
    """What a page says about a form it couldn't carry out."""
    t = TEXTS[language(call)]
    if isinstance(error, BadField):
        return Problem(form, error.field, t[error.sentence].format(**error.values), typed=fields.typed)
    hint = t.get(f"hint_{error.code}", "")
    return Problem(form, "", t["refused"].format(code=error.code), error.message, hint, fields.typed)


def render(call: Call, template: str, *, path: str, status: int = 200, **values: Any) -> Answer:
    """A page; `path` is its own address, where its language is changed and its figures are read anew."""
    chosen = language(call)
    t = TEXTS[chosen]
    shown = {
        "t": t,
        "language": chosen,
        "path": path,
        "local": is_local(call),
        "notice": notice(call, chosen),
        "problem": NO_PROBLEM,
        "once": new_token(),
        "word": lambda code: word(t, code),
        **values,
    }
    return html_answer(_templates().get_template(template).render(shown), status, _HEADERS)


def go_to(call: Call, path: str) -> Answer:
    """A redirect (303) to another page in the same language."""
    target = f"{path}?lang={language(call)}"
    return Answer(b"", 303, "text/plain", (("Location", target), ("Cache-Control", "no-store")))


def not_found(call: Call) -> Answer:
    """There is no such page."""
    return render(call, "not_found.html", path="/", status=404)


def only_on_this_machine(call: Call) -> Answer:
    """The refusal for programs and pages from elsewhere."""
    return render(call, "only_here.html", path="/", status=403)


def language(call: Call) -> str:
    """The language the address asks for, else the browser's."""
    chosen = parse_qs(call.query).get("lang", [""])[-1]
    if chosen in TEXTS:
        return chosen
    accepted = str(call.environ.get("HTTP_ACCEPT_LANGUAGE", "")).lower()
    return "zh" if accepted.startswith("zh") else "en"


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates" / "sim"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = ("money", "signed", "short", "percent", "price", "quantity", "moment", "machine_moment", "direction")
    environment.filters.update({name: getattr(page_format, name) for name in names})
    environment.globals["nothing"] = page_format.NOTHING
    return environment
