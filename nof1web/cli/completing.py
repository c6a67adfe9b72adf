"""The names a shell completes: users, their credentials, trackers and tokens, sources and agents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import click
from redis.exceptions import RedisError

from nof1web import wiring
from nof1web.errors import Nof1Error
from nof1web.services import credentials, tokens, trackers

Found = Callable[[wiring.Wiring, click.Context], Iterable[str]]


def names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return what an option or argument may name, by its own name, in any case; nothing where that can't be read."""
    try:
        found = list(_KINDS[param.name or ""](wiring.ports(), ctx))
    except (Nof1Error, RedisError):
        return []
    return [name for name in found if name.casefold().startswith(incomplete.casefold())]


def _users(p: wiring.Wiring, _ctx: click.Context) -> Iterable[str]:
    return (user.email for user in p.registry.users())


def _owner(p: wiring.Wiring, ctx: click.Context) -> str:
    named = ctx.params.get("user") or (ctx.default_map or {}).get("user") or ""
    user = p.registry.user_by_email(named) or p.registry.user(named)
    # Whose things they are has to be said first.
    return user.id if user else ""


def _credentials(p: wiring.Wiring, ctx: click.Context) -> Iterable[str]:
    owner = _owner(p, ctx)
    return (each.name for each in credentials.listing(p, owner)) if owner else ()


def _trackers(p: wiring.Wiring, ctx: click.Context) -> Iterable[str]:
    owner = _owner(p, ctx)
    return (each.name for each in trackers.listing(p, owner)) if owner else ()


def _tokens(p: wiring.Wiring, ctx: click.Context) -> Iterable[str]:
    owner = _owner(p, ctx)
    return (each.name for each in tokens.listing(p, owner) if each.revoked_at is None) if owner else ()


def _followed(p: wiring.Wiring, ctx: click.Context) -> Iterable[str]:
    """The tracker that `tracker set` may name before its settings."""
    return () if ctx.params.get("tracker") else _trackers(p, ctx)


def _sources(p: wiring.Wiring, _ctx: click.Context) -> Iterable[str]:
    return p.sources


def _agents(p: wiring.Wiring, ctx: click.Context) -> Iterable[str]:
    source = ctx.params.get("source")
    return (each.agent for each in p.market.signals() if source in (None, each.source))


_KINDS: Mapping[str, Found] = {
    "user": _users,
    "email": _users,
    "credential": _credentials,
    "names": _credentials,
    "tracker": _trackers,
    "settings": _followed,
    "token": _tokens,
    "source": _sources,
    "agent": _agents,
}
