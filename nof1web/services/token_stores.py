"""What services need of storage for the HTTP API: tokens, answers to give again, lists page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from nof1web.core.records import EquityPoint, Event, Intent
from nof1web.core.trading import Fill
from nof1web.services.report_stores import EventFilter

T = TypeVar("T")


class Scope(StrEnum):
    """What a token may do; each may also do what those before it may."""

    READ = "read"
    """see everything of its user"""
    TRADE = "trade"
    """start, stop, pause, halt, flatten, follow agents"""
    ADMIN = "admin"
    """add, replace, arm and remove keys"""

    def allows(self, wanted: Scope) -> bool:
        """Whether a token of this scope may do what needs `wanted`."""
        order = tuple(Scope)
        return order.index(self) >= order.index(wanted)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A bearer token as it is kept: a hash, and the last four characters for people to tell tokens apart."""

    id: str
    user_id: str
    name: str
    scope: Scope
    ending: str
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def works(self, at: datetime) -> bool:
        """Whether the token opens anything at a time."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """Everything the token may do."""
        return tuple(scope for scope in Scope if self.scope.allows(scope))


class TokenStore(Protocol):
    """API tokens in registry.db."""

    def add(self, token: ApiToken, token_hash: str) -> None:
        """Insert; InvalidInput when the user has a token of that name that isn't revoked."""
        ...

    def by_hash(self, token_hash: str) -> ApiToken | None:
        """Return the token of an enabled user, whether it still works or not."""
        ...

    def of_user(self, user_id: str) -> tuple[ApiToken, ...]:
        """Return a user's tokens, newest first."""
        ...

    def renew(self, token: ApiToken, token_hash: str) -> None:
        """Put a new value in the place of a token's old one, which opens nothing from then on."""
        ...

    def used(self, token_id: str, at: datetime) -> None: ...

    def revoke(self, token_id: str, at: datetime) -> None:
        """End a token for good; a second time changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Replay:
    """A request that came with an Idempotency-Key: its fingerprint, and its answer once there is one."""

    fingerprint: str
    status: int | None
    body: str | None


class ReplayStore(Protocol):
    """Answers of requests with an Idempotency-Key, in a tenant's database."""

    def begin(self, key: str, fingerprint: str, at: datetime, *, forget: datetime) -> Replay | None:
        """Note that a request begins and forget those from before `forget`; return the one that had this key before."""
        ...

    def answer(self, key: str, status: int, body: str) -> None: ...

    def forget(self, key: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows of a list, newest first, and what to ask for the next ones with; None at the end."""

    rows: tuple[T, ...]
    next: Sequence[int] | None


class Pages(Protocol):
    """Long lists of a tenant's database, page by page: `after` is the last page's `next`."""

    def orders(
        self, *, limit: int, after: Sequence[int] = (), credential_id: str | None = None, tracker_id: str | None = None
    ) -> Page[Intent]: ...

    def fills(
        self, *, limit: int, after: Sequence[int] = (), credential_id: str | None = None
    ) -> Page[tuple[str, Fill]]:
        """Return (credential id, fill)."""
        ...

    def events(
        self, *, limit: int, after: Sequence[int] = (), since: int = 0, wanted: EventFilter | None = None
    ) -> Page[Event]:
        """Return the events wanted (all when None) with a larger id than `since`."""
        ...

    def equity(
        self, credential_id: str, *, limit: int, after: Sequence[int] = (), since: datetime | None = None
    ) -> Page[EquityPoint]: ...
