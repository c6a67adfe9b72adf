"""Taking a credential away for good: its key and secrets are erased, its orders and results stay."""

from __future__ import annotations

from nof1web.core.records import Credential
from nof1web.errors import N_, InvalidInput, Text
from nof1web.services import credentials
from nof1web.services.holdings import end_simulated, require_nothing_open
from nof1web.services.key_stores import PastKey, Removed
from nof1web.services.ports import Ports
from nof1web.services.reading import masked


def remove(p: Ports, user_id: str, credential_id: str, *, typed: str) -> Credential:
    """Erase a credential's secrets and stop its trackers; InvalidInput unless its name was typed.

    Refused while it holds positions, waits for an order or a stop may rest. Afterwards nothing in the database opens
    its account.
    """
    credential = credentials.find(p, user_id, credential_id)
    require_name(credential.name, typed)
    with p.tenants(user_id) as store, store.transaction(durable=True):
        require_nothing_open(store, credential.id, credential.name)
        trackers = store.trackers.all(credential.id)
        end_simulated(store, trackers, p.clock())
        for tracker in trackers:
            store.trackers.set_started(tracker.id, None)
        facts = store.keys.facts(credential.id)
        if facts is not None and credential.api_key:
            store.keys.add_past(PastKey(credential.id, masked(credential.api_key), facts.added_at, p.clock()))
        store.keys.erase(credential.id, p.clock())
        store.chronicle.audit(p.clock(), user_id, "credential.remove", {"credential": credential.name})
        newest = store.chronicle.last_event_id()
    p.queue.forget(p.host(credential.environment), user_id, credential.id)
    p.bus.publish(user_id, newest)
    return credential


def removed(p: Ports, user_id: str) -> tuple[Removed, ...]:
    """Return the credentials a user has removed, newest first."""
    with p.tenants(user_id) as store:
        return store.keys.removed()


def require_name(name: str, typed: str) -> None:
    """Refuse unless a person typed the name of what they are about to change for good."""
    if typed.strip() != name:
        words = N_("Type the name exactly as it stands here: %(name)s")
        raise InvalidInput(words, fields={"typed": Text(words, {"name": name})}, name=name)
