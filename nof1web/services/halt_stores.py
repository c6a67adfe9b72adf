"""What services need of storage to keep entries away, and to end holdings for good (DESIGN §5 States)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from nof1web.core.covering import Cover
from nof1web.core.flattening import Flatten
from nof1web.errors import Text


class HaltStore(Protocol):
    """Everything besides a credential's and a tracker's own state that forbids entries, in one tenant's database."""

    def site_halted(self) -> bool:
        """Whether entries are off for everybody, as the registry says at this moment.

        Asked inside a transaction of this store it is read after that began: a halt that was committed before is seen.
        """
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

    def ask_reconcile(self, credential_id: str, at: datetime) -> None:
        """Let no entry leave before a reconcile that began at this time or later."""
        ...

    def reconcile_due(self, credential_id: str) -> bool: ...

    def reconciled(self, credential_id: str, at: datetime) -> None:
        """Note a reconcile that began at a time."""
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


class CoverStore(Protocol):
    """For how long trackers' holdings were protected, in one tenant's database."""

    def get(self, tracker_id: str) -> Cover | None: ...

    def put(self, cover: Cover) -> None:
        """Insert or replace by tracker."""
        ...
