"""Syncs stretch where the budget is short; nothing else waits for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nof1web.adapters.queue.index import syncs_of
from nof1web.core.trading import Environment
from nof1web.jobs import tick
from tests.jobs.world import World, redis_url, world

__all__ = ["redis_url", "world"]

ACCOUNTS = 100


def due(world: World) -> int:
    """How many accounts' syncs are due and not asked for."""
    return int(world.w.redis.zcount(syncs_of(world.w.host(Environment.TESTNET)), "-inf", world.now.timestamp()))


@pytest.fixture
def crowd(world: World) -> World:
    host = world.w.host(Environment.TESTNET)
    for number in range(ACCOUNTS):
        at = world.now - timedelta(seconds=ACCOUNTS - number)
        world.w.queue.index.sync_at(host, world.user_id, f"c_{number:03}", at)
    return world


def test_no_more_syncs_are_asked_for_than_the_budget_has_room_for(crowd: World) -> None:
    budget = crowd.w.budget(Environment.TESTNET)
    budget.learn(2_400)
    room = crowd.w.sync_room(Environment.TESTNET)
    tick.tick(crowd.w)
    assert 0 < room < ACCOUNTS and due(crowd) == ACCOUNTS - room
    assert crowd.waiting("cred:c_000") == 1 and crowd.waiting(f"cred:c_{room:03}") == 0


def test_without_room_all_syncs_stay_due_while_wakes_go_on(crowd: World) -> None:
    crowd.w.budget(Environment.TESTNET).note(10**8)
    credential = crowd.credential()
    crowd.w.queue.index.wake(crowd.user_id, credential, crowd.now)
    tick.tick(crowd.w)
    assert due(crowd) == ACCOUNTS and crowd.waiting(f"cred:{credential}") == 1


def test_a_host_without_room_keeps_no_other_hosts_accounts_waiting(crowd: World) -> None:
    crowd.w.budget(Environment.LIVE).note(10**8)
    assert crowd.w.sync_room(Environment.LIVE) == 0 < crowd.w.sync_room(Environment.TESTNET)
    tick.tick(crowd.w)
    assert due(crowd) < ACCOUNTS


def test_a_silenced_host_has_no_room(crowd: World) -> None:
    crowd.w.budget(Environment.TESTNET).stop(datetime.now(UTC) + timedelta(hours=1))
    assert crowd.w.sync_room(Environment.TESTNET) == 0
