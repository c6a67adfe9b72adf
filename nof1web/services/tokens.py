"""API tokens: made, shown once, used, renewed, ended."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from nof1web.errors import N_, InvalidInput, NotFound, Text
from nof1web.services.ids import new_id
from nof1web.services.ports import Ports
from nof1web.services.stores import ApiToken, Scope, User

PREFIX = "nof1_"
LONGEST_DAYS = 3650
USUAL_DAYS = 90
MOST = 50
_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Made:
    """A new token; `value` is what its owner uses, which nobody can be shown again."""

    token: ApiToken
    value: str

    def __repr__(self) -> str:
        return f"Made({self.token.id})"


def make(p: Ports, user_id: str, *, name: str, scope: str, days: int | None) -> Made:
    """Make a token that works for so many days (None: until it is revoked); InvalidInput names wrong fields."""
    name = name.strip()
    fields: dict[str, Text] = {}
    if not 1 <= len(name) <= 60:
        fields["name"] = Text(N_("Give it a name of 1 to 60 characters."))
    if scope not in tuple(Scope):
        fields["scope"] = Text(N_("Choose read, trade or admin."))
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        fields["days"] = Text(N_("Choose 1 to %(most)s days."), {"most": LONGEST_DAYS})
    if len([each for each in listing(p, user_id) if each.revoked_at is None]) >= MOST:
        fields["name"] = Text(N_("You have %(most)s tokens: revoke one first."), {"most": MOST})
    if fields:
        first = next(iter(fields.values()))
        raise InvalidInput(first.template, fields=fields, **first.numbers)
    now, value = p.clock(), PREFIX + secrets.token_urlsafe(32)
    expires_at = None if days is None else now + timedelta(days=days)
    token = ApiToken(new_id("k"), user_id, name, Scope(scope), value[-4:], now, expires_at)
    p.registry.tokens.add(token, hashed(value))
    p.registry.audit(now, user_id, "token.add", f"{name} ({scope})")
    return Made(token, value)


def renew(p: Ports, user_id: str, token_id: str) -> Made:
    """Give a token a new value, for as long as the old one was made for; the old value opens nothing any more."""
    token = find(p, user_id, token_id)
    if token.revoked_at is not None:
        raise NotFound(N_("This token does not exist any more."))
    now, value = p.clock(), PREFIX + secrets.token_urlsafe(32)
    expires_at = None if token.expires_at is None else now + (token.expires_at - token.created_at)
    renewed = replace(token, ending=value[-4:], created_at=now, expires_at=expires_at, last_used_at=None)
    p.registry.tokens.renew(renewed, hashed(value))
    p.registry.audit(now, user_id, "token.renew", token.name)
    return Made(renewed, value)


def revoke(p: Ports, user_id: str, token_id: str) -> ApiToken:
    """End a token for good, from the next request on."""
    token = find(p, user_id, token_id)
    if token.revoked_at is None:
        p.registry.tokens.revoke(token.id, p.clock())
        p.registry.audit(p.clock(), user_id, "token.revoke", token.name)
    return find(p, user_id, token.id)


def listing(p: Ports, user_id: str) -> tuple[ApiToken, ...]:
    """Return a user's tokens, newest first, revoked ones too."""
    return p.registry.tokens.of_user(user_id)


def find(p: Ports, user_id: str, id_or_name: str) -> ApiToken:
    """Return one of a user's tokens by its id, or by its name while it isn't revoked; NotFound otherwise."""
    found = listing(p, user_id)
    named = (each for each in found if each.name.casefold() == id_or_name.casefold() and each.revoked_at is None)
    token = next((each for each in found if each.id == id_or_name), None) or next(named, None)
    if token is None:
        raise NotFound(N_("There is no token called %(name)s."), name=id_or_name)
    return token


def bearer(p: Ports, value: str) -> tuple[User, ApiToken] | None:
    """Return whose token a value is; None for an unknown, expired or revoked one, or a user who may not log in."""
    token = p.registry.tokens.by_hash(hashed(value)) if value.startswith(PREFIX) else None
    now = p.clock()
    if token is None or not token.works(now):
        return None
    user = p.registry.user(token.user_id)
    if user is None:
        return None
    if token.last_used_at is None or now - token.last_used_at >= _NOTED_EVERY:
        # Once a minute is enough for people; a write with every request would be felt.
        p.registry.tokens.used(token.id, now)
    return user, token


def hashed(value: str) -> str:
    """Return what is kept of a token's value: it is random and long, so a plain hash can't be turned around."""
    return hashlib.sha256(value.encode()).hexdigest()
