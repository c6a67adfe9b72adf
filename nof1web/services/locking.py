"""Taking a credential out of use whose secret doesn't open: nobody asks for its cycles, its owner is told once."""

from __future__ import annotations

from nof1web.core.records import Credential, CredentialState, Event, Severity
from nof1web.errors import N_, Text
from nof1web.services.outside import Bus, Clock, Queue
from nof1web.services.stores import TenantStore

LOCKED = N_(
    "%(name)s is locked because its secret does not open: nothing is opened or closed, protection rests on the "
    "exchange. Start with the right master key, or enter the key again."
)


def lock(store: TenantStore, credential: Credential, why: Text, *, queue: Queue, bus: Bus, clock: Clock) -> None:
    """Lock the credential, take it out of the index, and append one alarm unless it was locked before."""
    event_id = 0
    with store.transaction():
        found = store.credentials.get(credential.id)
        store.credentials.set_state(credential.id, CredentialState.LOCKED, error=why)
        if found is not None and found.state is not CredentialState.LOCKED:
            text = Text(LOCKED, {"name": credential.name})
            event = Event("locked", text, clock(), Severity.ALARM, credential.id)
            event_id = store.chronicle.add_event(event)
    queue.follow(store.user_id, credential.id, frozenset())
    queue.wake(store.user_id, credential.id, None)
    if event_id:
        bus.publish(store.user_id, event_id)
