"""Who calls the API: a bearer token names the user and what it may do; sessions and cookies count for nothing here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

from flask import current_app, g, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from nof1web.errors import N_
from nof1web.services import tokens
from nof1web.services.ports import Ports, Rates
from nof1web.services.stores import ApiToken, Scope, User
from nof1web.web.api import problems
from nof1web.web.api.problems import Problem

OPEN = frozenset({"api.openapi"})
"""what can be read without a token: the description of the API itself"""
PER_MINUTE = 600
_NO_TOKEN = N_("Send a valid token: Authorization: Bearer nof1_… You make one on the page Tokens.")
_TOO_MANY = N_("This token was used too often in this minute. Wait and try again.")
_WRONG_SCOPE = N_("This token may not do that: make one with the scope it needs on the page Tokens.")


class Counted(Ports, Protocol):
    """Ports that count how often something was done."""

    @property
    def rates(self) -> Rates: ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose request this is, and through which ports it is done."""

    p: Ports
    user: User
    token: ApiToken

    @property
    def user_id(self) -> str:
        """The token's user."""
        return self.user.id


def guard() -> ResponseReturnValue | None:
    """Refuse whoever has no valid token (401), or has used it too often (429)."""
    if request.endpoint in OPEN:
        return None
    p = cast(Counted, current_app.extensions["nof1_ports"]())
    given = request.authorization
    found = tokens.bearer(p, given.token) if given and given.type == "bearer" and given.token else None
    if found is None:
        return problems.respond(401, "unauthorized", _(_NO_TOKEN), headers={"WWW-Authenticate": "Bearer"})
    g.caller = Caller(p, *found)
    used, seconds = p.rates.count(f"token:{found[1].id}")
    limit = current_app.config["NOF1_API_PER_MINUTE"]
    g.rate = {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(max(0, limit - used)),
        "RateLimit-Reset": str(seconds),
    }
    if used > limit:
        return problems.respond(429, "too_many_requests", _(_TOO_MANY), headers={"Retry-After": str(seconds)})
    return None


def caller(scope: Scope) -> Caller:
    """Return who calls; 403 unless their token may do what needs this scope."""
    found = cast(Caller, g.caller)
    if not found.token.scope.allows(scope):
        raise Problem(403, "wrong_scope", _WRONG_SCOPE)
    return found
