"""Redis emptied: everything the clock needs comes back from the tenants' databases."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from nof1web.core.records import CredentialState, Epoch, EpochState, Watch
from nof1web.jobs import indexing, rebuild
from tests.jobs.world import NOW, redis_url, world

__all__ = ["redis_url", "world"]


def test_an_emptied_redis_is_filled_again_and_every_follower_looks_once(world):
    credential = world.credential(agent="gpt-5")
    with world.w.tenants(world.user_id) as store:
        watches = [Watch("BTCUSDT", Decimal(100), True)]
        store.credentials.set_wake(credential, NOW + timedelta(seconds=9), watches)
    world.w.redis.flushall()
    assert rebuild.some(world.w)
    index, mine = world.w.queue.index, (world.user_id, credential)
    assert index.followers("nof1", ["gpt-5"]) == {mine} and index.environments(NOW) == ["testnet"]
    assert index.crossed("127.0.0.1:10", {"BTCUSDT": Decimal(100)}) == {mine}
    assert world.waiting(f"cred:{credential}") == 1


def test_a_complete_index_is_left_alone(world):
    assert rebuild.some(world.w)
    credential = world.credential(agent="gpt-5")
    assert rebuild.some(world.w) and world.waiting(f"cred:{credential}") == 0


def test_a_rebuild_goes_on_where_it_was_interrupted(world):
    world.credential(agent="gpt-5")
    assert not rebuild.some(world.w, seconds=-1)
    assert rebuild.some(world.w, seconds=-1)


def test_redis_emptied_in_the_midst_of_a_rebuild_begins_it_anew(world, monkeypatch):
    credential, noted = world.credential(agent="a"), rebuild._user
    monkeypatch.setattr(rebuild, "_user", lambda w, user_id: (noted(w, user_id), w.redis.flushall()))
    assert not rebuild.some(world.w)
    monkeypatch.setattr(rebuild, "_user", noted)
    assert rebuild.some(world.w) and world.w.queue.index.followers("nof1", ["a"]) == {(world.user_id, credential)}


def test_a_stopped_credential_is_not_woken_up(world):
    credential = world.credential(agent="gpt-5", state=CredentialState.STOPPED)
    assert rebuild.some(world.w)
    assert world.waiting(f"cred:{credential}") == 0 and world.w.queue.index.followers("nof1", ["gpt-5"]) == frozenset()


def test_a_broken_database_keeps_nobody_else_waiting(world):
    other = world.credential(agent="gpt-5")
    broken = world.w.registry.users()[0].__class__(
        "u_0000000000000000", "b@example.org", "x", "user", True, "en", NOW,
    )
    world.w.registry.add_user(broken)
    folder = world.w.config.tenants_dir / broken.id
    folder.mkdir()
    (folder / "tenant.db").write_bytes(b"not a database" * 100)
    assert rebuild.some(world.w) and world.waiting(f"cred:{other}") == 1


def holding(world, credential, quantity="0.5", shadow=False):
    with world.w.tenants(world.user_id) as store:
        tracker = store.trackers.all(credential)[0].id
        held, price = Decimal(quantity), Decimal(100)
        live = EpochState.LIVE
        store.trackers.put_epoch(
            Epoch(tracker, "BTCUSDT", "1", live, held, price, Decimal(1), 1, held, price, 0, price, shadow, NOW)
        )


def due(world, seconds):
    return world.w.queue.index.due_syncs(world.now + timedelta(seconds=seconds), 60)


def test_an_account_with_holdings_is_synced_and_one_without_is_not(world):
    idle, busy = world.credential(agent="a"), world.credential(agent="a")
    holding(world, busy)
    for credential in (idle, busy):
        indexing.note(world.w, world.user_id, credential, synced=True)
    assert due(world, 59) == [] and due(world, 66) == [(world.user_id, busy)]


def test_shadow_holdings_need_no_sync(world):
    credential = world.credential(agent="a")
    holding(world, credential, shadow=True)
    indexing.note(world.w, world.user_id, credential)
    assert due(world, 3600) == []


def test_a_stopped_account_with_holdings_is_synced_ten_times_less_often(world):
    credential = world.credential(agent="a", state=CredentialState.STOPPED)
    holding(world, credential)
    indexing.note(world.w, world.user_id, credential)
    assert due(world, 599) == [] and due(world, 660) == [(world.user_id, credential)]


def test_a_cycle_does_not_put_a_planned_sync_off(world):
    credential = world.credential(agent="a")
    holding(world, credential)
    indexing.note(world.w, world.user_id, credential, synced=True)
    world.pass_seconds(30)
    indexing.note(world.w, world.user_id, credential)
    assert due(world, 36) == [(world.user_id, credential)]


def test_a_removed_credential_is_nothing_to_note(world):
    indexing.note(world.w, world.user_id, "c_gone")
    indexing.note(world.w, "u_gone", "c_gone")
    assert world.w.redis.zcard("syncs") == 0
