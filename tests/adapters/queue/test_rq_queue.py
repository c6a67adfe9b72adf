"""Asking for work: what waits is not queued twice, what runs is followed by one more, ids only."""

from __future__ import annotations

import zlib

import pytest
from redis import Redis
from rq.job import Job
from rq.serializers import JSONSerializer

from nof1web.adapters.queue import RqQueue
from tests.adapters.redis_server import redis_url

__all__ = ["redis_url"]


@pytest.fixture
def queue(redis_url):
    with Redis.from_url(redis_url) as redis:
        yield RqQueue(redis)


def waiting(queue, name="cred:c"):
    return [job_id.decode() for job_id in queue.redis.lrange(f"rq:queue:{name}", 0, -1)]


def test_a_waiting_cycle_is_not_queued_twice(queue):
    first = queue.cycle("u", "c")
    assert queue.cycle("u", "c") == first and waiting(queue) == [first]


def test_while_a_cycle_runs_exactly_one_more_is_queued(queue):
    running = queue.cycle("u", "c")
    queue.redis.hset(f"rq:job:{running}", "status", "started")
    second = queue.cycle("u", "c")
    assert second != running and queue.cycle("u", "c") == second


def test_a_cycle_that_is_in_no_queue_any_more_stands_for_nothing(queue):
    lost = queue.cycle("u", "c")
    queue.redis.delete("rq:queue:cred:c")
    again = queue.cycle("u", "c")
    assert again != lost and waiting(queue) == [again]


def test_a_cycle_that_was_just_claimed_still_stands_for_another(queue):
    claimed = queue.cycle("u", "c")
    queue.redis.lmove("rq:queue:cred:c", "inflight:cred:c")
    assert queue.cycle("u", "c") == claimed and waiting(queue) == []


def test_a_sync_does_not_stand_for_a_cycle(queue):
    assert waiting(queue) == [] and queue.sync("u", "c") != queue.cycle("u", "c")
    assert queue.sync("u", "c") == waiting(queue)[0]


def test_what_a_person_asked_for_goes_first_and_is_always_queued(queue):
    plain = queue.cycle("u", "c")
    dry = queue.cycle("u", "c", dry_run=True)
    front = queue.cycle("u", "c", front=True)
    retest = queue.retest("u", "c")
    assert waiting(queue) == [retest, front, plain, dry]


def test_credentials_wait_in_queues_of_their_own_and_the_oldest_is_ready_first(queue):
    queue.cycles([("u", "b"), ("u", "a"), ("u", "b")])
    assert queue.redis.zrange("ready", 0, -1) == [b"cred:b", b"cred:a"]


def test_what_a_person_asked_for_is_ready_before_and_a_sync_after_everybodys_cycles(queue):
    queue.sync("u", "s")
    queue.cycles([("u", "b"), ("u", "a")])
    queue.test_key("u", "d")
    assert queue.redis.zrange("ready", 0, -1) == [b"draft:d", b"cred:b", b"cred:a", b"cred:s"]


def test_a_cycle_asked_for_behind_a_sync_makes_its_credential_ready_at_once(queue):
    queue.sync("u", "a")
    queue.cycles([("u", "a"), ("u", "b")])
    assert queue.redis.zrange("ready", 0, -1) == [b"cred:a", b"cred:b"]


def test_a_job_carries_ids_as_json(queue):
    raw = queue.redis.hget(f"rq:job:{queue.cycle('u', 'c', dry_run=True)}", "data")
    assert zlib.decompress(raw) == b'["nof1web.jobs.tasks.run_cycle", null, ["u", "c", true, false], {}]'


def test_rq_reads_back_what_was_queued(queue):
    job = Job.fetch(queue.sync("u", "c"), connection=queue.redis, serializer=JSONSerializer)
    assert (job.func_name, job.args, job.origin) == ("nof1web.jobs.tasks.run_sync", ["u", "c"], "cred:c")
    assert (job.timeout, job.failure_ttl, job.get_status().value) == (60, 86_400, "queued")


def test_a_read_that_waits_stands_for_the_next_one(queue):
    assert queue.read_source("nof1") == queue.read_source("nof1")
    assert queue.read_marks("live") == queue.read_marks("testnet")
    assert len(waiting(queue, "source:nof1")) == 1 and queue.redis.zcard("ready") == 0


def test_a_read_lost_with_its_worker_blocks_the_source_for_seconds_only(queue):
    queue.read_source("nof1")
    assert 0 < queue.redis.ttl("waiting:source:nof1:read_source") <= 15
