"""One installation with a user, a credential and a tracker: real wiring, real databases, a real Redis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nof1web import config, wiring
from nof1web.core.records import Credential, CredentialState, Tracker
from nof1web.core.trading import Environment
from nof1web.services.ids import new_id
from nof1web.services.stores import User
from tests.adapters.redis_server import redis_url

__all__ = ["NOW", "World", "redis_url", "world"]
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@dataclass
class World:
    """The wiring, and the ids of what was made; `now` is what its clock says."""

    w: wiring.Wiring
    user_id: str
    now: datetime = NOW

    def pass_seconds(self, seconds: int) -> None:
        """Let time go by."""
        self.now += timedelta(seconds=seconds)

    def credential(self, *, agent: str = "", state: CredentialState = CredentialState.RUNNING) -> str:
        """Add a credential on the testnet, following an agent when one is named; return its id."""
        with self.w.tenants(self.user_id) as store:
            made = Credential(new_id("c"), new_id("n"), Environment.TESTNET, "k" * 64, state, True, False, NOW)
            store.credentials.add(made)
            if agent:
                store.trackers.add(Tracker(new_id("t"), made.id, new_id("n"), "nof1", agent, True, NOW, NOW))
        return made.id

    def waiting(self, queue: str) -> int:
        """Return how many jobs wait in a queue."""
        return int(self.w.redis.llen(f"rq:queue:{queue}"))


@contextmanager
def living(folder: Path, url: str) -> Iterator[World]:
    """Wire an installation in a folder; forgotten at the end."""
    made = config.load({"NOF1_MODE": "demo", "NOF1_TENANTS_DIR": str(folder), "REDIS_URL": url, "PORT": "9"})
    w = wiring.ports(made)
    try:
        w.install()
        user = User(new_id("u"), "anna@example.org", "x", "user", True, "en", NOW)
        w.registry.add_user(user)
        world = World(w, user.id)
        w.clock = lambda: world.now
        yield world
    finally:
        w.tenants.close()
        wiring._built.clear()


@pytest.fixture
def world(tmp_path: Path, redis_url: str) -> Iterator[World]:
    """An installation with one user."""
    with living(tmp_path / "tenants", redis_url) as made:
        yield made
