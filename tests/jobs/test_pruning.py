"""Addresses that nobody follows any more: when they are read no more, and how one is read again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nof1web.core.leaders import SOURCE
from nof1web.core.records import Tracker
from nof1web.jobs import pruning, rebuild
from nof1web.services.addresses import KEPT
from nof1web.services.following import announce
from tests.adapters.feeds.wallets import address
from tests.jobs.world import NOW, World, redis_url, world

__all__ = ["redis_url", "world"]
LONG = KEPT + timedelta(hours=2)


@pytest.fixture(autouse=True)
def known(world: World) -> None:
    """Two addresses are read, the first is followed; who follows whom is known."""
    assert rebuild.some(world.w, seconds=60)
    for number in (1, 2):
        world.w.market.leaders.add(SOURCE, address(number), NOW)
    world.w.queue.follow(world.user_id, world.credential(), frozenset({(SOURCE, address(1))}))


def left(world: World, source: str = SOURCE) -> tuple[str, ...]:
    pruning.prune(world.w, source)
    return world.w.market.leaders.all(SOURCE)


def test_an_address_nobody_follows_is_dropped_after_a_while(world: World) -> None:
    assert left(world) == (address(1), address(2))
    world.w.redis.delete(pruning.PRUNED)
    world.now += LONG
    assert left(world) == (address(1),)


def test_nothing_is_dropped_before_it_is_known_who_follows_whom(world: World) -> None:
    world.now += LONG
    world.w.redis.delete(rebuild.BUILT)
    assert left(world) == (address(1), address(2))


def test_only_its_own_source_looks_and_once_an_hour(world: World) -> None:
    assert left(world, "nof1") == left(world) == (address(1), address(2))
    world.now += LONG
    assert left(world) == (address(1), address(2))


def test_a_tracker_that_starts_again_has_its_address_read_again(world: World) -> None:
    credential = world.credential()
    with world.w.tenants(world.user_id) as store:
        store.trackers.add(Tracker("t_1", credential, "One", SOURCE, address(2), True, NOW, NOW))
    world.now += LONG
    assert address(2) not in left(world)
    announce(world.w, world.user_id, credential)
    assert address(2) in world.w.market.leaders.all(SOURCE)
