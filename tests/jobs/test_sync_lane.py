"""Which accounts are synced: also flat ones, as long as something about them is still to be found out."""

from __future__ import annotations

from dataclasses import replace

from nof1web.core.records import IntentStatus, ProtectionStatus
from nof1web.jobs import indexing
from tests.adapters.store.examples import a_protection, an_intent
from tests.jobs.world import World, redis_url, world

__all__ = ["redis_url", "world"]


def seconds(world: World, credential_id: str) -> int | None:
    with world.w.tenants(world.user_id) as store:
        credential = store.credentials.get(credential_id)
        assert credential is not None
        return indexing.sync_seconds(world.w, store, credential)


def test_a_flat_account_is_synced_until_its_last_fill_has_a_price(world: World) -> None:
    name = world.credential(agent="gpt-5")
    with world.w.tenants(world.user_id) as store:
        tracker = store.trackers.all(name)[0].id
        filled = an_intent(credential_id=name, tracker_id=tracker, status=IntentStatus.FILLED)
        filled = replace(filled, executed=filled.quantity, order_id="77")
        store.journal.write(filled)
        store.journal.update(filled)
        assert seconds(world, name) == world.w.config.sync_seconds
        store.journal.update(replace(filled, priced=True))
    assert seconds(world, name) is None


def test_a_flat_account_is_synced_while_a_leg_of_its_may_rest(world: World) -> None:
    name = world.credential(agent="gpt-5")
    with world.w.tenants(world.user_id) as store:
        leg = a_protection(credential_id=name, tracker_id=store.trackers.all(name)[0].id)
        store.journal.put_protection(leg)
        assert seconds(world, name) == world.w.config.sync_seconds
        store.journal.put_protection(replace(leg, status=ProtectionStatus.CANCELLED))
    assert seconds(world, name) is None
