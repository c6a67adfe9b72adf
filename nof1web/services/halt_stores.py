"""What services need of storage to keep entries away, and to end holdings for good (DESIGN §5 States)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from nof1web.core.covering import Cover
from nof1web.core.flattening import Flatten, Shares
from nof1web.errors import Text


@dataclass(frozen=True, slots=True)
class Quota:
    """What an administrator allows a user: None is what everybody has.

    `credentials` at most, `interval` at least between two cycles of one (s), `entries_per_hour` at most: orders that
    open or add, over all credentials.
    """

    credentials: int | None = None
    interval: int | None = None
    entries_per_hour: int | None = None


class HaltStore(Protocol):
    """Everything besides a credential's and a tracker's own state that forbids entries, in one tenant's database."""

    def site_halted(self) -> bool:
        """Whether entries are off for everybody, as the registry says at this moment.

        Asked inside a transaction of this store it is read after that began: a halt that was committed before is seen.
        """
        ...

    def quota(self) -> Quota:
        """Return what an administrator allows this user, as the registry says at this moment."""
        ...

    def entered_since(self, at: datetime) -> tuple[datetime, ...]:
        """Return when orders of any credential were written after a time that opened or added, or may still do so."""
        ...

    def user_halted(self) -> bool: ...

    def set_user_halted(self, at: datetime | None) -> None:
        """Turn entries off for all of the user's credentials, or with None on again."""
        ...

    def stop_symbol(self, credential_id: str, symbol: str, why: Text, at: datetime) -> bool:
        """Forbid entries in a symbol until a person resumes; return whether they were allowed before."""
        ...

    def stopped_symbols(self, credential_id: str) -> Mapping[str, Text]:
        """Return why entries are forbidden, by symbol."""
        ...

    def release_symbols(self, credential_id: str) -> None: ...

    def ask_reconcile(self, credential_id: str, at: datetime, *, lacking: bool = True) -> None:
        """Let no entry leave before a reconcile that began at this time or later.

        `lacking`: orders may have been sent that this database doesn't know, as after a backup was restored.
        """
        ...

    def reconcile_due(self, credential_id: str) -> bool: ...

    def lacking_since(self, credential_id: str) -> datetime | None:
        """Return since when orders may be lacking here, None once a reconcile found out or where none ever may."""
        ...

    def reconcile_asked_at(self, credential_id: str) -> datetime | None: ...

    def reconciled_at(self, credential_id: str) -> datetime | None:
        """Return when the last reconcile began, or up to when everything was explained if it could not find out all."""
        ...

    def reconciled(self, credential_id: str, at: datetime, *, now: datetime) -> None:
        """Note a reconcile that began at a time; what was asked for later than now was by a clock put right since."""
        ...


class FlattenStore(Protocol):
    """What persons asked to be ended, in one tenant's database."""

    def add(self, flatten: Flatten) -> Flatten:
        """Insert; return the one that is open for the same already, if there is one."""
        ...

    def get(self, flatten_id: str) -> Flatten | None: ...

    def open(self, credential_id: str) -> tuple[Flatten, ...]:
        """Return those that are not finished, oldest first."""
        ...

    def newest(self, credential_id: str) -> Flatten | None: ...

    def finish(self, flatten_id: str, at: datetime) -> None: ...

    def cancel(self, flatten_id: str, at: datetime) -> None:
        """Note that a person wants no more of it closed, where it is not finished."""
        ...

    def set_found(self, flatten_id: str, found: Shares) -> None:
        """Keep which foreign shares may be closed at most."""
        ...

    def closed(self, flatten_id: str) -> Mapping[tuple[str, bool], Decimal]:
        """Return how much (unsigned) of foreign shares it has closed, by (symbol, whether long)."""
        ...


class CoverStore(Protocol):
    """For how long trackers' holdings were protected, in one tenant's database."""

    def get(self, tracker_id: str) -> Cover | None: ...

    def put(self, cover: Cover) -> None:
        """Insert or replace by tracker."""
        ...
