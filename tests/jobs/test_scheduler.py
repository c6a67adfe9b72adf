"""rq-scheduler holding one tick; and the two documented commands as real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zlib
from contextlib import contextmanager

import pytest
from redis import Redis
from structlog.testing import capture_logs

from nof1web.config import ROOT, env_for_children
from nof1web.jobs.patient import Patience, plain_worker
from nof1web.jobs.scheduler import TickScheduler
from tests.jobs.lease_crew import eventually
from tests.jobs.world import redis_url, world

__all__ = ["redis_url", "world"]


@pytest.fixture
def redis(redis_url):
    with Redis.from_url(redis_url) as client:
        yield client


def test_the_tick_is_queued_once_and_is_json(redis):
    scheduler = TickScheduler(redis)
    scheduler.enqueue_jobs()
    for job in list(scheduler.get_jobs()):
        scheduler.enqueue_job(job)
        scheduler.enqueue_job(job)
    assert redis.lrange("rq:queue:tick", 0, -1) == [b"tick"]
    assert zlib.decompress(redis.hget("rq:job:tick", "data")) == b'["nof1web.jobs.tasks.tick", null, [], {}]'


def test_a_running_tick_is_not_followed_by_another(redis):
    scheduler = TickScheduler(redis)
    scheduler.enqueue_jobs()
    (job,) = scheduler.get_jobs()
    job.prepare_for_execution("w", redis.pipeline())
    with redis.pipeline() as pipeline:
        job.prepare_for_execution("w", pipeline)
        pipeline.execute()
    redis.delete("rq:queue:tick")
    scheduler.enqueue_job(job)
    assert redis.llen("rq:queue:tick") == 0


def test_an_emptied_redis_gets_its_tick_back(redis):
    scheduler = TickScheduler(redis)
    scheduler.enqueue_jobs()
    redis.flushall()
    scheduler.enqueue_jobs()
    assert len(list(scheduler.get_jobs())) == 1


def test_a_tick_planned_by_a_clock_that_was_put_back_since_is_not_waited_for(redis):
    scheduler = TickScheduler(redis)
    scheduler.enqueue_jobs()
    redis.delete("rq:queue:tick")
    redis.zincrby(scheduler.scheduled_jobs_key, 20, "tick")
    scheduler.enqueue_jobs()
    scheduler.enqueue_jobs()
    assert redis.zscore(scheduler.scheduled_jobs_key, "tick") < time.time() + 5


def test_of_two_schedulers_one_at_a_time_looks(redis):
    first, second = TickScheduler(redis), TickScheduler(redis)
    assert first.acquire_lock() and not second.acquire_lock()


def test_the_ticks_worker_runs_it(world):
    TickScheduler(world.w.redis).enqueue_jobs()
    TickScheduler(world.w.redis).enqueue_jobs()
    worker = plain_worker(world.w.redis, "tick")
    worker.open()
    eventually(lambda: (TickScheduler(world.w.redis).enqueue_jobs(), world.waiting("tick"))[1])
    worker.turn()
    assert world.waiting("source:nof1") == 1 and world.w.health()["scheduler"]["alive"]


def test_a_worker_whose_birth_was_noted_twice_is_the_same_worker(redis):
    worker = plain_worker(redis, "tick")
    worker.open()
    worker.open()
    assert redis.smembers("rq:workers") == {worker.key.encode()}


def test_waiting_for_redis_is_said_once_and_without_a_stack_trace(tmp_path):
    patience = Patience()
    with Redis.from_url(f"unix://{tmp_path}/nobody.sock") as redis, capture_logs() as said:
        assert not patience.attempt(redis.ping) and not patience.attempt(redis.ping)
    assert [each["event"] for each in said] == ["waiting for Redis"] and "exc_info" not in said[0]


@contextmanager
def command(world, name):
    config = world.w.config
    env = env_for_children(config, master=True) | {"REDIS_URL": config.redis_url, "NOF1_FEED_URL": "http://127.0.0.1:9/api"}
    with subprocess.Popen([sys.executable, "-m", "flask", "nof1", name], cwd=ROOT, env=env, stdout=-3) as process:
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()


def test_the_worker_command_shows_its_workers_and_ends_in_order(world):
    with command(world, "worker"):
        eventually(lambda: len([each for each in world.w.health()["workers"] if each["alive"]]) == 2)
    assert world.w.health()["workers"] == []


def test_the_scheduler_command_ticks_and_ends_in_order(world):
    with command(world, "scheduler"):
        eventually(lambda: (world.w.health()["scheduler"] or {}).get("alive"))
        eventually(lambda: world.w.market.source_state("nof1"))


@pytest.mark.long
def test_a_scheduler_that_stands_still_is_red(world, record_property):
    with command(world, "scheduler") as process:
        eventually(lambda: (world.w.health()["scheduler"] or {}).get("alive"))
        ticking = world.w.health()["scheduler"]["pid"]
        assert ticking != process.pid
        os.kill(ticking, signal.SIGSTOP)
        since = time.monotonic()
        try:
            eventually(lambda: not world.w.health()["scheduler"]["alive"])
            record_property("a scheduler that stands still is red", f"after {time.monotonic() - since:.1f} s")
        finally:
            os.kill(ticking, signal.SIGCONT)
        eventually(lambda: world.w.health()["scheduler"]["alive"])
