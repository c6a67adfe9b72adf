"""Brings what the clock knows of a credential (wake, watches, syncs, environment) up to what its database says."""

from __future__ import annotations

from datetime import timedelta

from nof1web import wiring
from nof1web.core.records import Credential, CredentialState
from nof1web.errors import NotFound
from nof1web.services.tenant_stores import TenantStore

SLOWER = 10
"""a stopped credential with holdings is synced this many times less often (DESIGN §5, states)"""


def note(w: wiring.Wiring, user_id: str, credential_id: str, *, synced: bool = False) -> None:
    """Note what of a credential is due when, after one of its jobs; a removed one is nothing to note."""
    try:
        with w.tenants(user_id) as store:
            credential = store.credentials.get(credential_id)
            if credential is not None:
                seconds, ends = sync_seconds(w, store, credential), bool(store.flattens.open(credential_id))
                put(w, user_id, credential, seconds=seconds, synced=synced, ends=ends)
    except NotFound:
        return


def put(
    w: wiring.Wiring, user_id: str, credential: Credential, *, seconds: int | None, synced: bool, ends: bool = False
) -> None:
    """Write one credential's wake, watches, next sync (None: no syncs) and environment into the index.

    One that doesn't poll is woken only to go on with a flatten (`ends`).
    """
    index, now = w.queue.index, w.clock()
    polls = credential.enabled and credential.state.polls
    index.use(credential.environment, now)
    index.watch(w.host(credential.environment), user_id, credential.id, credential.watches if polls else ())
    if not polls and (not ends or credential.state is CredentialState.LOCKED):
        index.wake(user_id, credential.id, None)
    due_at = None if seconds is None else now + timedelta(seconds=seconds)
    index.sync_at(user_id, credential.id, due_at, keep=not synced)


def sync_seconds(w: wiring.Wiring, store: TenantStore, credential: Credential) -> int | None:
    """Return how often a credential's account is synced; None without holdings on the exchange, or when locked."""
    if credential.state is CredentialState.LOCKED:
        return None
    if not any(epoch.quantity and not epoch.shadow for epoch in store.trackers.epochs(credential.id)):
        return None
    polls = credential.enabled and credential.state.polls
    return w.config.sync_seconds * (1 if polls else SLOWER)
