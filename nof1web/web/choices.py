"""Language and theme: chosen in the header, kept in a cookie, the language also with the user."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Flask, Response, abort, redirect, request
from flask_babel import Babel, get_locale
from flask_login import current_user

from nof1web.web import access

LANGUAGES = {"en": "English", "zh": "中文"}
THEMES = ("auto", "dark", "light")
COLOURS = ("green-up", "red-up")
"""what a gain is shown in; arrows and signs say the same"""
_YEAR_S = 31_536_000
_CHINESE = ("zh", "zh-CN", "zh-Hans", "zh-Hans-CN", "zh-SG", "zh-TW", "zh-HK", "zh-Hant")

bp = Blueprint("choices", __name__)


def language() -> str:
    """Return the language of this answer: the user's, else the cookie's, else the browser's."""
    chosen = request.cookies.get("lang", "")
    if current_user and current_user.is_authenticated and access.me().language in LANGUAGES:
        return access.me().language
    if chosen in LANGUAGES:
        return chosen
    best = request.accept_languages.best_match([*_CHINESE, "en"], default="en")
    return "zh" if best in _CHINESE else "en"


def theme() -> str:
    """Return the chosen theme; auto follows the system."""
    chosen = request.cookies.get("theme", "auto")
    return chosen if chosen in THEMES else "auto"


def colours() -> str:
    """Return in which colour gains are shown."""
    chosen = request.cookies.get("colours", COLOURS[0])
    return chosen if chosen in COLOURS else COLOURS[0]


def _remember(name: str, value: str) -> Response:
    response = redirect(access.local_path(request.form.get("next", "/")), 303)
    response.set_cookie(name, value, max_age=_YEAR_S, samesite="Lax", secure=request.is_secure, httponly=True)
    return response  # type: ignore[return-value]


@bp.post("/language", endpoint="language")
def language_choice() -> Response:
    """Switch the language for this browser and, when logged in, for the user."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        abort(422)
    if current_user.is_authenticated:
        access.ports().registry.set_language(access.me().id, chosen)
    return _remember("lang", chosen)


@bp.post("/theme", endpoint="theme")
def theme_choice() -> Response:
    """Switch the theme for this browser."""
    chosen = request.form.get("theme", "")
    if chosen not in THEMES:
        abort(422)
    return _remember("theme", chosen)


@bp.post("/colours", endpoint="colours")
def colours_choice() -> Response:
    """Swap the colours of gains and losses for this browser."""
    chosen = request.form.get("colours", "")
    if chosen not in COLOURS:
        abort(422)
    return _remember("colours", chosen)


def install(app: Flask, translations: Path) -> None:
    """Translate by the person's choice."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(translations)
    Babel(app, default_locale="en", locale_selector=language)
    app.register_blueprint(bp)

    @app.context_processor
    def chosen() -> dict[str, object]:
        locale = str(get_locale())
        return {
            "language": locale,
            "html_lang": "zh-Hans" if locale == "zh" else "en",
            "languages": LANGUAGES,
            "theme": theme(),
            "colours": colours(),
            "next_colours": COLOURS[1 - COLOURS.index(colours())],
            "next_theme": THEMES[(THEMES.index(theme()) + 1) % len(THEMES)],
        }
