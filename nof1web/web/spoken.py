"""What templates say in the reader's language: looked up once per sentence and language, for a page says hundreds."""

from __future__ import annotations

from functools import lru_cache
from gettext import NullTranslations
from typing import cast

from flask import Flask, g
from flask_babel import get_translations
from markupsafe import Markup


def gettext(text: str, **numbers: object) -> Markup:
    """Return an English sentence in the reader's language as markup, what is put into it escaped."""
    return _known(_translations(), text) % numbers


def ngettext(one: str, many: str, num: int, **numbers: object) -> Markup:
    """Return the form of a sentence that fits `num`, which stands in it too."""
    return Markup(_translations().ngettext(one, many, num)) % {"num": num, **numbers}


def plain(text: str) -> str:
    """Return an English sentence in the reader's language as it is, nothing put into it."""
    return _translations().gettext(text)


def _translations() -> NullTranslations:
    # Finding out which language it is takes longer than the translation.
    if "translations" not in g:
        g.translations = get_translations()
    return cast(NullTranslations, g.translations)


@lru_cache(maxsize=8192)
def _known(translations: NullTranslations, text: str) -> Markup:
    return Markup(translations.gettext(text))


def install(app: Flask) -> None:
    """Give templates the words of the reader's language."""
    app.jinja_env.globals.update(gettext=gettext, ngettext=ngettext, _=gettext)
