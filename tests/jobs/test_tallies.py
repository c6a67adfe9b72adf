"""What a job counts for monitoring: the orders that ended in it, and how long its cycle took."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisDown

from nof1web.adapters.queue.tallies import RedisTallies
from nof1web.core.records import IntentStatus
from nof1web.errors import Transient, Unavailable
from nof1web.jobs import leases, tasks
from nof1web.jobs.worker import claim_fence
from nof1web.services import tallying
from tests.adapters.store.examples import an_intent
from tests.jobs.world import World, redis_url, world

__all__ = ["redis_url", "world"]


class Account:
    """A credential whose jobs do what a test says."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.id = world, world.credential(agent="gpt-5")
        with world.w.tenants(world.user_id) as store:
            self.tracker_id = store.trackers.all(self.id)[0].id
        monkeypatch.setattr(world.w, "account", self._ports)
        monkeypatch.setattr(tasks.refusing, "confirm", lambda ports: None)
        monkeypatch.setattr(tasks.claiming, "first_claim", lambda ports, since: None)
        monkeypatch.setattr(tasks.copying, "run_cycle", lambda ports, **_: self.work(ports))

    def work(self, ports: Any) -> dict[str, object]:
        raise NotImplementedError

    def run(self) -> None:
        lease = leases.Lease(f"cred:{self.id}", "t", deadline=leases.now() + 15, claim_fence=claim_fence)
        with leases.held(lease):
            tasks.run_cycle(self.world.user_id, self.id)

    def writes(self, ports: Any, number: int, **changes: Any) -> None:
        made = an_intent(credential_id=self.id, tracker_id=self.tracker_id, shadow=changes.get("shadow", False))
        own = {"epoch": str(number), "client_order_id": f"n{number}", "created_at": self.world.now}
        written = replace(made, **own, status=IntentStatus.WRITTEN)
        ports.store.journal.write(written)
        ports.store.journal.update(replace(written, **{"settled_at": self.world.now, **changes}))

    @contextmanager
    def _ports(self, user_id: str, credential_id: str, lease: Any) -> Iterator[Any]:
        with self.world.w.tenants(user_id) as store:
            clock = lambda: self.world.now  # noqa: E731
            yield SimpleNamespace(user_id=user_id, credential_id=credential_id, store=store, lease=lease, clock=clock)


@pytest.fixture
def account(world: World, monkeypatch: pytest.MonkeyPatch) -> Account:
    return Account(world, monkeypatch)


def test_orders_are_counted_by_how_they_ended_and_each_once(account: Account, world: World) -> None:
    def work(ports: Any) -> dict[str, object]:
        for number in range(9):
            account.writes(ports, number, status=IntentStatus.FILLED)
        account.writes(ports, 10, status=IntentStatus.REJECTED, exchange_code=-2019)
        account.writes(ports, 11, status=IntentStatus.FILLED, shadow=True)
        account.writes(ports, 12, status=IntentStatus.UNKNOWN, settled_at=None)
        return {}

    account.work = work  # type: ignore[method-assign]
    account.run()
    assert tallying.orders_ended(world.w.tallies) == {"filled": 9, "-2019": 1, "shadow": 1}
    world.pass_seconds(5)
    account.work = lambda ports: {}  # type: ignore[method-assign]
    account.run()
    assert tallying.orders_ended(world.w.tallies) == {"filled": 9, "-2019": 1, "shadow": 1}


def test_an_order_without_an_answer_is_counted_when_it_is_known(account: Account, world: World) -> None:
    account.work = lambda ports: account.writes(ports, 1, status=IntentStatus.UNKNOWN, settled_at=None) or {}  # type: ignore
    account.run()
    assert tallying.orders_ended(world.w.tallies) == {}
    world.pass_seconds(60)

    def settle(ports: Any) -> dict[str, object]:
        found = ports.store.journal.intent_of("n1")
        ports.store.journal.update(replace(found, status=IntentStatus.EMPTY, settled_at=world.now))
        return {}

    account.work = settle  # type: ignore[method-assign]
    account.run()
    assert tallying.orders_ended(world.w.tallies) == {"empty": 1}


def test_a_cycle_is_counted_by_its_length_also_when_it_fails(account: Account, world: World) -> None:
    def fails(ports: Any) -> dict[str, object]:
        world.now += timedelta(milliseconds=700)
        raise Transient("Nobody answers.")

    account.work = fails  # type: ignore[method-assign]
    with pytest.raises(Transient):
        account.run()
    times = tallying.cycle_times(world.w.tallies)
    assert dict(times.buckets)[1000] == 1 and sum(count for _, count in times.buckets) == 1 and times.total_ms == 700


def test_a_very_long_cycle_has_a_place_too(world: World) -> None:
    tallying.note_cycle(world.w.tallies, timedelta(minutes=5))
    assert tallying.cycle_times(world.w.tallies).buckets[-1] == (tallying.LONGER, 1)


def test_without_redis_nothing_is_counted_and_nobody_can_tell() -> None:
    def gone(*_: object, **__: object) -> object:
        raise RedisDown

    tallies = RedisTallies(SimpleNamespace(pipeline=gone, hgetall=gone))  # type: ignore[arg-type]
    tallies.add("orders", {"filled": 1})
    with pytest.raises(Unavailable):
        tallies.read("orders")


def test_what_is_counted_together_is_sent_at_the_end_also_when_the_work_fails(world: World) -> None:
    tallies = RedisTallies(world.w.redis)
    with pytest.raises(Transient), tallies.together():
        tallies.add("orders", {"filled": 1})
        tallies.add("orders", {"filled": 2, "empty": 1})
        assert tallies.read("orders") == {}
        raise Transient("Nobody answers.")
    assert tallies.read("orders") == {"filled": 3, "empty": 1}
