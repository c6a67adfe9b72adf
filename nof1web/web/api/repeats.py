"""A POST with an Idempotency-Key is done once: whoever sends it again gets the first answer again, for a day."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

from flask import Response, current_app, request
from redis.exceptions import RedisError

from nof1web.errors import N_, Nof1Error
from nof1web.web.api import problems
from nof1web.web.api.bearer import Caller
from nof1web.web.api.problems import Problem

KEPT = timedelta(days=1)
_BAD_KEY = N_("Idempotency-Key must be 1 to 255 printable ASCII characters without spaces.")
_OTHER = N_("This Idempotency-Key came with another request: use a new key.")
_UNDER_WAY = N_(
    "The first request with this Idempotency-Key has no answer yet. Look at what it did before you use a new key."
)


def once(caller: Caller, run: Callable[[], Response], *, repeatable: bool) -> Response:
    """Return what the request does, or what it did when it came before with the same key.

    Refusals are answers too. What failed on our side (5xx) is none: the key may be used again where repeating does no
    harm; elsewhere, as where the process died in the middle, the request stays unanswered: nobody knows what it did.
    Keys are a token's own; a renewed token is the same one.
    """
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return run()
    if not (1 <= len(given) <= 255 and all("!" <= letter <= "~" for letter in given)):
        raise Problem(400, "bad_idempotency_key", _BAD_KEY)
    key, now = hashlib.sha256(f"{caller.token.id} {given}".encode()).hexdigest(), caller.p.clock()
    with caller.p.tenants(caller.user_id) as store:
        first = store.replays.begin(key, _fingerprint(), now, forget=now - KEPT)
    if first is not None:
        if first.fingerprint != _fingerprint():
            raise Problem(422, "idempotency_key_reused", _OTHER)
        if first.status is None:
            raise Problem(409, "idempotency_in_progress", _UNDER_WAY)
        kind = "application/json" if first.status < 400 else problems.KIND
        return Response(first.body, first.status, {"Idempotent-Replayed": "true"}, content_type=kind)
    try:
        response = run()
    except (Nof1Error, Problem, RedisError) as error:
        response = current_app.make_response(current_app.handle_user_exception(error))
    with caller.p.tenants(caller.user_id) as store:
        if response.status_code < 500:
            store.replays.answer(key, response.status_code, response.get_data(as_text=True))
        elif repeatable:
            store.replays.forget(key)
    return response


def _fingerprint() -> str:
    asked = (request.method, request.full_path, hashlib.sha256(request.get_data()).hexdigest())
    return hashlib.sha256("|".join(asked).encode()).hexdigest()
