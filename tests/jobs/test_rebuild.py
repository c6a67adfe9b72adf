"""Redis emptied: everything the clock needs comes back from the tenants' databases."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from rq.timeouts import JobTimeoutException

from nof1web.core.records import CredentialState, Epoch, EpochState, Watch
from nof1web.core.trading import Environment
from nof1web.errors import Unavailable
from nof1web.jobs import indexing, rebuild, tasks
from tests.adapters.store.examples import a_draft
from tests.jobs.world import NOW, redis_url, world

__all__ = ["redis_url", "world"]


def test_an_emptied_redis_is_filled_again_and_every_follower_looks_once(world):
    credential = world.credential(agent="gpt-5")
    with world.w.tenants(world.user_id) as store:
        watches = [Watch("BTCUSDT", Decimal(100), True)]
        store.credentials.set_wake(credential, NOW + timedelta(seconds=9), watches)
    world.w.redis.flushall()
    assert rebuild.some(world.w, seconds=60)
    index, mine = world.w.queue.index, (world.user_id, credential)
    assert index.followers("nof1", ["gpt-5"]) == {mine} and index.environments(NOW) == ["testnet"]
    assert index.crossed("127.0.0.1:10", {"BTCUSDT": Decimal(100)}) == {mine}
    assert world.waiting(f"cred:{credential}") == 1


def test_a_complete_index_is_left_alone(world):
    assert rebuild.some(world.w, seconds=60)
    credential = world.credential(agent="gpt-5")
    assert rebuild.some(world.w, seconds=60) and world.waiting(f"cred:{credential}") == 0


def test_a_rebuild_goes_on_where_it_was_interrupted(world):
    world.credential(agent="gpt-5")
    assert not rebuild.some(world.w, seconds=-1)
    assert rebuild.some(world.w, seconds=-1)


def test_redis_emptied_in_the_midst_of_a_rebuild_begins_it_anew(world, monkeypatch):
    credential, noted = world.credential(agent="a"), rebuild._user
    monkeypatch.setattr(rebuild, "_user", lambda w, user_id: (noted(w, user_id), w.redis.flushall()))
    assert not rebuild.some(world.w)
    monkeypatch.setattr(rebuild, "_user", noted)
    assert rebuild.some(world.w, seconds=60)
    assert world.w.queue.index.followers("nof1", ["a"]) == {(world.user_id, credential)}


def test_a_stopped_credential_is_not_woken_up(world):
    credential = world.credential(agent="gpt-5", state=CredentialState.STOPPED)
    assert rebuild.some(world.w, seconds=60)
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
    assert rebuild.some(world.w, seconds=60) and world.waiting(f"cred:{other}") == 1


def holding(world, credential, quantity="0.5", shadow=False):
    with world.w.tenants(world.user_id) as store:
        tracker = store.trackers.all(credential)[0].id
        held, price = Decimal(quantity), Decimal(100)
        live = EpochState.LIVE
        store.trackers.put_epoch(
            Epoch(tracker, "BTCUSDT", "1", live, held, price, Decimal(1), 1, held, price, 0, price, shadow, NOW)
        )


def due(world, seconds):
    return world.w.queue.index.due_syncs(world.w.host(Environment.TESTNET), world.now + timedelta(seconds=seconds), 60)


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
    assert world.w.redis.keys("syncs:*") == []


def test_a_server_process_that_is_new_may_have_lost_something_and_is_filled_again(world):
    assert rebuild.some(world.w, seconds=60)
    credential = world.credential(agent="a")
    assert world.waiting(f"cred:{credential}") == 0
    world.w.redis.set(rebuild.BUILT, "another-process" + rebuild.ALL)
    assert rebuild.some(world.w, seconds=60) and world.waiting(f"cred:{credential}") == 1


def test_what_a_process_died_before_planning_is_planned_at_the_next_look(world):
    credential = world.credential(agent="a")
    with world.w.tenants(world.user_id) as store:
        store.credentials.set_wake(credential, NOW + timedelta(seconds=9), ())
    assert rebuild.look(world.w) == world.user_id and rebuild.look(world.w) == ""
    index, mine = world.w.queue.index, (world.user_id, credential)
    assert index.followers("nof1", ["a"]) == {mine} and not index.due_wakes(NOW)
    assert index.credentials(index.due_wakes(NOW + timedelta(seconds=9))) == [mine]


def test_who_was_not_known_to_follow_anybody_looks_once(world):
    credential, asked = world.credential(agent="a"), []
    for _ in range(3):
        world.w.redis.delete("index:looked")
        rebuild.look(world.w)
        asked.append(world.waiting(f"cred:{credential}"))
        world.w.redis.delete(f"rq:queue:cred:{credential}")
    assert asked == [1, 0, 0]


def test_a_database_that_did_not_answer_is_looked_at_first_and_its_owner_looks_once(world, monkeypatch):
    credential, noted = world.credential(agent="a"), rebuild._credentials

    def busy(*_args, **_how):
        raise Unavailable("The database is busy.")

    monkeypatch.setattr(rebuild, "_credentials", busy)
    assert rebuild.some(world.w, seconds=60) and world.waiting(f"cred:{credential}") == 0
    monkeypatch.setattr(rebuild, "_credentials", noted)
    rebuild.look(world.w)
    assert world.waiting(f"cred:{credential}") == 1 and not world.w.redis.exists(rebuild.LEFT_OUT)


def test_a_look_leaves_a_planned_wake_as_it_is(world):
    credential = world.credential(agent="a")
    with world.w.tenants(world.user_id) as store:
        store.credentials.set_wake(credential, NOW + timedelta(seconds=9), ())
    world.w.queue.wake(world.user_id, credential, NOW + timedelta(seconds=30))
    rebuild.look(world.w)
    assert not world.w.queue.index.due_wakes(NOW + timedelta(seconds=29))


def typed(world, draft_id, *, seconds_ago=0):
    """Keep a draft that waits for its test."""
    at = world.w.clock() - timedelta(seconds=seconds_ago)
    with world.w.tenants(world.user_id) as store:
        store.credentials.add_draft(a_draft(id=draft_id, sealed=b"sealed", created_at=at))


def kept(world, draft_id):
    with world.w.tenants(world.user_id) as store:
        return store.credentials.draft(draft_id)


def test_a_key_whose_test_was_lost_is_tested_and_an_old_one_is_erased(world):
    typed(world, "d_new")
    typed(world, "d_old", seconds_ago=4000)
    assert rebuild.some(world.w, seconds=60)
    assert world.waiting("draft:d_new") == 1 and world.waiting("draft:d_old") == 0
    assert (kept(world, "d_old").state, kept(world, "d_old").sealed) == ("failed", b"")


def test_a_key_whose_test_takes_too_long_is_erased_and_its_owner_told(world, monkeypatch):
    def slow(*_args):
        raise JobTimeoutException

    typed(world, "d_slow")
    monkeypatch.setattr(tasks.credentials, "test_draft", slow)
    with pytest.raises(JobTimeoutException):
        tasks.run_key_test(world.user_id, "d_slow")
    assert (kept(world, "d_slow").state, kept(world, "d_slow").sealed) == ("failed", b"")
    assert "enter the key again" in str(kept(world, "d_slow").answer)
