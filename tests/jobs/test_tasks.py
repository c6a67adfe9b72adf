"""A job's top and what its caller gets: results, failures as they were, sentences without a worker."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest
from redis.exceptions import ConnectionError as RedisGone

from nof1web.adapters.queue import beat
from nof1web.adapters.queue.jobs import Work, enqueue
from nof1web.core.records import CredentialState
from nof1web.core.signals import AgentRecord, Reading
from nof1web.errors import (
    CredentialRefused,
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    SecretUnreadable,
    Text,
    Unavailable,
)
from nof1web.jobs import tasks
from nof1web.jobs.answers import failure, revive
from nof1web.jobs.drain import LeaseWorker
from nof1web.jobs.wait import wait_for
from nof1web.jobs.worker import claim_fence
from tests.jobs.world import NOW, redis_url, world

__all__ = ["redis_url", "world"]


@dataclass
class Source:
    """A feed that shows one agent's record, the same for ever; counts how many readings were stored."""

    name: str = "nof1"
    stores: int = 0

    def read(self, marker):
        return Reading("nof1", NOW, (AgentRecord("gpt", NOW, Decimal(1000), ()),), None)

    def stored(self):
        self.stores += 1


@pytest.fixture
def worker(world):
    made = LeaseWorker(world.w.redis, claim_fence)
    made.open()
    beat(world.w.redis, "worker", made.name, pid=1)
    return made


def test_what_a_task_returns_reaches_its_caller(world, worker):
    credential = world.credential()
    with world.w.tenants(world.user_id) as store:
        key = store.credentials.put_data_key(world.w.vault.new_data_key(world.user_id))
        sealed = world.w.vault.seal(key, "s" * 64, user_id=world.user_id, credential_id=credential, field="api_secret")
        store.credentials.put_secret(credential, "api_secret", sealed)
    job_id = world.w.queue.retest(world.user_id, credential)
    worker.turn()
    answer = wait_for(job_id, 1)
    assert answer["ok"] is False and "cannot be reached" in answer["answer"]


def test_a_secret_that_does_not_open_locks_the_credential_and_the_caller_is_told(world, worker):
    credential = world.credential()
    job_id = world.w.queue.sync(world.user_id, credential)
    worker.turn()
    with pytest.raises(SecretUnreadable, match="Enter the key again"):
        wait_for(job_id, 1)
    with world.w.tenants(world.user_id) as store:
        found = store.credentials.get(credential)
    assert found.state is CredentialState.LOCKED and "Enter the key again" in str(found.last_error)


def test_a_job_for_a_removed_credential_fails_in_words(world, worker):
    job_id = world.w.queue.sync(world.user_id, "c_0000000000000000")
    worker.turn()
    with pytest.raises(NotFound):
        wait_for(job_id, 1)


def test_each_lease_takes_a_higher_fence(world, worker):
    credential = world.credential()
    for _ in range(2):
        world.w.queue.sync(world.user_id, credential)
        worker.turn()
    with world.w.tenants(world.user_id) as store:
        assert store.credentials.claim_fence(credential) == 3


def test_a_failure_outside_of_our_own_errors_is_told_without_details(world, worker):
    (job_id,) = enqueue(world.w.redis, [Work("cred:c", "nof1web.jobs.tasks.no_such_task", (), 5)])
    worker.turn()
    with pytest.raises(Unavailable, match="log has the details"):
        wait_for(job_id, 1)


def test_without_a_worker_the_caller_is_told_and_the_job_is_taken_back(world):
    job_id = world.w.queue.cycle(world.user_id, "c", front=True)
    with pytest.raises(Unavailable, match="flask nof1 worker"):
        wait_for(job_id, 5)
    assert world.waiting("cred:c") == 0


def test_a_job_that_takes_too_long_is_left_to_finish(world):
    beat(world.w.redis, "worker", "busy", pid=1)
    job_id = world.w.queue.cycle(world.user_id, "c", front=True)
    with pytest.raises(Unavailable, match="still runs"):
        wait_for(job_id, 0)
    assert world.waiting("cred:c") == 1


@pytest.mark.parametrize(
    "error",
    [
        NotFound("There is no %(name)s.", name="x"),
        OutcomeUnknown("Nobody knows."),
        CredentialRefused("No: %(code)s", code=-2015),
        InvalidInput("Wrong.", fields={"name": Text("%(name)s is taken.", {"name": "x"})}),
    ],
)
def test_a_failure_comes_back_as_what_it_was(error):
    again = revive(failure(error))
    assert (type(again), again.text) == (type(error), error.text)
    assert getattr(again, "fields", None) == getattr(error, "fields", None)


def test_an_unexpected_failure_gives_nothing_away():
    assert "hunter2" not in str(failure(ValueError("hunter2")))


def test_news_that_could_not_be_told_is_told_by_the_next_read(world, monkeypatch):
    def gone(followers):
        raise RedisGone

    credential = world.credential(agent="gpt")
    world.w.queue.follow(world.user_id, credential, [("nof1", "gpt")])
    world.w._feeds["nof1"] = Source()
    with monkeypatch.context() as patched, pytest.raises(RedisGone):
        patched.setattr(world.w.queue, "cycles", gone)
        tasks.read_source("nof1")
    tasks.read_source("nof1")
    assert world.waiting(f"cred:{credential}") == 1 and world.w.market.untold("nof1") == frozenset()


def test_a_reading_that_could_not_be_stored_is_not_called_stored(world, monkeypatch):
    def full(signals, *, news):
        raise Unavailable("The disk is full.")

    world.w._feeds["nof1"] = Source()
    with monkeypatch.context() as patched, pytest.raises(Unavailable):
        patched.setattr(world.w.market, "put_signals", full)
        tasks.read_source("nof1")
    assert world.w._feeds["nof1"].stores == 0
    tasks.read_source("nof1")
    assert world.w._feeds["nof1"].stores == 1
