"""Failures as programs read them: application/problem+json (RFC 9457) with our code and a sentence per wrong field."""

from __future__ import annotations

import json
from collections.abc import Mapping

from flask import Response
from flask_babel import gettext as _

from nof1web.errors import N_

KIND = "application/problem+json"
TITLES = {
    400: N_("Not readable"),
    401: N_("No valid token"),
    403: N_("Not with this token"),
    404: N_("Not found"),
    405: N_("Not with this method"),
    409: N_("Not possible right now"),
    413: N_("Too large"),
    415: N_("Not JSON"),
    422: N_("Something needs your attention"),
    429: N_("Too many requests"),
    500: N_("Something went wrong on our side"),
    502: N_("The exchange didn't do it"),
    503: N_("A part of the system doesn't answer"),
}


ADVICE = {
    400: N_("This request can't be read: see /api/v1/openapi.json for what can be sent."),
    404: N_("The address is wrong, or it belongs to somebody else."),
    405: N_("Use one of the methods in the header Allow."),
    413: N_("Send less at once."),
    500: N_("It is in the log. Look at what was done before you try again."),
}


class Problem(Exception):
    """A request that is answered with a problem."""

    def __init__(self, status: int, code: str, text: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status, self.code, self.text, self.headers = status, code, text, dict(headers or {})


def respond(
    status: int,
    code: str,
    text: str,
    *,
    fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem as the answer; `text` and `fields` are sentences in the reader's language."""
    document = {
        "type": f"urn:nof1web:problem:{code}",
        "title": _(TITLES.get(status, TITLES[400 if status < 500 else 500])),
        "status": status,
        "detail": text,
        "code": code,
        "fields": dict(fields or {}),
    }
    return Response(json.dumps(document, ensure_ascii=False), status, dict(headers or {}), content_type=KIND)


def told(problem: Problem) -> Response:
    """Return the answer to a request that raised one."""
    return respond(problem.status, problem.code, _(problem.text), headers=problem.headers)
