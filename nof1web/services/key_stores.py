"""What services need of storage for keys: drafts, facts about each key, sealed secrets, the tenant's data key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nof1web.core.trading import Environment
from nof1web.errors import Text


@dataclass(frozen=True, slots=True)
class Draft:
    """A key somebody typed, waiting for its test; the sealed parts open only in a worker. Emptied when it is over.

    `state` is testing, passed or failed; `answer` the test's sentence, `warnings` its codes. `proxy` has no password
    in it, `replaces` is the credential whose key this one is to follow. `public_key` (PEM) is that of a pair made
    here, which is `waiting` until the exchange's id for it is known.
    """

    id: str
    name: str
    environment: str
    api_key: str
    sealed: bytes
    state: str
    answer: Text | None
    credential_id: str
    created_at: datetime
    label: str = ""
    margin_mode: str = ""
    proxy: str = ""
    sealed_proxy: bytes = b""
    replaces: str = ""
    warnings: tuple[str, ...] = ()
    public_key: str = ""


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known of a credential's present key.

    `label` is main, sub or empty; `proxy` an address without its password; `warnings` the last test's codes.
    `refusals` counts how often the exchange confirmed that it refuses the key since `refused_at`. `locked_from` is
    the state to go back to once the right master key is there again, empty when it was locked for another reason.
    """

    credential_id: str
    added_at: datetime
    label: str = ""
    proxy: str = ""
    warnings: tuple[str, ...] = ()
    refused_at: datetime | None = None
    confirmed_at: datetime | None = None
    refusals: int = 0
    locked_from: str = ""


@dataclass(frozen=True, slots=True)
class PastKey:
    """A key that was replaced or removed; `api_key` is masked."""

    credential_id: str
    api_key: str
    added_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """One sealed secret and the wrapped data key it was sealed under, read at the same moment."""

    credential_id: str
    field: str
    sealed: bytes
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class Removed:
    """A credential that was removed: its orders and results stay."""

    id: str
    name: str
    environment: str
    removed_at: datetime


class KeyStore(Protocol):
    """Facts and secrets of keys in one tenant's database. Changing what doesn't exist is NotFound."""

    def facts(self, credential_id: str) -> KeyFacts | None: ...

    def all_facts(self) -> tuple[KeyFacts, ...]: ...

    def put_facts(self, facts: KeyFacts) -> None:
        """Insert or replace by credential."""
        ...

    def past(self, credential_id: str) -> tuple[PastKey, ...]:
        """Return the keys before the present one, newest first."""
        ...

    def add_past(self, key: PastKey) -> None: ...

    def put_api_key(self, credential_id: str, api_key: str, alias: str) -> None:
        """Replace the public part of a credential's key."""
        ...

    def put_environment(self, credential_id: str, environment: Environment) -> None:
        """Move a credential to another environment: stopped, not armed; whoever worked for it writes nothing more."""
        ...

    def set_armed(self, credential_id: str, armed: bool) -> None: ...

    def rename(self, credential_id: str, name: str) -> None:
        """Give it another name; InvalidInput when it is taken."""
        ...

    def sealed(self, credential_id: str, field: str) -> SealedSecret | None: ...

    def all_sealed(self) -> tuple[SealedSecret, ...]: ...

    def drop_secret(self, credential_id: str, field: str) -> None:
        """Erase one sealed secret; none is fine."""
        ...

    def replace_data_key(self, wrapped: bytes) -> None:
        """Replace the tenant's wrapped data key; the former is gone from the file and its log."""
        ...

    def erase_data_key(self) -> None:
        """Erase the tenant's wrapped data key from the file and its log; none is fine."""
        ...

    def erase(self, credential_id: str, at: datetime) -> None:
        """Mark a credential as removed and erase its secrets, key and drafts from the file and its log."""
        ...

    def removed(self) -> tuple[Removed, ...]:
        """Return the removed credentials, newest first."""
        ...

    def was_used(self, credential_id: str) -> bool:
        """Whether an order was ever written for it."""
        ...
