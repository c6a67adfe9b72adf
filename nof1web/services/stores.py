"""What services need of storage. adapters/store implements these in plain SQL; another engine could."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from nof1web.core.signals import Signal
from nof1web.errors import Text
from nof1web.services.tenant_stores import Chronicle, CredentialStore, Draft, Journal, TenantStore, TrackerStore

__all__ = [
    "Chronicle",
    "CredentialStore",
    "Draft",
    "Installation",
    "Journal",
    "MarketStore",
    "Registry",
    "SourceState",
    "TenantStore",
    "TrackerStore",
    "User",
]


@dataclass(frozen=True, slots=True)
class Installation:
    """The one row that makes files, Redis and processes belong together; `code` is the 4-character order-id part."""

    id: str
    code: str
    sealing_public: bytes
    sealing_private: bytes


@dataclass(frozen=True, slots=True)
class User:
    """A login. `role` is admin or user."""

    id: str
    email: str
    password_hash: str
    role: str
    enabled: bool
    language: str
    created_at: datetime


class Registry(Protocol):
    """tenants/registry.db: logins and sessions; nothing tradable."""

    def installation(self) -> Installation | None:
        """Return the installation's row, None before the first start."""
        ...

    def install(self, installation: Installation) -> None:
        """Write the installation's row once; a second call changes nothing."""
        ...

    def add_user(self, user: User) -> None:
        """Insert a user; InvalidInput when the e-mail is taken (case-insensitive)."""
        ...

    def user(self, user_id: str) -> User | None: ...

    def user_by_email(self, email: str) -> User | None: ...

    def users(self) -> tuple[User, ...]: ...

    def set_language(self, user_id: str, language: str) -> None: ...

    def open_session(self, token_hash: str, user_id: str, *, at: datetime, expires_at: datetime) -> None: ...

    def session_user(self, token_hash: str, at: datetime) -> User | None:
        """Return the enabled user of an unexpired session."""
        ...

    def close_session(self, token_hash: str) -> None: ...

    def site_halted(self) -> bool: ...

    def audit(self, at: datetime, actor: str, action: str, detail: str) -> None: ...


class MarketStore(Protocol):
    """tenants/market.db: what sources said; shared by everybody, nothing private."""

    def signals(self, source: str | None = None) -> tuple[Signal, ...]: ...

    def signal(self, source: str, agent: str) -> Signal | None: ...

    def put_signals(self, signals: Iterable[Signal], *, news: Collection[str] = ()) -> None:
        """Keep the newest per agent and append to the history what differs in positions.

        Agents in `news` are untold from then on. One whose values can't be kept is left as it was.
        """
        ...

    def untold(self, source: str) -> frozenset[str]:
        """Return the agents with news that nobody who follows them was told of yet."""
        ...

    def told(self, source: str, agents: Collection[str]) -> None:
        """Note that whoever follows these agents was told of their news."""
        ...

    def source_state(self, source: str) -> SourceState | None: ...

    def put_source_state(self, state: SourceState) -> None: ...

    def source_states(self) -> tuple[SourceState, ...]: ...

    def equity_history(self, source: str, agent: str, since: datetime) -> tuple[tuple[datetime, Decimal], ...]: ...


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a source is doing: last try, last good read, what went wrong, the page marker to ask for next."""

    source: str
    tried_at: datetime
    good_at: datetime | None
    error: Text | None
    marker: int | None
    failures: int = 0
