"""A job's top and what its caller gets: results, failures as they were, sentences without a worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from redis.exceptions import ConnectionError as RedisGone
from rq import Queue
from rq.serializers import JSONSerializer

from nof1web.adapters.queue import beat
from nof1web.adapters.queue.jobs import Work, enqueue
from nof1web.core.records import CredentialState, Watch
from nof1web.core.signals import AgentRecord, Reading
from nof1web.core.trading import Environment
from nof1web.errors import (
    CredentialRefused,
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    OverBudget,
    SecretUnreadable,
    Text,
    Unavailable,
)
from nof1web.jobs import leases, tasks
from nof1web.jobs.answers import failure, revive
from nof1web.jobs.drain import LeaseWorker
from nof1web.jobs.leases import Leases, Timing
from nof1web.jobs.wait import wait_for
from nof1web.jobs.worker import claim_fence
from nof1web.services import open_orders, removing
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
    made = LeaseWorker(world.w.redis, Leases(world.w.redis, Timing(), claim_fence))
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
    def full(signals, *, news, counted):
        raise Unavailable("The disk is full.")

    world.w._feeds["nof1"] = Source()
    with monkeypatch.context() as patched, pytest.raises(Unavailable):
        patched.setattr(world.w.market, "put_signals", full)
        tasks.read_source("nof1")
    assert world.w._feeds["nof1"].stores == 0
    tasks.read_source("nof1")
    assert world.w._feeds["nof1"].stores == 1


def test_readings_are_kept_for_as_many_days_as_the_configuration_says(world, monkeypatch):
    kept = []
    world.w._feeds["nof1"] = Source()
    monkeypatch.setattr(tasks.feeding, "read_source", lambda *_, keep: kept.append(keep.days) or frozenset())
    tasks.read_source("nof1")
    assert kept == [world.w.config.keep_days]


def taken(worker, world, credential):
    world.w.queue.cycle(world.user_id, credential)
    worker.lease = worker.leases.claim("w")
    queue = Queue(worker.lease.name, connection=world.w.redis, serializer=JSONSerializer)
    with leases.held(worker.lease):
        worker.perform(worker.lease.job_id, queue)


@pytest.mark.parametrize("step", ["prepare_job_execution", "handle_job_success"])
def test_a_job_whose_bookkeeping_loses_redis_is_left_to_run_again(world, worker, monkeypatch, step):
    def gone(*args, **more):
        raise RedisGone("away")

    monkeypatch.setattr(worker, step, gone)
    monkeypatch.setattr(tasks, "run_cycle", lambda *ids: {})
    with pytest.raises(RedisGone):
        taken(worker, world, world.credential())


def test_a_failure_that_was_not_written_down_leaves_the_job_to_run_again(world, worker, monkeypatch):
    monkeypatch.setattr(worker, "handle_job_failure", lambda *args, **more: None)
    monkeypatch.setattr(world.w, "account", lambda *ids: 1 / 0)
    with pytest.raises(RedisGone):
        taken(worker, world, world.credential())


def test_an_account_whose_database_is_busy_when_its_fence_is_taken_is_looked_at_again(world, worker, monkeypatch):
    def busy(*ids):
        raise Unavailable("busy")

    credential = world.credential()
    monkeypatch.setattr(worker.leases, "_claim_fence", busy)
    taken(worker, world, credential)
    assert world.w.redis.zcard("wakes") == 1


def test_a_sync_the_budget_has_no_room_for_is_put_off_and_no_failure(world, worker, monkeypatch):
    def short(*ids):
        raise OverBudget("%(seconds)s s", retry_after=7, seconds=7)

    credential, host = world.credential(), world.w.host(Environment.TESTNET)
    monkeypatch.setattr(world.w, "account", short)
    world.w.queue.sync(world.user_id, credential)
    worker.turn()
    index = world.w.queue.index
    assert not index.due_syncs(host, NOW + timedelta(seconds=6), 60)
    assert index.due_syncs(host, NOW + timedelta(seconds=8), 60) == [(world.user_id, credential)]
    assert not world.w.redis.exists("failures", "wakes")


def test_the_sync_job_reads_what_a_page_waits_for_last(world, worker, monkeypatch):
    credential, done = world.credential(), []
    monkeypatch.setattr(open_orders, "run_sync", lambda ports: done.append("synced") or {})
    monkeypatch.setattr(world.w, "_client", lambda *_: SimpleNamespace(open_orders=lambda: done.append("read") or ()))
    with world.w.tenants(world.user_id) as store:
        store.open_orders.ask(credential, NOW)
    world.w.queue.reconcile(world.user_id, credential)
    worker.turn()
    assert done == ["synced", "read"]


def test_nothing_is_planned_for_a_removed_account(world):
    credential, host = world.credential(agent="a"), world.w.host(Environment.TESTNET)
    index = world.w.queue.index
    index.sync_at(host, world.user_id, credential, NOW)
    index.watch(host, world.user_id, credential, [Watch("BTCUSDT", Decimal(1), True)])
    with world.w.tenants(world.user_id) as store:
        name = store.credentials.get(credential).name
    removing.remove(world.w, world.user_id, credential, typed=name)
    assert index.due_syncs(host, NOW, 60) == [] and not index.crossed(host, {"BTCUSDT": Decimal(2)})
