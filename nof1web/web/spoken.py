"""What templates say in the reader's language: looked up once per sentence and language, for a page says hundreds."""

from __future__ import annotations

from functools import lru_cache
from gettext import NullTranslations
from typing import cast

from flask import Flask, g
from flask_babel import get_locale, get_translations
from markupsafe import Markup


def gettext(text: str, **numbers: object) -> Markup:
    """Return an English sentence in the reader's language as markup, what is put into it escaped."""
    return _known(translations(), text) % numbers


def ngettext(one: str, many: str, num: int, **numbers: object) -> Markup:
    """Return the form of a sentence that fits `num`, which stands in it too."""
    return Markup(translations().ngettext(one, many, num)) % {"num": num, **numbers}


def plain(text: str) -> str:
    """Return an English sentence in the reader's language as it is, nothing put into it."""
    return translations().gettext(text)


def translations() -> NullTranslations:
    """Return the words of the reader's language."""
    # Finding out which language it is takes longer than the translation.
    kept = g._get_current_object()
    found = kept.get("translations")
    if found is None:
        found = kept.translations = get_translations()
    return cast(NullTranslations, found)


def locale() -> str:
    """Return the reader's language by its code."""
    kept = g._get_current_object()
    found = kept.get("locale")
    if found is None:
        found = kept.locale = str(get_locale())
    return cast(str, found)


@lru_cache(maxsize=8192)
def _known(translations: NullTranslations, text: str) -> Markup:
    return Markup(translations.gettext(text))


def install(app: Flask) -> None:
    """Give templates the words of the reader's language."""
    app.jinja_env.globals.update(gettext=gettext, ngettext=ngettext, _=gettext)
