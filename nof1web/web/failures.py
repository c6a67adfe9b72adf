"""What a person sees when something can't be done: one sentence with the right status, as page, fragment or JSON."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from flask import Flask, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from redis.exceptions import RedisError
from werkzeug.exceptions import HTTPException

from nof1web.errors import (
    N_,
    ExchangeError,
    FeedError,
    InvalidInput,
    Nof1Error,
    NotFound,
    Refused,
    SecretUnreadable,
    Unavailable,
)
from nof1web.web.api import problems
from nof1web.web.numbers import sentence

_STATUS: tuple[tuple[type[Nof1Error], int], ...] = (
    (InvalidInput, 422),
    (NotFound, 404),
    (Refused, 409),
    (SecretUnreadable, 409),
    (Unavailable, 503),
    (FeedError, 503),
    (ExchangeError, 502),
)
_TITLES = {
    400: N_("This request can't be read"),
    401: N_("Log in first"),
    403: N_("This form is no longer valid"),
    404: N_("There is nothing here"),
    405: N_("This can't be done here"),
    409: N_("Not possible right now"),
    422: N_("Something needs your attention"),
    500: N_("Something went wrong on our side"),
    502: N_("The exchange didn't do it"),
    503: N_("A part of the system doesn't answer"),
}
_ADVICE = {
    400: N_("Go back and try again."),
    401: N_("Your session is over. Log in and try again."),
    403: N_("Load the page again and send the form once more."),
    404: N_("The address is wrong, or it belongs to somebody else."),
    405: N_("Go back and use the buttons on the page."),
    500: N_("It is in the log. Nothing was sent to the exchange because of this page. Try again."),
}


def status_of(error: Nof1Error) -> int:
    """Return the HTTP status a failure is told with."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def answer(
    status: int, text: str, code: str, *, fields: Mapping[str, str] | None = None, allow: str = ""
) -> ResponseReturnValue:
    """Return the failure as the asker reads it: JSON, a notice inside the page, or a page."""
    if request.path.startswith("/api/"):
        return problems.respond(status, code, text, fields=fields, headers={"Allow": allow} if allow else None)
    title = _(_TITLES.get(status, _TITLES[500]))
    if "HX-Request" in request.headers:
        response = make_response(render_template("errors/_notice.html", text=text), status)
        response.headers["HX-Retarget"] = "#notice"
        response.headers["HX-Reswap"] = "outerHTML"
        return response
    return render_template("errors/page.html", status=status, title=title, text=text), status


def _told(error: Nof1Error) -> ResponseReturnValue:
    wrong = error.fields if isinstance(error, InvalidInput) else {}
    fields = {name: sentence(text) for name, text in wrong.items()}
    return answer(status_of(error), sentence(error.text), error.code, fields=fields)


def _forged(error: CSRFError) -> ResponseReturnValue:
    return answer(403, _(_ADVICE[403]), "forbidden")


def _no_redis(_error: RedisError) -> ResponseReturnValue:
    return answer(503, _("Redis does not answer. Start everything with: flask nof1 up"), "unavailable")


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    allow = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    advice = problems.ADVICE if request.path.startswith("/api/") else _ADVICE
    return answer(status, _(advice.get(status, advice[400])), error.name.lower().replace(" ", "_"), allow=allow)


def _broken(error: Exception) -> ResponseReturnValue:
    logging.getLogger("nof1web.web").exception("request failed", exc_info=error)
    return answer(500, _(_ADVICE[500]), "failed")


def install(app: Flask) -> None:
    """Answer every failure in words."""
    app.register_error_handler(Nof1Error, _told)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(RedisError, _no_redis)
    if not app.testing:
        app.register_error_handler(Exception, _broken)
