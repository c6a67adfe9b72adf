"""The OpenAPI 3.1 document, made from the declared operations and their models."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from nof1web.services.stores import Scope
from nof1web.web.api.models.fields import Model
from nof1web.web.api.models.problem import Problem
from nof1web.web.api.operations import ALL, PREFIX, Operation
from nof1web.web.api.problems import KIND, TITLES

Json = dict[str, Any]
_REF = "#/components/schemas/{model}"
_ABOUT = (
    "What the pages do with your own things, for programs. Left to people are logging in, language and colours, making "
    "and renewing tokens, halting the whole site. Send `Authorization: Bearer nof1_…` with a token made on the page "
    "Tokens. Amounts are decimal strings, the same as on pages and in the command line; times are UTC. Lists come page "
    "by page: pass `next` as `cursor`. A POST with an `Idempotency-Key` is done once and answers the same for a day. A "
    "GET carries an ETag: send it as `If-None-Match`. Refusals are application/problem+json with a `code`."
)
_RATE = {
    "RateLimit-Limit": "Requests per minute with this token",
    "RateLimit-Remaining": "What is left of this minute",
    "RateLimit-Reset": "Seconds until the next minute",
}


@cache
def document() -> Json:
    """Return the document; the same for everybody."""
    refs, schemas = models_json_schema(_models(), ref_template=_REF)
    paths: dict[str, Json] = {}
    for each in ALL:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "nof1web", "version": "1", "description": _ABOUT},
        "servers": [{"url": PREFIX}],
        "tags": [{"name": name} for name in dict.fromkeys(each.tag for each in ALL)],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": _scopes()}},
            "schemas": schemas["$defs"],
            "responses": {f"Problem{status}": _problem(status) for status in TITLES},
        },
    }


def _models() -> list[tuple[type[Model], JsonSchemaMode]]:
    answers: list[tuple[type[Model], JsonSchemaMode]] = [(each.answer, "serialization") for each in ALL]
    bodies: list[tuple[type[Model], JsonSchemaMode]] = [(each.body, "validation") for each in ALL if each.body]
    return list(dict.fromkeys([*answers, *bodies, (Problem, "serialization")]))


def _operation(each: Operation, refs: Mapping[tuple[type[Any], JsonSchemaMode], Json]) -> Json:
    answer = {"application/json": {"schema": refs[(each.answer, "serialization")]}}
    headers = {name: _header(about) for name, about in _RATE.items()}
    if each.method == "GET":
        headers["ETag"] = _header("Send it as If-None-Match")
    made: Json = {
        "operationId": each.name,
        "tags": [each.tag],
        "summary": each.summary,
        "description": f"Scope: {each.scope}.",
        "security": [{"token": [str(each.scope)]}],
        "parameters": [*_ids(each), *_query(each), *_own_headers(each)],
        "responses": {
            str(each.status): {"description": each.summary, "headers": headers, "content": answer},
            **({"304": {"description": "Unchanged since that ETag"}} if each.method == "GET" else {}),
            **{str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in _refusals(each)},
        },
    }
    if each.body:
        required = any(field.is_required() for field in each.body.model_fields.values())
        content = {"application/json": {"schema": refs[(each.body, "validation")]}}
        made["requestBody"] = {"required": required, "content": content}
    return made


def _refusals(each: Operation) -> list[int]:
    found = {401, 403, 422, 429, 503}
    if each.ids or each.query or each.body:
        found.add(404)
    if each.ids:
        found.add(409)
    if each.method != "GET":
        found |= {400, 409, 413, 415, 502}
    return sorted(found)


def _ids(each: Operation) -> list[Json]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in each.ids]


def _query(each: Operation) -> list[Json]:
    if each.query is None:
        return []
    schema = each.query.model_json_schema()
    fields = schema["properties"].items()
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": field.pop("description", ""),
            "schema": field,
        }
        for name, field in fields
    ]


def _own_headers(each: Operation) -> list[Json]:
    if each.method != "POST":
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
    about = "Whoever sends the same request with the same token and key again gets the first answer again, for a day."
    anew = " After a 5xx it is done anew."
    about += anew if each.repeatable else " After a 5xx look at what it did: the key is answered with 409 then."
    return [{"name": "Idempotency-Key", "in": "header", "required": False, "description": about, "schema": schema}]


def _problem(status: int) -> Json:
    schema = {"$ref": _REF.format(model=Problem.__name__)}
    found: Json = {"description": TITLES[status], "content": {KIND: {"schema": schema}}}
    if status in (429, 401):
        name = "Retry-After" if status == 429 else "WWW-Authenticate"
        found["headers"] = {name: _header("Seconds to wait" if status == 429 else "Bearer")}
    return found


def _header(about: str) -> Json:
    return {"description": about, "schema": {"type": "string"}}


def _scopes() -> str:
    return "A token's scope is one of " + ", ".join(Scope) + "; each may also do what those before it may."
