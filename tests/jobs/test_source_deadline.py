"""A read of a source that is ended by its deadline is a failed read like any other."""

from __future__ import annotations

import pytest
from rq.timeouts import JobTimeoutException

from nof1web.core import health
from nof1web.jobs import tasks
from nof1web.services import source_views
from tests.jobs.world import redis_url, world

__all__ = ["redis_url", "world"]


class Hanging:
    """A source whose read never comes to an end by itself."""

    name = "nof1"

    def read(self, marker: int | None) -> None:
        """Be ended from outside."""
        raise JobTimeoutException("The job took too long.")


def test_a_read_ended_by_its_deadline_leaves_a_reason_in_health(world, monkeypatch) -> None:
    monkeypatch.setattr(world.w, "feed", lambda name: Hanging())
    for _ in range(health.HELD_AFTER):
        with pytest.raises(JobTimeoutException):
            tasks.read_source("nof1")
    found = next(each for each in source_views.sources(world.w) if each.source == "nof1")
    assert found.failures == health.HELD_AFTER and found.health is health.Health.UNREACHABLE
    assert found.error is not None and "in time" in str(found.error) and found.tried_at is not None
