"""Ports to everything that is neither the exchange nor storage."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from nof1web.core.signals import Reading
from nof1web.services.stores import TenantStore


class Clock(Protocol):
    """The wall clock."""

    def __call__(self) -> datetime:
        """Return the present time, aware UTC."""
        ...


class Feed(Protocol):
    """A signal source: it gives agents and what they hold. Each adapter passes tests/adapters/feeds/contract.py.

    Agents' names are opaque: whatever tells two accounts of this source apart.
    """

    name: str

    def read(self, marker: int | None) -> Reading | None:
        """Return the newest records, None when the source says nothing changed (304).

        `marker` is the last Reading's. Raises FeedError when the answer can't be used, Transient when there is none.
        """
        ...

    def parse(self, raw: bytes) -> Reading:
        """Return the reading that the stored payload `raw` gave, the same each time; FeedError when it gave none."""
        ...

    def stored(self) -> None:
        """Note that the last reading was stored: only from then on may the source say that nothing changed since."""
        ...


class Bus(Protocol):
    """Tells live pages that something happened. Losing a message only costs a delay: events are in the database."""

    def publish(self, user_id: str, event_id: int) -> None:
        """Tell this user's sockets that events up to `event_id` exist."""
        ...

    def publish_marks(self, host: str, marks: Mapping[str, Decimal]) -> None:
        """Tell everybody's sockets the newest marks of a host; kept for `marks` too."""
        ...

    def marks(self, host: str) -> Mapping[str, Decimal]:
        """Return the last published marks of a host no older than 15 s, else an empty mapping."""
        ...


class Queue(Protocol):
    """Asks for work on a credential; ids only. Safe to call twice: a waiting cycle is not queued again."""

    def cycle(self, user_id: str, credential_id: str, *, front: bool = False, dry_run: bool = False) -> str:
        """Ask for one cycle; return the job's id. A `front` one is not put off to the interval's end."""
        ...

    def sync(self, user_id: str, credential_id: str) -> str:
        """Ask for a full account sync; return the job's id."""
        ...

    def test_key(self, user_id: str, draft_id: str) -> str:
        """Ask a worker to open, check, test and seal what a person typed; return the job's id."""
        ...

    def retest(self, user_id: str, credential_id: str) -> str:
        """Ask for a connection test of a saved credential; return the job's id."""
        ...

    def reconcile(self, user_id: str, credential_id: str) -> str:
        """Ask for a full account sync before anything that waits; return the job's id."""
        ...

    def flatten(self, user_id: str, credential_id: str, flatten_id: str) -> str:
        """Ask for a flatten to be carried out before anything that waits; return the job's id."""
        ...

    def follow(self, user_id: str, credential_id: str, agents: frozenset[tuple[str, str]]) -> None:
        """Note which (source, agent) pairs this credential's started trackers follow; empty when it doesn't poll."""
        ...

    def wake(self, user_id: str, credential_id: str, at: datetime | None) -> None:
        """Note when the credential's next cycle is due."""
        ...

    def sync_at(self, host: str, user_id: str, credential_id: str, at: datetime) -> None:
        """Note when an account of this host is synced next: then, or later where the budget has no room."""
        ...

    def forget(self, host: str, user_id: str, credential_id: str) -> None:
        """Plan nothing any more for a credential of this host that was removed."""
        ...


class Vault(Protocol):
    """Opens and seals secrets under a tenant's data key (DESIGN §6). Raises SecretUnreadable, never falls back."""

    def new_data_key(self, user_id: str) -> bytes:
        """Return a fresh tenant data key wrapped under the current master key."""
        ...

    def seal(self, wrapped: bytes, secret: str, *, user_id: str, credential_id: str, field: str) -> bytes:
        """Return the secret sealed under the tenant's data key, bound to its place."""
        ...

    def open(self, wrapped: bytes, sealed: bytes, *, user_id: str, credential_id: str, field: str) -> str:
        """Return the secret; SecretUnreadable when key, place or bytes differ."""
        ...

    def open_typed(self, private: bytes, sealed: bytes, *, context: str) -> str:
        """Open what a Sealer sealed to the installation's key; its context must match."""
        ...

    def new_sealing_key(self) -> tuple[bytes, bytes]:
        """Return (public key, private key wrapped under the master key) for a new installation."""
        ...

    def require(self, private: bytes) -> None:
        """Raise SecretUnreadable unless an installation's private key opens with these master keys."""
        ...

    def outdated(self, wrapped: bytes) -> bool:
        """Whether a wrapped key is under another master key than the current one."""
        ...

    def rewrap(self, wrapped: bytes, *, user_id: str) -> bytes:
        """Return a tenant's data key wrapped under the current master key; what it sealed stays as it is."""
        ...

    def rewrap_sealing_key(self, wrapped: bytes) -> bytes:
        """Return the installation's private key wrapped under the current master key."""
        ...


class Sealer(Protocol):
    """Seals what a person types to the installation's public key; can't open anything."""

    def __call__(self, public: bytes, secret: str, *, context: str) -> bytes:
        """Return the sealed box; `context` travels inside."""
        ...


class Passwords(Protocol):
    """argon2id."""

    def hash(self, password: str) -> str:
        """Return a salted hash."""
        ...

    def matches(self, hashed: str, password: str) -> bool:
        """Whether the password belongs to the hash; takes as long for a wrong one."""
        ...


class Rates(Protocol):
    """Counts how often something was done, for all processes together."""

    def count(self, name: str) -> tuple[int, int]:
        """Count one more; return how many there were in this minute, and the seconds until the next."""
        ...


class Tallies(Protocol):
    """Counts for monitoring, of all processes together, since the store of the counts began."""

    def add(self, of: str, counts: Mapping[str, int]) -> None:
        """Add to the counts of a thing; raises nothing."""
        ...

    def read(self, of: str) -> Mapping[str, int]:
        """Return the counts of a thing; Unavailable when nobody can tell."""
        ...


class Lease(Protocol):
    """The right to act for one credential, held by a running job; while it is `ending` that job opens nothing new."""

    fence: int
    ending: bool

    def require(self, seconds: Decimal) -> None:
        """Raise LeaseLost unless at least this many seconds of the lease are left."""
        ...


class TenantStores(Protocol):
    """Where tenants' databases are."""

    def __call__(self, user_id: str) -> AbstractContextManager[TenantStore]:
        """Open a tenant's store; NotFound unless the registry issued the id."""
        ...

    def tables(self, user_id: str) -> Mapping[str, list[dict[str, Any]]]:
        """Return every table of a tenant by name, without anything sealed."""
        ...

    def image(self, user_id: str) -> bytes:
        """Return a tenant's database as bytes, without anything sealed."""
        ...

    def put_image(self, user_id: str, data: bytes) -> None:
        """Write a tenant's database from such bytes; InvalidInput when there is one already or it is none."""
        ...

    def remove(self, user_id: str) -> None:
        """Erase a tenant's database with everything in it."""
        ...
