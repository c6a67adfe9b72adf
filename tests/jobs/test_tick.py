"""The clock: what is due is asked for, once, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.adapters.queue.index import syncs_of
from nof1web.core.records import Watch
from nof1web.jobs import indexing, tick
from nof1web.services.stores import SourceState
from tests.jobs.world import redis_url, world

__all__ = ["redis_url", "world"]
HOST = "127.0.0.1:10"


def test_a_source_is_asked_for_once_per_interval_whoever_ticks(world):
    asked = 0
    for _ in range(20):
        tick.tick(world.w)
        tick.tick(world.w)
        asked += world.w.redis.delete("rq:queue:source:nof1", "waiting:source:nof1:read_source") // 2
        world.pass_seconds(1)
    assert asked == 4


def test_a_source_that_is_still_waiting_to_be_read_is_not_asked_for_again(world):
    for _ in range(3):
        tick.tick(world.w)
        world.pass_seconds(5)
    assert world.waiting("source:nof1") == 1


@pytest.mark.parametrize(
    ("interval", "failures", "seconds"), [(5, 1, 5), (5, 2, 10), (5, 9, 10), (1, 3, 4), (60, 5, 60)]
)
def test_a_failing_source_is_read_less_often_up_to_ten_seconds(interval, failures, seconds):
    assert tick.backoff(interval, failures) == seconds


def test_a_failed_read_puts_the_next_one_off(world):
    tick.tick(world.w)
    world.w.market.put_source_state(SourceState("nof1", world.now, None, None, None, 2))
    tick.plan_next_read(world.w, "nof1")
    assert "nof1" not in world.w.queue.index.due_sources(world.now + timedelta(seconds=9), 5)
    assert "nof1" in world.w.queue.index.due_sources(world.now + timedelta(seconds=10), 5)


def test_a_source_that_asks_for_a_pause_gets_it(world):
    tick.tick(world.w)
    later = world.now + timedelta(seconds=40)
    world.w.market.put_source_state(SourceState("nof1", world.now, None, None, None, 1, next_at=later))
    tick.plan_next_read(world.w, "nof1")
    assert "nof1" not in world.w.queue.index.due_sources(world.now + timedelta(seconds=39), 5)
    assert "nof1" in world.w.queue.index.due_sources(later, 5)


def test_a_good_read_says_when_the_next_one_comes(world):
    world.w.market.put_source_state(SourceState("nof1", world.now, world.now, None, None))
    tick.plan_next_read(world.w, "nof1")
    assert world.w.market.source_state("nof1").next_at == world.now + timedelta(seconds=5)


def test_a_due_wake_becomes_one_cycle(world):
    credential = world.credential()
    world.w.queue.wake(world.user_id, credential, world.now)
    tick.tick(world.w)
    tick.tick(world.w)
    assert world.waiting(f"cred:{credential}") == 1 and world.w.redis.zcard("wakes") == 0


def test_an_account_with_nothing_due_is_not_asked_for(world):
    credential = world.credential(agent="gpt-5")
    world.w.queue.follow(world.user_id, credential, frozenset({("nof1", "gpt-5")}))
    world.w.queue.wake(world.user_id, credential, world.now + timedelta(seconds=1))
    tick.tick(world.w)
    assert world.waiting(f"cred:{credential}") == 0


def test_a_due_sync_is_asked_for_at_its_interval(world):
    credential = world.credential()
    world.w.queue.index.sync_at(HOST, world.user_id, credential, world.now)
    tick.tick(world.w)
    assert world.waiting(f"cred:{credential}") == 1
    assert world.w.queue.index.due_syncs(HOST, world.now + timedelta(seconds=59), 60) == []


def test_marks_are_read_once_per_host_in_use(world):
    tick.tick(world.w)
    assert world.waiting("marks") == 0
    for environment in ("testnet", "paper"):
        world.w.queue.index.use(environment, world.now)
    tick.tick(world.w)
    tick.tick(world.w)
    assert world.waiting("marks") == 1


def test_a_crossed_watch_asks_for_a_cycle(world):
    credential = world.credential()
    world.w.queue.index.watch("h", world.user_id, credential, [Watch("BTCUSDT", Decimal(100), True)])
    world.w.queue.cycles(world.w.queue.index.crossed("h", {"BTCUSDT": Decimal(101)}))
    assert world.waiting(f"cred:{credential}") == 1


def test_a_lost_bell_is_rung_again_within_half_a_minute(world):
    credential = world.credential()
    world.w.queue.cycle(world.user_id, credential)
    world.w.redis.delete("ready", "ready:bell")
    tick.tick(world.w)
    assert world.w.redis.zrange("ready", 0, -1) == [f"cred:{credential}".encode()]
    assert 0 < world.w.redis.ttl("renotified") <= tick.RENOTIFY_SECONDS


def test_accounts_synced_in_one_second_are_not_due_in_one_second(world):
    ids = [world.credential() for _ in range(40)]
    with world.w.tenants(world.user_id) as store:
        for each in store.credentials.all():
            indexing.put(world.w, world.user_id, each, seconds=30, synced=True, holding=False)
    due = [at - world.now.timestamp() for _, at in world.w.redis.zrange(syncs_of(HOST), 0, -1, withscores=True)]
    assert len(due) == len(ids) and len({int(at) for at in due}) == 3 and all(30 <= at <= 33 for at in due)


def test_the_scheduler_shows_that_it_is_alive(world):
    tick.tick(world.w)
    assert world.w.health()["scheduler"]["alive"]


def test_when_the_clock_is_put_back_what_is_due_does_not_wait_for_it(world, monkeypatch):
    steady = 1000
    monkeypatch.setattr(tick.time, "monotonic", lambda: steady)
    tick.tick(world.w)
    world.w.queue.index.sync_at(HOST, "u", "c", world.now + timedelta(seconds=60))
    world.w.queue.index.wake("u", "c", world.now + timedelta(seconds=5))
    world.w.redis.delete("rq:queue:source:nof1", "waiting:source:nof1:read_source")
    world.pass_seconds(5 - 3600)
    steady += 5
    tick.tick(world.w)
    assert world.waiting("source:nof1") == 1 and world.waiting("cred:c") == 1
    assert world.w.queue.index.due_syncs(HOST, world.now + timedelta(seconds=54), 60) == []
    assert world.w.queue.index.due_syncs(HOST, world.now + timedelta(seconds=55), 60) == [("u", "c")]


def test_a_clock_that_goes_on_moves_nothing(world, monkeypatch):
    steady = 1000
    monkeypatch.setattr(tick.time, "monotonic", lambda: steady)
    world.w.queue.index.sync_at(HOST, "u", "c", world.now + timedelta(seconds=3600))
    for seconds, passed in ((1, 1), (600, 1), (0, 9)):
        world.pass_seconds(seconds)
        steady += passed
        tick.tick(world.w)
    assert world.w.queue.index.due_syncs(HOST, world.now + timedelta(seconds=2990), 60) == []
