"""What services need of one tenant's database (DESIGN §6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from nof1web.core.records import Credential, CredentialState, Epoch, EquityPoint, Intent, Protection, Tracker, Watch
from nof1web.core.trading import Account, Fill, Position
from nof1web.errors import Text
from nof1web.services.chronicle_stores import Chronicle
from nof1web.services.halt_stores import CoverStore, FlattenStore, HaltStore
from nof1web.services.key_stores import Draft, KeyStore
from nof1web.services.label_stores import LabelStore
from nof1web.services.open_order_stores import OpenOrderStore
from nof1web.services.report_stores import ReportStore
from nof1web.services.token_stores import Pages, ReplayStore

__all__ = ["Chronicle", "CredentialStore", "Draft", "Journal", "KeyStore", "TenantStore", "TrackerStore"]


class CredentialStore(Protocol):
    """Credentials, their sealed secrets, their fence and last account snapshot."""

    def add(self, credential: Credential) -> None:
        """Insert; InvalidInput when the tenant already has that name (case-insensitive)."""
        ...

    def get(self, id_or_name: str) -> Credential | None: ...

    def all(self) -> tuple[Credential, ...]: ...

    def set_state(self, credential_id: str, state: CredentialState, *, error: Text | None = None) -> None: ...

    def set_enabled(self, credential_id: str, enabled: bool) -> None: ...

    def set_tested(self, credential_id: str, at: datetime, *, alias: str, error: Text | None) -> None: ...

    def set_cycled(self, credential_id: str, at: datetime, *, error: Text | None) -> None: ...

    def set_wake(self, credential_id: str, at: datetime | None, watches: Iterable[Watch]) -> None: ...

    def data_key(self) -> bytes | None:
        """Return the tenant's wrapped data key."""
        ...

    def put_data_key(self, wrapped: bytes) -> bytes:
        """Store the first wrapped data key; return the one that is stored (a racing writer's wins)."""
        ...

    def put_secret(self, credential_id: str, field: str, sealed: bytes) -> None: ...

    def secret(self, credential_id: str, field: str) -> bytes | None: ...

    def claim_fence(self, credential_id: str) -> int:
        """Add one to the credential's fence and return it (DESIGN §5)."""
        ...

    def paper_state(self, credential_id: str) -> str | None:
        """Return a paper account's state as its exchange wrote it, None before its first use."""
        ...

    def put_paper_state(self, credential_id: str, text: str) -> None:
        """Replace a paper account's state; NotFound when the credential doesn't exist."""
        ...

    def put_snapshot(
        self, credential_id: str, account: Account, positions: tuple[Position, ...], *, now: datetime | None = None
    ) -> None:
        """Keep the newest account sync and append an EquityPoint (at most one per 30 s).

        What was read later than `now` was so by a clock that was put right since, and is older.
        """
        ...

    def snapshot(self, credential_id: str) -> tuple[Account, tuple[Position, ...]] | None: ...

    def equity(self, credential_id: str, since: datetime) -> tuple[EquityPoint, ...]: ...

    def add_draft(self, draft: Draft) -> None: ...

    def put_draft(self, draft: Draft) -> None:
        """Replace by id."""
        ...

    def waiting(self) -> tuple[Draft, ...]:
        """Return the key pairs whose id isn't known yet, oldest first."""
        ...

    def testing(self) -> tuple[Draft, ...]:
        """Return the keys whose test isn't over, oldest first."""
        ...

    def draft(self, draft_id: str) -> Draft | None: ...

    def finish_draft(
        self, draft_id: str, *, state: str, answer: Text, credential_id: str = "", warnings: tuple[str, ...] = ()
    ) -> None:
        """Note the test's answer and erase the sealed secrets."""
        ...


class TrackerStore(Protocol):
    """Trackers, their own settings, their epochs."""

    def add(self, tracker: Tracker) -> None:
        """Insert; InvalidInput when the tenant already has that name (case-insensitive)."""
        ...

    def get(self, id_or_name: str) -> Tracker | None: ...

    def all(self, credential_id: str | None = None) -> tuple[Tracker, ...]: ...

    def put_settings(self, tracker_id: str, settings: Mapping[str, str]) -> None:
        """Replace the tracker's own settings."""
        ...

    def defaults(self, scope: str) -> Mapping[str, str]:
        """What a level above the trackers sets: of the user (scope "") or of a credential (its id)."""

    def put_defaults(self, scope: str, settings: Mapping[str, str]) -> None:
        """Replace what a level above the trackers sets."""

    def texts_of(self, name: str) -> tuple[str, ...]:
        """Return what the user, credentials and started trackers set a setting to, each as text."""
        ...

    def set_state(self, tracker_id: str, state: CredentialState) -> None:
        """Set what flows for a tracker while it is started."""
        ...

    def set_started(self, tracker_id: str, started_at: datetime | None) -> None:
        """Start at a time, or stop with None (started_at then keeps its last value)."""
        ...

    def remove(self, tracker_id: str) -> None: ...

    def epochs(
        self, credential_id: str, *, symbol: str | None = None, since: datetime | None = None
    ) -> tuple[Epoch, ...]:
        """Return the credential's epochs: all that hold something or are pending, others opened or ended since."""
        ...

    def epoch(self, tracker_id: str, symbol: str, epoch: str) -> Epoch | None: ...

    def put_epoch(self, epoch: Epoch) -> None:
        """Insert or replace by (tracker, symbol, epoch)."""
        ...


class Journal(Protocol):
    """Intents, fills and protection: what we meant to do, and what was done."""

    def write(self, intent: Intent) -> None:
        """Insert an intent, with the next `written_no` unless it has one.

        Refused when (tracker, symbol, epoch, step, attempt) exists.
        """
        ...

    def update(self, intent: Intent) -> None:
        """Replace an intent's outcome by its client_order_id.

        `settled_no` is what it says, else as stored unless it executed more, else the next once it is resolved.
        """
        ...

    def begin_reading(self, credential_id: str, at: datetime) -> int:
        """Return the next number for a reading of the account, begun at a time of the exchange.

        Orders settled with a larger one came after it.
        """

    def began_at(self, credential_id: str, read_no: int) -> datetime | None:
        """Return when a reading began, by the exchange's clock; None where it is not kept (any more)."""

    def shown_by(self, credential_id: str, at: datetime, *, after: int = 0) -> int:
        """Return the first reading, numbered `after` another, begun once a moment of the exchange was past; 0: none."""

    def unresolved(self, credential_id: str) -> tuple[Intent, ...]: ...

    def unpriced(self, credential_id: str) -> tuple[Intent, ...]:
        """Return filled, not shadow intents whose price the trades haven't told yet."""
        ...

    def intents(self, credential_id: str, *, limit: int = 50, tracker_id: str | None = None) -> tuple[Intent, ...]:
        """Return the newest intents first."""
        ...

    def intent(self, tracker_id: str, symbol: str, epoch: str, step: int) -> Intent | None:
        """Return the newest attempt of a step."""
        ...

    def attempts(self, tracker_id: str, symbol: str, epoch: str, step: int) -> tuple[Intent, ...]: ...

    def intent_of(self, client_order_id: str) -> Intent | None: ...

    def order_ids(self, credential_id: str, symbol: str) -> frozenset[str]:
        """Return the exchange's ids of all own orders in a symbol: intents and fills booked so far."""
        ...

    def add_fills(self, credential_id: str, fills: Iterable[Fill]) -> int:
        """Insert fills once each by trade id; return how many were new."""
        ...

    def fills(self, credential_id: str, *, limit: int = 50) -> tuple[Fill, ...]: ...

    def put_protection(self, protection: Protection) -> None:
        """Insert or replace by client_algo_id."""
        ...

    def protections(self, credential_id: str, *, open_only: bool = True) -> tuple[Protection, ...]: ...

    def protections_of(self, tracker_id: str, symbol: str, epoch: str) -> tuple[Protection, ...]:
        """Return every leg ever written for an epoch, oldest first."""
        ...

    def count_protections(self, tracker_id: str, symbol: str, epoch: str) -> int:
        """Return how many were ever written for this epoch: the next one's running number."""
        ...


class TenantStore(Protocol):
    """tenants/<userId>/tenant.db. The path is the isolation."""

    user_id: str
    credentials: CredentialStore
    keys: KeyStore
    trackers: TrackerStore
    journal: Journal
    chronicle: Chronicle
    halts: HaltStore
    flattens: FlattenStore
    covers: CoverStore
    reports: ReportStore
    pages: Pages
    replays: ReplayStore
    labels: LabelStore
    open_orders: OpenOrderStore

    def transaction(
        self, *, fence: tuple[str, int] | None = None, durable: bool = False
    ) -> AbstractContextManager[None]:
        """One write transaction around several calls (BEGIN IMMEDIATE; nested joins).

        `fence` is (credential id, fence): LeaseLost when the database holds a larger one. `durable` fsyncs the commit.
        """
        ...
