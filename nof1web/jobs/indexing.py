"""Brings what the clock knows of a credential (wake, watches, syncs, environment) up to what its database says."""

from __future__ import annotations

from nof1web import wiring
from nof1web.core.records import Credential, CredentialState
from nof1web.errors import NotFound
from nof1web.jobs import failing
from nof1web.services.spreading import spread
from nof1web.services.tenant_stores import TenantStore

SLOWER = 10
"""a stopped credential with holdings is synced this many times less often (DESIGN §5, states)"""


def note(
    w: wiring.Wiring,
    user_id: str,
    credential_id: str,
    *,
    synced: bool = False,
    well: bool = False,
    later: int | None = None,
) -> None:
    """Note what of a credential is due when, after one of its jobs; a removed one is nothing to note.

    Where it went `well`, its failures in a row are forgotten. A sync is due in so many seconds when it was put off
    (`later`).
    """
    try:
        with w.tenants(user_id) as store:
            credential = store.credentials.get(credential_id)
            if credential is not None:
                seconds, ends = sync_seconds(w, store, credential), unfinished(store, credential_id)
                seconds = seconds if later is None else later
                held = holds(store, credential_id)
                put(w, user_id, credential, seconds=seconds, synced=synced, holding=held, ends=ends, well=well)
    except NotFound:
        return


def put(
    w: wiring.Wiring,
    user_id: str,
    credential: Credential,
    *,
    seconds: int | None,
    synced: bool,
    holding: bool | None,
    ends: bool = False,
    well: bool = False,
) -> None:
    """Write one credential's wake, watches, next sync (None: no syncs), environment and whether it holds something.

    Whether it does stays as it is where `holding` is None.

    One that doesn't poll is woken only to go on with what is unfinished (`ends`), or when its last cycle wished it.
    """
    now, host = w.clock(), w.host(credential.environment)
    polls = credential.enabled and credential.state.polls
    goes_on = polls or ends or credential.wake_at is not None
    due_at = None if seconds is None else now + spread(seconds, credential.id)
    with w.queue.together() as queue:
        index = queue.index
        index.use(credential.environment, now)
        index.watch(host, user_id, credential.id, credential.watches if polls else ())
        if holding is not None:
            index.hold(user_id, credential.id, holds=holding)
        if not goes_on or (not polls and credential.state is CredentialState.LOCKED):
            index.wake(user_id, credential.id, None)
        index.sync_at(host, user_id, credential.id, due_at, keep=not synced)
        if well:
            failing.forget(queue, user_id, credential.id)


def holds(store: TenantStore, credential_id: str) -> bool:
    """Whether an agent's close would end anything here: a holding, an entry to come, an order without an answer."""
    return bool(store.trackers.epochs(credential_id) or store.journal.unresolved(credential_id))


def unfinished(store: TenantStore, credential_id: str) -> bool:
    """Whether a credential has something to go on with in whatever state: a flatten, or an order without an answer."""
    return bool(store.flattens.open(credential_id) or store.journal.unresolved(credential_id))


def sync_seconds(w: wiring.Wiring, store: TenantStore, credential: Credential) -> int | None:
    """Return how often a credential's account is synced; None when locked, or when there is nothing to find out: no
    holdings on the exchange, no orders that may have opened one, no fills without a price, no legs that may rest.
    """
    if credential.state is CredentialState.LOCKED:
        return None
    journal, name = store.journal, credential.id
    held = any(epoch.quantity and not epoch.shadow for epoch in store.trackers.epochs(name))
    if not (held or journal.unresolved(name) or journal.unpriced(name) or journal.protections(name)):
        return None
    polls = credential.enabled and credential.state.polls
    return w.config.sync_seconds * (1 if polls else SLOWER)
