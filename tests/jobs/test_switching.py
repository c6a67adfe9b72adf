"""Start, stop and interval of one credential: kept in its database, and effective with the next thing that runs."""

from __future__ import annotations

from datetime import timedelta

from nof1web.core.records import CredentialState
from nof1web.services import defaults, halting
from tests.jobs.world import redis_url, world

__all__ = ["redis_url", "world"]


def followers(world):
    return world.w.queue.index.followers("nof1", ["gpt-5"])


def test_a_started_credential_is_synced_and_looked_at_at_once(world):
    credential = world.credential(agent="gpt-5", state=CredentialState.STOPPED)
    halting.change(world.w, world.user_id, credential, "start")
    assert world.waiting(f"cred:{credential}") == 2
    assert followers(world) == {(world.user_id, credential)}


def test_a_stopped_credential_is_not_asked_for_any_more(world):
    credential = world.credential(agent="gpt-5")
    halting.change(world.w, world.user_id, credential, "start")
    world.w.queue.wake(world.user_id, credential, world.now + timedelta(seconds=9))
    halting.change(world.w, world.user_id, credential, "stop")
    assert not followers(world) and world.w.redis.zcard("wakes") == 0


def test_a_new_interval_is_looked_at_at_once(world):
    credential = world.credential(agent="gpt-5")
    defaults.put(world.w, world.user_id, {"interval": "60"}, credential=credential)
    assert world.waiting(f"cred:{credential}") == 1
