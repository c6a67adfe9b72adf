"""Signs of life: whoever stands still is red within two intervals, wherever a person looks."""

from __future__ import annotations

import os
import signal
import time

import pytest
from redis import Redis

from nof1web.adapters.queue import heartbeats
from tests.adapters.redis_server import redis_url
from tests.jobs.lease_crew import ask, crew, eventually
from tests.jobs.ledger import Ledger
from tests.jobs.world import world

__all__ = ["redis_url", "world"]


def test_a_process_counts_as_dead_after_two_intervals(redis_url):
    with Redis.from_url(redis_url) as redis:
        heartbeats.beat(redis, "worker", "w", pid=1)
        assert redis.ttl("worker:w") == 2 * heartbeats.EVERY_SECONDS


@pytest.mark.long
def test_a_worker_that_stands_still_is_red(redis_url, tmp_path, record_property):
    path = tmp_path / "ledger.db"
    with Redis.from_url(redis_url) as redis, crew(redis_url, path, 1):
        ask(redis, "hold", path, [("c", 1)], str(tmp_path / "gate"))
        eventually(lambda: Ledger(path).events(what="start"))
        eventually(lambda: any(each.doing == "cred:c" for each in heartbeats.beats(redis, "worker")))
        stopped = Ledger(path).events()[0][3]
        os.kill(stopped, signal.SIGSTOP)
        since = time.monotonic()
        eventually(lambda: not heartbeats.beats(redis, "worker")[0].alive)
        record_property("a worker that stands still is red", f"after {time.monotonic() - since:.1f} s")
        os.kill(stopped, signal.SIGCONT)


def test_health_tells_a_dead_worker_from_a_living_one(world):
    for name in ("dead", "living"):
        heartbeats.beat(world.w.redis, "worker", name, pid=1)
    world.w.redis.delete("worker:dead")
    found = {each["name"]: each["alive"] for each in world.w.health()["workers"]}
    assert found == {"dead": False, "living": True}
