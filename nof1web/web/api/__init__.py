"""/api/v1: what the pages can do, for programs with a bearer token (DESIGN §9)."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, jsonify

from nof1web.web.api import (
    accounts,
    bearer,
    books,
    following,
    keys,
    polling,
    problems,
    serving,
    several,
    sources,
    totals,
)
from nof1web.web.api.document import document
from nof1web.web.api.operations import ALL, PREFIX

__all__ = ["install"]

AREAS = (accounts, keys, polling, following, several, books, totals, sources)
"""importing them declares their operations"""


def install(app: Flask) -> None:
    """Add the API to the application; the guard of web/access.py asks for a token on all of it."""
    bp = Blueprint("api", __name__)
    for each in ALL:
        bp.add_url_rule(each.rule, each.name, serving.view(each), methods=[each.method])

    @bp.get(f"{PREFIX}/openapi.json")
    def openapi() -> Response:
        return jsonify(document())

    app.config["NOF1_API_PER_MINUTE"] = bearer.PER_MINUTE
    app.extensions["nof1_api_guard"] = bearer.guard
    # No cookie opens anything here, so there is nothing to forge.
    app.extensions["csrf"].exempt(bp)
    app.register_blueprint(bp)
    app.register_error_handler(problems.Problem, problems.told)
    app.after_request(serving.finish)
