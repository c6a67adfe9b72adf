"""Chips and icons as markup, drawn once per language: a page has hundreds of them."""

from __future__ import annotations

from functools import lru_cache
from gettext import NullTranslations

from flask import Flask, current_app
from markupsafe import Markup, escape

from nof1web.web import spoken
from nof1web.web.words import Chip


def chip(word: Chip) -> Markup:
    """Return a word with its icon, its explanation as a title."""
    return _chip(word, spoken.translations())


@lru_cache(maxsize=1024)
def _chip(word: Chip, translations: NullTranslations) -> Markup:
    title = f' title="{escape(translations.gettext(word.help))}"' if word.help else ""
    label = escape(translations.gettext(word.label))
    return Markup(f'<span class="chip {escape(word.tone)}"{title}>{icon(word.icon, 12)}{label}</span>')


@lru_cache(maxsize=256)
def icon(name: str, size: int = 16) -> Markup:
    """Return an icon of templates/_icons.html."""
    shapes = current_app.jinja_env.get_template("_icons.html").module
    return Markup(shapes.drawn(name, size))  # type: ignore[attr-defined]


def install(app: Flask) -> None:
    """Give templates the filters."""
    app.jinja_env.filters.update(chip=chip, icon=icon)
