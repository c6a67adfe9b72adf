"""A flatten outlives whoever worked on it, a stopped credential, and Redis."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from nof1web.core.flattening import Flatten
from nof1web.core.records import CredentialState, Intent, IntentStatus, OrderKind
from nof1web.core.trading import Environment, Side
from nof1web.jobs import indexing, rebuild
from tests.jobs.world import NOW, World, redis_url, world

__all__ = ["redis_url", "world"]


def stopped_with_a_flatten(world: World) -> str:
    """Stop a credential that a person wants flat; return its id."""
    credential = world.credential(state=CredentialState.STOPPED)
    with world.w.tenants(world.user_id) as store:
        store.flattens.add(Flatten("f_1", credential, "", "", False, "test", NOW))
    return credential


def test_a_stopped_credential_is_woken_to_go_on(world: World) -> None:
    credential = stopped_with_a_flatten(world)
    world.w.queue.wake(world.user_id, credential, NOW)
    indexing.note(world.w, world.user_id, credential)
    assert len(world.w.queue.index.due_wakes(NOW + timedelta(seconds=1))) == 1
    with world.w.tenants(world.user_id) as store:
        store.flattens.finish("f_1", NOW)
    indexing.note(world.w, world.user_id, credential)
    assert not world.w.queue.index.due_wakes(NOW + timedelta(seconds=1))


def test_a_stopped_credential_whose_order_has_no_answer_is_woken_synced_and_found_again(world: World) -> None:
    credential = world.credential(agent="gpt-5", state=CredentialState.STOPPED)
    with world.w.tenants(world.user_id) as store:
        tracker, one = store.trackers.all(credential)[0].id, Decimal(1)
        store.journal.write(
            Intent(
                tracker, "BTCUSDT", "1", 0, 0, "n" * 36, credential, OrderKind.OPEN, Side.BUY, one, one, one, 1, one,
                False, IntentStatus.UNKNOWN, NOW, 1, NOW,
            )
        )
    world.w.queue.wake(world.user_id, credential, NOW)
    indexing.note(world.w, world.user_id, credential)
    index = world.w.queue.index
    assert len(index.due_wakes(NOW + timedelta(seconds=1))) == 1
    due = index.due_syncs(world.w.host(Environment.TESTNET), NOW + timedelta(seconds=720), 60)
    assert due == [(world.user_id, credential)]
    assert rebuild.some(world.w, seconds=5) and world.waiting(f"cred:{credential}") == 1


def test_after_redis_lost_everything_it_is_gone_on_with(world: World) -> None:
    credential = stopped_with_a_flatten(world)
    idle = world.credential(state=CredentialState.STOPPED)
    assert rebuild.some(world.w, seconds=5)
    assert (world.waiting(f"cred:{credential}"), world.waiting(f"cred:{idle}")) == (1, 0)


def test_a_second_press_is_one_more_job_and_the_same_flatten(world: World) -> None:
    credential = stopped_with_a_flatten(world)
    for _ in range(2):
        world.w.queue.flatten(world.user_id, credential, "f_1")
    assert world.waiting(f"cred:{credential}") == 2
