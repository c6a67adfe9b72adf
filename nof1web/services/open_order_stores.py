"""What services need of the orders that rest on accounts, as they were read last."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from nof1web.core.open_orders import OpenOrder


class OpenOrderStore(Protocol):
    """Each account's open orders of everybody, and whether somebody wants them read anew."""

    def ask(self, credential_id: str, at: datetime) -> None:
        """Note that a person wants them read; NotFound when the credential doesn't exist."""
        ...

    def asked_at(self, credential_id: str) -> datetime | None:
        """Return when they were asked for, None once they were read or given up since."""
        ...

    def give_up(self, credential_id: str, at: datetime) -> None:
        """Note that they could not be read; nobody waits for them any more."""
        ...

    def failed_at(self, credential_id: str) -> datetime | None:
        """Return when reading them was given up last, None once they were read since."""
        ...

    def put(self, credential_id: str, orders: tuple[OpenOrder, ...], read_at: datetime) -> None:
        """Replace what was read before; nobody waits for it any more."""
        ...

    def read_at(self, credential_id: str) -> datetime | None:
        """Return when they were read last, None before the first time."""
        ...

    def all(self, credential_id: str) -> tuple[OpenOrder, ...]:
        """Return what was read last, by symbol and time."""
        ...
