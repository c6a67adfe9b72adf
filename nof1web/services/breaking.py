"""The breaker: an account whose cycles fail again and again enters nothing more until a person has looked."""

from __future__ import annotations

from datetime import datetime

from nof1web.core.records import CredentialState, Event, Severity
from nof1web.errors import N_, Text
from nof1web.services.stores import TenantStore

BROKEN = N_(
    "Entries of %(name)s are off: %(count)s cycles in a row failed. %(reason)s Closes and stops are still tried. "
    "Resume it once the cause is gone."
)


def turn_entries_off(
    store: TenantStore, credential_id: str, why: Text, *, count: int, fence: int, at: datetime
) -> int:
    """Pause a running credential after `count` failures and tell its owner; return the event's id.

    In a state without entries only the event is added; 0 and nothing at all for one that doesn't poll. LeaseLost when
    another worker has taken over.
    """
    with store.transaction(fence=(credential_id, fence)):
        credential = store.credentials.get(credential_id)
        if credential is None or not credential.state.polls:
            return 0
        if credential.state is CredentialState.RUNNING:
            store.credentials.set_state(credential_id, CredentialState.PAUSED, error=why)
        text = Text(BROKEN, {"name": credential.name, "count": count, "reason": str(why)})
        return store.chronicle.add_event(Event("breaker", text, at, Severity.ALARM, credential_id))
