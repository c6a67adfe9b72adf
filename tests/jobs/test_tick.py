"""The clock: what is due is asked for, once, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.records import Watch
from nof1web.jobs import tick
from nof1web.services.stores import SourceState
from tests.jobs.world import redis_url, world

__all__ = ["redis_url", "world"]


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
    world.w.queue.index.sync_at(world.user_id, credential, world.now)
    tick.tick(world.w)
    assert world.waiting(f"cred:{credential}") == 1
    assert world.w.queue.index.due_syncs(world.now + timedelta(seconds=59), 60) == []


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


def test_the_scheduler_shows_that_it_is_alive(world):
    tick.tick(world.w)
    assert world.w.health()["scheduler"]["alive"]
