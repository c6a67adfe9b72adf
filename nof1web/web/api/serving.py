"""From a request to an operation and back: scope, query and body are checked, the answer is JSON with an ETag."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Response, g, request
from pydantic import ValidationError

from nof1web.errors import N_, InvalidInput, Text
from nof1web.web.api import bearer, repeats
from nof1web.web.api.models.asked import Nothing
from nof1web.web.api.models.fields import Model
from nof1web.web.api.operations import Operation
from nof1web.web.api.problems import Problem

M = TypeVar("M", bound=Model)
_WRONG = {
    "missing": N_("This is missing."),
    "extra_forbidden": N_("There is no such field."),
    "string_type": N_("This must be text."),
    "bool_type": N_("This must be true or false."),
    "dict_type": N_("This must be an object of texts by name."),
    "string_too_long": N_("This is too long."),
}
_OTHER = N_("This value can't be used here.")
_SOME = N_("Some of what was sent can't be used: see the fields.")
_JSON = "application/json"


def view(operation: Operation) -> Callable[..., Response]:
    """Return the view function of an operation."""

    def serve(**ids: str) -> Response:
        caller = bearer.caller(operation.scope)
        asked: dict[str, Model] = {}
        query = _query(operation.query or Nothing)
        if operation.query:
            asked["query"] = query
        if request.method != "GET":
            body = _body(operation.body or Nothing)
            if operation.body:
                asked["body"] = body

        def run() -> Response:
            answer = operation.serve(caller, **ids, **asked)
            return Response(answer.model_dump_json(), operation.status, content_type=_JSON)

        return repeats.once(caller, run, repeatable=operation.repeatable) if request.method == "POST" else run()

    return serve


def finish(response: Response) -> Response:
    """Add what every answer of the API has: an ETag where it was read, and what is left of the token's minute."""
    if not request.path.startswith("/api/"):
        return response
    response.headers.update(g.get("rate", {}))
    if request.method in ("GET", "HEAD") and response.status_code == 200:
        # One person's money: kept by nobody but the caller, who asks with If-None-Match.
        response.headers["Cache-Control"] = "private, no-cache"
        response.add_etag()
        response.make_conditional(request)
    return response


def _query(kind: type[M]) -> M:
    repeated = [name for name, values in request.args.lists() if len(values) > 1]
    if repeated:
        text = Text(N_("Give this once."))
        raise InvalidInput(_SOME, fields=dict.fromkeys(repeated, text))
    return _checked(lambda: kind.model_validate(request.args.to_dict()))


def _body(kind: type[M]) -> M:
    data = request.get_data()
    if not data and not any(field.is_required() for field in kind.model_fields.values()):
        data = b"{}"
    elif request.mimetype != _JSON:
        raise Problem(415, "not_json", N_("Send the body as JSON: Content-Type: application/json."))
    return _checked(lambda: kind.model_validate_json(data, strict=True))


def _checked(read: Callable[[], M]) -> M:
    try:
        return read()
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        if any(each["type"] == "json_invalid" for each in found):
            raise Problem(400, "malformed", N_("The body is no valid JSON.")) from error
        raise InvalidInput(_SOME, fields={_place(each): _sentence(each) for each in found}) from error


def _place(error: Mapping[str, Any]) -> str:
    return ".".join(str(part) for part in error["loc"] if part != "[key]") or "body"


def _sentence(error: Mapping[str, Any]) -> Text:
    return Text(_WRONG.get(error["type"], _OTHER))
