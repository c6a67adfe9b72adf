"""One read of a source serves everybody who follows an agent of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from nof1web.core.signals import Reading
from nof1web.jobs import tasks
from nof1web.jobs.tick import tick
from tests.jobs.world import World, redis_url, world
from tests.services.test_feeding import NOW, shows

__all__ = ["redis_url", "world"]
MANY = [f"c_{number:016d}" for number in range(100)]


class Counted:
    """A feed that counts how often it is asked."""

    name = "nof1"

    def __init__(self) -> None:
        self.asked = 0

    def read(self, marker: int | None) -> Reading:
        """Show another record each time."""
        self.asked += 1
        return shows("gpt", seconds=self.asked)

    def stored(self) -> None:
        """Nothing is remembered."""


def test_a_hundred_credentials_on_one_agent_cost_one_question(world: World) -> None:
    feed: Any = Counted()
    world.w._feeds["nof1"], world.now = feed, NOW + timedelta(seconds=1)
    for credential in MANY:
        world.w.queue.follow(world.user_id, credential, frozenset({("nof1", "gpt")}))
    for _ in range(4):
        tick(world.w)
    assert world.waiting("source:nof1") == 1
    tasks.read_source("nof1")
    assert feed.asked == 1 and {world.waiting(f"cred:{credential}") for credential in MANY} == {1}
