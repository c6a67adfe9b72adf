"""Leases step by step: claim, extend, hand on, expire, recover."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from redis import Redis

from nof1web.adapters.queue import RqQueue
from nof1web.errors import LeaseLost
from nof1web.jobs import leases
from nof1web.jobs.leases import Leases, Timing
from tests.adapters.redis_server import redis_url

__all__ = ["redis_url"]


@pytest.fixture
def redis(redis_url):
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def queue(redis):
    return RqQueue(redis)


def made(redis, ttl=15.0):
    fences = iter(range(1, 100))
    return Leases(redis, Timing(ttl=ttl), lambda user_id, credential_id: next(fences))


def test_a_credential_with_work_is_claimed_by_one_worker_only(redis, queue):
    job_id = queue.cycle("u", "c")
    lease = made(redis).claim("w1")
    assert (lease.name, lease.job_id) == ("cred:c", job_id)
    queue.cycle("u", "c", front=True)
    assert made(redis).claim("w2") is None


def test_the_holder_gets_the_next_job_in_order_and_lets_go_after_the_last(redis, queue):
    first, second = queue.cycle("u", "c"), queue.sync("u", "c")
    held = made(redis)
    lease = held.claim("w")
    assert lease.job_id == first
    assert held.next(lease, more=True) and lease.job_id == second
    assert not held.next(lease, more=True) and redis.keys("lease*") == redis.keys("inflight*") == []


def test_letting_go_with_work_left_makes_the_credential_ready_again(redis, queue):
    queue.cycle("u", "c")
    last = queue.sync("u", "c")
    held = made(redis)
    assert not held.next(held.claim("w"), more=False)
    assert held.claim("w").job_id == last


def test_a_lease_that_ran_out_gives_its_job_back_to_the_front(redis, queue):
    first, second = queue.cycle("u", "c"), queue.sync("u", "c")
    late = made(redis, ttl=0.0)
    lost = late.claim("w1")
    assert late.sweep() == [] and redis.lrange("rq:queue:cred:c", 0, -1) == [first.encode(), second.encode()]
    again = made(redis).claim("w2")
    assert again.job_id == first
    with pytest.raises(LeaseLost):
        late.next(lost, more=True)


def test_a_lease_in_time_is_not_swept(redis, queue):
    queue.cycle("u", "c")
    held = made(redis)
    held.claim("w")
    assert held.sweep() == []


def test_renewing_pushes_the_deadline_and_keeps_others_out(redis, queue):
    queue.cycle("u", "c")
    held = made(redis)
    lease = held.claim("w")
    redis.zadd("leases", {"cred:c": 1})
    held.extend(lease)
    assert held.sweep() == [] and lease.left > 14


def test_renewing_a_lease_somebody_else_has_loses_it(redis, queue):
    queue.cycle("u", "c")
    held = made(redis)
    lease = held.claim("w")
    redis.set("lease:cred:c", "somebody else")
    held.extend(lease)
    with pytest.raises(LeaseLost):
        lease.require(Decimal(0))


def test_a_lease_flushed_from_redis_is_written_again_by_its_holder(redis, queue):
    queue.cycle("u", "c")
    held = made(redis)
    lease = held.claim("w")
    redis.flushall()
    held.extend(lease)
    queue.cycle("u", "c")
    assert not lease.lost and made(redis).claim("other") is None


def test_a_lease_that_was_let_go_is_not_written_again(redis, queue):
    queue.cycle("u", "c")
    held = made(redis)
    lease = held.claim("w")
    held.next(lease, more=True)
    held.extend(lease)
    queue.sync("u", "c")
    assert not lease.lost and made(redis).claim("other") is not None


def test_a_lease_handed_on_to_the_next_job_is_still_renewed(redis, queue):
    queue.cycle("u", "c")
    queue.sync("u", "c")
    held = made(redis)
    lease = held.claim("w")
    held.next(lease, more=True)
    redis.zadd("leases", {"cred:c": 1})
    held.extend(lease)
    assert held.sweep() == []


def test_a_renewal_that_comes_while_the_lease_is_let_go_keeps_nobody_out(redis, queue):
    queue.cycle("u", "c")
    held = made(redis)
    lease, let_go = held.claim("w"), held._next
    renewal = threading.Thread(target=held.extend, args=[lease])

    def let_go_meanwhile(args):
        answer = let_go(args=args)
        renewal.start()
        return answer

    held._next = let_go_meanwhile
    held.next(lease, more=False)
    renewal.join()
    assert redis.keys("lease*") == []


def test_a_lease_of_which_nobody_knows_whether_it_was_let_go_is_not_renewed(redis, queue):
    queue.cycle("u", "c")
    held = made(redis)
    lease, let_go = held.claim("w"), held._next

    def answer_lost(args):
        let_go(args=args)
        raise ConnectionError

    held._next = answer_lost
    with pytest.raises(ConnectionError):
        held.next(lease, more=False)
    held.extend(lease)
    assert redis.keys("lease*") == []


def test_nothing_is_sent_with_less_of_the_lease_left_than_it_needs(redis, queue):
    queue.cycle("u", "c")
    lease = made(redis, ttl=5.0).claim("w")
    lease.require(Decimal(4))
    with pytest.raises(LeaseLost):
        lease.require(Decimal(7))


def test_the_fence_is_taken_once_per_lease(redis, queue):
    queue.cycles([("u", "a"), ("u", "b")])
    held = made(redis)
    first, second = held.claim("w"), held.claim("w")
    assert [first.take_fence("u", "a"), first.take_fence("u", "a"), second.take_fence("u", "b")] == [1, 1, 2]
    assert (first.fence, second.fence) == (1, 2)


def test_no_fence_is_taken_with_a_lease_that_ran_out(redis, queue):
    queue.cycle("u", "c")
    lease = made(redis, ttl=0.0).claim("w")
    with pytest.raises(LeaseLost):
        lease.take_fence("u", "c")


def test_a_job_outside_of_a_worker_has_no_lease(redis, queue):
    with pytest.raises(LeaseLost):
        leases.current()
    queue.cycle("u", "c")
    lease = made(redis).claim("w")
    with leases.held(lease):
        assert leases.current() is lease


def test_a_job_that_took_its_worker_down_too_often_is_named_by_the_sweep(redis, queue):
    job_id, worker = queue.cycle("u", "c"), Leases(redis, Timing(ttl=0.0, recoveries=1), lambda *ids: 1)
    for given_up in ([], [job_id]):
        assert worker.claim("w").job_id == job_id
        redis.hset(f"rq:job:{job_id}", "status", "started")
        assert worker.sweep() == given_up
    assert redis.llen("rq:queue:cred:c") == 0


def test_a_job_that_only_waited_when_its_worker_died_is_not_counted_out(redis, queue):
    queue.cycle("u", "c")
    worker = Leases(redis, Timing(ttl=0.0, recoveries=1), lambda *ids: 1)
    for _ in range(4):
        assert not worker.claim("w").suspect and worker.sweep() == []


def test_a_job_whose_worker_died_while_it_ran_is_suspect_from_then_on(redis, queue):
    job_id, worker = queue.cycle("u", "c"), Leases(redis, Timing(ttl=0.0), lambda *ids: 1)
    assert not worker.claim("w").suspect
    redis.hset(f"rq:job:{job_id}", "status", "started")
    worker.sweep()
    assert worker.claim("w").suspect
