"""How the installation is doing: processes, sources, egress and every credential, read in one pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from nof1web.core import execution
from nof1web.core.execution import Execution
from nof1web.errors import Nof1Error, Text
from nof1web.services.ports import Ports
from nof1web.services.source_views import SourceHealth
from nof1web.services.source_views import sources as source_rows
from nof1web.services.stores import TenantStore, User

_NEWEST = 100


class Observed(Ports, Protocol):
    """Ports of an installation whose processes can be asked how they are."""

    def health(self) -> Mapping[str, Any]:
        """Return redis (bool), workers and scheduler (name, at, alive, credential each; no scheduler: None), egress."""
        ...


@dataclass(frozen=True, slots=True)
class CredentialStatus:
    """One credential; `name` is empty and `state` "unreadable" when its user's database could not be read.

    `execution` tells how its newest orders were executed, None before the first.
    """

    user: str
    name: str
    environment: str
    state: str
    enabled: bool
    last_cycle_at: datetime | None
    last_error: Text | None
    execution: Execution | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """The whole installation; `mode` is demo or production, `scheduler` None when none has run lately."""

    mode: str
    redis: bool
    workers: tuple[Mapping[str, Any], ...]
    scheduler: Mapping[str, Any] | None
    sources: tuple[SourceHealth, ...]
    egress: tuple[Mapping[str, Any], ...]
    credentials: tuple[CredentialStatus, ...]


def _of_user(p: Ports, user: User) -> tuple[CredentialStatus, ...]:
    try:
        with p.tenants(user.id) as store:
            found = store.credentials.all()
            executed = {each.id: _executed(store, each.id) for each in found}
    except Nof1Error as error:
        # One broken file must not hide how everybody else is doing.
        return (CredentialStatus(user.email, "", "", "unreadable", False, None, error.text),)
    return tuple(
        CredentialStatus(
            user=user.email,
            name=item.name,
            environment=item.environment,
            state=item.state,
            enabled=item.enabled,
            last_cycle_at=item.last_cycle_at,
            last_error=item.last_error,
            execution=executed[item.id],
        )
        for item in found
    )


def _executed(store: TenantStore, credential_id: str) -> Execution | None:
    found = execution.executed(store.journal.intents(credential_id, limit=_NEWEST), shadow=False)
    return found if found.orders else None


def read(p: Observed, user_id: str | None = None) -> Status:
    """Return the status with everybody's credentials, or one user's. Read-only; works while Redis is down."""
    health = p.health()
    users = [user for user in p.registry.users() if user_id in (None, user.id)]
    return Status(
        mode="demo" if p.demo else "production",
        redis=bool(health["redis"]),
        workers=tuple(health["workers"]),
        scheduler=health["scheduler"],
        sources=source_rows(p),
        egress=tuple(health["egress"]),
        credentials=tuple(row for user in users for row in _of_user(p, user)),
    )
