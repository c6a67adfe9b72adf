"""Who is asked to look when a position is only lacking once more: those who hold something, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.records import Epoch, EpochState
from nof1web.core.signals import AgentRecord, Reading, RecordedPosition
from nof1web.jobs import indexing, rebuild, tasks
from tests.jobs.world import NOW, World, redis_url, world

__all__ = ["redis_url", "world"]
PRICE = Decimal(100)


class Source:
    """A feed whose agent holds one coin for two records and then nothing any more."""

    name = "nof1"

    def __init__(self) -> None:
        self.round = 0

    def read(self, marker: object) -> Reading:
        self.round += 1
        held = RecordedPosition("BTCUSDT", Decimal(1), PRICE, 10, "7")
        at = NOW + timedelta(seconds=5 * self.round)
        return Reading("nof1", at, (AgentRecord("gpt", at, Decimal(1000), (held,) if self.round < 3 else ()),), None)

    def stored(self) -> None: ...


def follows(world: World, *, state: EpochState = EpochState.CLOSED, quantity: int = 0) -> str:
    """A credential that follows the agent, with an epoch in this state."""
    credential = world.credential(agent="gpt")
    world.w.queue.follow(world.user_id, credential, frozenset({("nof1", "gpt")}))
    with world.w.tenants(world.user_id) as store:
        (tracker,) = store.trackers.all(credential)
        shares = (Decimal(quantity), PRICE, PRICE, 1, Decimal(1), PRICE, 0, PRICE)
        store.trackers.put_epoch(Epoch(tracker.id, "BTCUSDT", "7", state, *shares, False, NOW))
    indexing.note(world.w, world.user_id, credential)
    return credential


def asked(world: World, *credentials: str) -> list[int]:
    """How many jobs of each wait; they are taken out."""
    found = [world.waiting(f"cred:{each}") for each in credentials]
    world.w.redis.delete(*(f"rq:queue:cred:{each}" for each in credentials))
    return found


def test_an_agents_close_is_told_to_all_and_counted_by_those_who_hold_something(world: World) -> None:
    holder, enters, idle = follows(world, quantity=1), follows(world, state=EpochState.PENDING), follows(world)
    world.w._feeds["nof1"] = Source()  # type: ignore[assignment]
    told = []
    for _ in range(5):
        tasks.read_source("nof1")
        told.append(asked(world, holder, enters, idle))
        world.pass_seconds(5)
    assert told == [[1, 1, 1], [0, 0, 0], [1, 1, 1], [1, 1, 0], [1, 1, 0]]


@pytest.mark.parametrize("lost", [True, False])
def test_who_holds_something_is_known_after_its_job_and_after_redis_was_emptied(world: World, lost: bool) -> None:
    holder, idle = follows(world, quantity=1), follows(world)
    if lost:
        world.w.redis.flushall()
        assert rebuild.some(world.w, seconds=60)
    mine = (world.user_id, holder)
    assert world.w.queue.index.holders([mine, (world.user_id, idle)]) == {mine}
    with world.w.tenants(world.user_id) as store:
        (epoch,) = store.trackers.epochs(holder)
        store.trackers.put_epoch(replace(epoch, quantity=Decimal(0), state=EpochState.CLOSED))
    indexing.note(world.w, world.user_id, holder)
    assert world.w.queue.index.holders([mine]) == frozenset()
