"""What follows a failed job: another try by class of error, and in the end the breaker."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nof1web.core.records import CredentialState
from nof1web.errors import CredentialRefused, LeaseLost, OutcomeUnknown, Refused, Rejected, Transient
from nof1web.jobs import failing, leases, tasks
from nof1web.jobs.worker import claim_fence
from tests.jobs.world import redis_url, world

__all__ = ["redis_url", "world"]


@pytest.fixture
def fails(world, monkeypatch):
    """Let a credential's cycle fail so often with this error."""

    def fail(credential: str, error: Exception, times: int = 1) -> None:
        def raises(*args, **kwargs):
            raise error

        monkeypatch.setattr(world.w, "account", raises)
        for _ in range(times):
            lease = leases.Lease("cred:" + credential, "t", deadline=leases.now() + 15, claim_fence=claim_fence)
            with leases.held(lease), pytest.raises(type(error)):
                tasks.run_cycle(world.user_id, credential)

    return fail


def state(world, credential):
    with world.w.tenants(world.user_id) as store:
        return store.credentials.get(credential).state


def alerts(world, credential):
    with world.w.tenants(world.user_id) as store:
        return [each for each in store.chronicle.events(credential_id=credential) if each.kind == "breaker"]


def waits(world):
    ((_, at),) = world.w.redis.zrange("wakes", 0, -1, withscores=True)
    return at - world.now.timestamp()


def test_five_failures_in_a_row_turn_entries_off_and_are_told_once(world, fails):
    credential = world.credential()
    fails(credential, KeyError("bug"), 4)
    assert state(world, credential) is CredentialState.RUNNING
    fails(credential, KeyError("bug"), 3)
    assert state(world, credential) is CredentialState.PAUSED
    assert len(alerts(world, credential)) == 1


def test_an_account_that_was_resumed_and_still_fails_is_turned_off_and_told_again(world, fails):
    credential = world.credential()
    fails(credential, KeyError("bug"), 9)
    with world.w.tenants(world.user_id) as store:
        store.credentials.set_state(credential, CredentialState.RUNNING)
    fails(credential, KeyError("bug"), 2)
    assert state(world, credential) is CredentialState.PAUSED and len(alerts(world, credential)) == 2


def test_an_account_whose_job_takes_its_worker_down_is_turned_off_and_tried_again_in_a_minute(world):
    credential = world.credential()
    lease = leases.Lease("cred:" + credential, "t", deadline=leases.now() + 15, claim_fence=claim_fence)
    with leases.held(lease):
        tasks.run_broken(world.user_id, credential)
    assert state(world, credential) is CredentialState.PAUSED and len(alerts(world, credential)) == 1
    assert 60 <= waits(world) <= 72


def test_a_success_in_between_begins_the_count_anew(world, fails):
    credential = world.credential()
    fails(credential, Rejected("no"), 4)
    failing.forget(world.w.queue, world.user_id, credential)
    fails(credential, Rejected("no"), 4)
    assert state(world, credential) is CredentialState.RUNNING


@pytest.mark.parametrize("error", [Transient("away"), OutcomeUnknown("lost"), Refused("not now")])
def test_what_passes_by_itself_or_was_answered_never_trips_the_breaker(world, fails, error):
    credential = world.credential()
    fails(credential, error, 7)
    assert state(world, credential) is CredentialState.RUNNING and not alerts(world, credential)


def test_a_failed_account_is_looked_at_again_and_later_each_time(world, fails):
    credential, seen = world.credential(), []
    for _ in range(4):
        fails(credential, KeyError("bug"))
        seen.append(waits(world))
    assert all(low <= got <= low * 1.2 for low, got in zip((5, 10, 20, 40), seen, strict=True))


def test_the_exchanges_own_pause_is_kept():
    assert failing.again_after(Transient("later", retry_after=30), 1) == 30
    assert failing.again_after(Transient("later"), 9) == 15
    assert failing.again_after(CredentialRefused("key"), 1) == 20


def test_only_the_holder_of_the_fence_trips_the_breaker(world):
    credential = world.credential()
    lease = leases.Lease("cred:" + credential, "t", deadline=leases.now() + 15, claim_fence=claim_fence)
    lease.take_fence(world.user_id, credential)
    claim_fence(world.user_id, credential)
    for _ in range(failing.BREAKS_AFTER):
        failing.note(world.w, lease, world.user_id, credential, KeyError("bug"))
    assert state(world, credential) is CredentialState.RUNNING


def test_a_stopped_credential_is_left_alone(world, fails):
    credential = world.credential(state=CredentialState.STOPPED)
    fails(credential, KeyError("bug"), 6)
    assert state(world, credential) is CredentialState.STOPPED and not alerts(world, credential)


def test_a_lost_lease_is_no_failure(world, fails):
    credential = world.credential()
    fails(credential, LeaseLost("taken"), 6)
    assert state(world, credential) is CredentialState.RUNNING
    assert timedelta(0) < timedelta(seconds=waits(world)) <= timedelta(seconds=6)
