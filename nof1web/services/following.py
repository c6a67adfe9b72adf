"""Telling the clock and the sources' fan-out which credentials poll, and whom they follow."""

from __future__ import annotations

from nof1web.core import leaders
from nof1web.core.records import Credential, Tracker
from nof1web.errors import N_, NotFound
from nof1web.services.ports import Ports


def announce(p: Ports, user_id: str, credential_id: str) -> Credential:
    """Bring the index of followers up to date after a change and ask for a cycle if the credential polls."""
    with p.tenants(user_id) as store:
        credential = store.credentials.get(credential_id)
        if credential is None:
            raise NotFound(N_("This credential was removed."))
        trackers = store.trackers.all(credential_id)
        newest = store.chronicle.last_event_id()
    agents = followed(credential, trackers)
    for source, agent in sorted(agents):
        if source == leaders.SOURCE:
            # Nobody may have followed it for long: then it isn't read any more (addresses.prune).
            p.market.leaders.add(source, agent, p.clock())
    p.queue.follow(user_id, credential_id, agents)
    if credential.enabled and credential.state.polls:
        p.queue.cycle(user_id, credential_id)
    else:
        p.queue.wake(user_id, credential_id, None)
    p.bus.publish(user_id, newest)
    return credential


def followed(credential: Credential, trackers: tuple[Tracker, ...]) -> frozenset[tuple[str, str]]:
    """Return the (source, agent) pairs a credential's cycles depend on; none when it doesn't poll."""
    if not credential.enabled or not credential.state.polls:
        return frozenset()
    return frozenset((tracker.source, tracker.agent) for tracker in trackers if tracker.started)
