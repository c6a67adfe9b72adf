"""What services need of storage. adapters/store implements these in plain SQL; another engine could."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from nof1web.core.signals import Signal
from nof1web.services.halt_stores import CoverStore, FlattenStore, HaltStore, Quota
from nof1web.services.key_stores import KeyFacts, KeyStore, PastKey, Removed, SealedSecret
from nof1web.services.label_stores import LabelStore
from nof1web.services.market_stores import Accounts, Leaders, Recorded, Recordings, SourceState, Told, Trades, Worths
from nof1web.services.open_order_stores import OpenOrderStore
from nof1web.services.report_stores import Books, Cycle, Earned, EventFilter, ReportStore, VerdictFilter
from nof1web.services.tenant_stores import Chronicle, CredentialStore, Draft, Journal, TenantStore, TrackerStore
from nof1web.services.token_stores import ApiToken, Page, Pages, Replay, ReplayStore, Scope, TokenStore

__all__ = [
    "Accounts",
    "ApiToken",
    "Books",
    "Chronicle",
    "CoverStore",
    "CredentialStore",
    "Cycle",
    "Draft",
    "Earned",
    "EventFilter",
    "FlattenStore",
    "HaltStore",
    "Installation",
    "Journal",
    "KeyFacts",
    "KeyStore",
    "LabelStore",
    "Leaders",
    "MarketStore",
    "OpenOrderStore",
    "Page",
    "Pages",
    "PastKey",
    "Quota",
    "Recorded",
    "Recordings",
    "Registry",
    "Removed",
    "Replay",
    "ReplayStore",
    "ReportStore",
    "Scope",
    "SealedSecret",
    "SourceState",
    "TenantStore",
    "TokenStore",
    "Told",
    "TrackerStore",
    "Trades",
    "User",
    "VerdictFilter",
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
    """tenants/registry.db: logins, sessions and API tokens; nothing tradable."""

    @property
    def tokens(self) -> TokenStore: ...

    def installation(self) -> Installation | None:
        """Return the installation's row, None before the first start."""
        ...

    def install(self, installation: Installation) -> None:
        """Write the installation's row once; a second call changes nothing."""
        ...

    def put_sealing_key(self, wrapped: bytes) -> None:
        """Replace the installation's private key by itself wrapped anew; durable."""
        ...

    def set_password_hash(self, user_id: str, password_hash: str) -> None:
        """Replace what a password is compared with."""
        ...

    def add_user(self, user: User) -> None:
        """Insert a user; InvalidInput when the e-mail is taken (case-insensitive)."""
        ...

    def user(self, user_id: str) -> User | None: ...

    def user_by_email(self, email: str) -> User | None: ...

    def users(self) -> tuple[User, ...]: ...

    def set_language(self, user_id: str, language: str) -> None: ...

    def set_enabled(self, user_id: str, enabled: bool) -> None:
        """Let a user log in, or end their sessions and let them in no more; NotFound when there is no such user."""
        ...

    def quota(self, user_id: str) -> Quota:
        """Return what an administrator allows a user."""
        ...

    def set_quota(self, user_id: str, quota: Quota) -> None: ...

    def remove_user(self, user_id: str) -> None:
        """Forget a user and their sessions; their database is somebody else's business."""
        ...

    def open_session(self, token_hash: str, user_id: str, *, at: datetime, expires_at: datetime) -> None: ...

    def session_user(self, token_hash: str, at: datetime) -> User | None:
        """Return the enabled user of an unexpired session."""
        ...

    def close_session(self, token_hash: str) -> None: ...

    def site_halted(self) -> bool: ...

    def set_site_halted(self, halted: bool) -> None:
        """Turn entries off, or on again, for everybody; durable."""
        ...

    def all_locked(self) -> bool:
        """Whether a start under a wrong master key has locked everybody's credentials."""
        ...

    def set_all_locked(self, locked: bool) -> None: ...

    def audit(self, at: datetime, actor: str, action: str, detail: str) -> None: ...


class MarketStore(Protocol):
    """tenants/market.db: what sources said; shared by everybody, nothing private."""

    def transaction(self) -> AbstractContextManager[None]:
        """Keep everything that is put inside, or nothing."""
        ...

    @property
    def recordings(self) -> Recordings: ...

    @property
    def leaders(self) -> Leaders: ...

    @property
    def trades(self) -> Trades: ...

    @property
    def worths(self) -> Worths: ...

    @property
    def accounts(self) -> Accounts: ...

    @property
    def health_told(self) -> Told: ...

    def signals(self, source: str | None = None) -> tuple[Signal, ...]: ...

    def signal(self, source: str, agent: str) -> Signal | None: ...

    def put_signals(
        self, signals: Iterable[Signal], *, news: Collection[str] = (), counted: Collection[str] = ()
    ) -> None:
        """Keep the newest per agent and append to the history what differs in positions.

        Agents in `news` are untold from then on; those of them that were only `counted` concern holders alone. One
        whose values can't be kept is left as it was.
        """
        ...

    def untold(self, source: str) -> frozenset[str]:
        """Return the agents with news that nobody who follows them was told of yet."""
        ...

    def only_counted(self, source: str) -> frozenset[str]:
        """Return those of the untold whose news is only that a position was lacking once more."""
        ...

    def told(self, source: str, agents: Collection[str]) -> None:
        """Note that whoever follows these agents was told of their news."""
        ...

    def forget(self, source: str, agents: Iterable[str], *, signals: datetime, equities: datetime) -> None:
        """Drop these agents' past signals from before one time and equities from before another.

        Of equities from before the first time the last of each hour stays.
        """
        ...

    def source_state(self, source: str) -> SourceState | None: ...

    def put_source_state(self, state: SourceState) -> None: ...

    def source_states(self) -> tuple[SourceState, ...]: ...

    def equity_history(self, source: str, agent: str, since: datetime) -> tuple[tuple[datetime, Decimal], ...]: ...

    def equity_hours(self, source: str, agent: str, since: datetime) -> tuple[tuple[datetime, Decimal], ...]:
        """Return an agent's first equity since then and the last one of each hour, oldest first.

        Where equity can be paid in and out, what its first one has become without that (core.worth), as far as known.
        """
        ...
