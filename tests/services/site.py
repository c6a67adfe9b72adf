"""The ports of use cases outside a leased job, over a stage's databases; a queue and bus that may be away."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from redis.exceptions import ConnectionError as RedisDown

from nof1web.adapters.store.registry import SqliteRegistry
from nof1web.adapters.store.tenants import Tenants
from tests.services.stage import NotingQueue, QuietBus, Stage


class GoneQueue:
    """A queue whose Redis is stopped."""

    def __getattr__(self, name: str) -> Any:
        raise RedisDown("connection refused")


@dataclass
class Site:
    """As much of services.ports.Ports as stopping needs, opened anew like another process does."""

    stage: Stage
    queue: Any = field(default_factory=NotingQueue)

    def __post_init__(self) -> None:
        self.registry = SqliteRegistry(self.stage.folder / "registry.db")
        self.tenants = Tenants(self.stage.folder, self.registry)
        self.bus = QuietBus()

    def clock(self) -> datetime:
        """The stage's time."""
        return self.stage.now()
