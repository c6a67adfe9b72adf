"""Settings of the levels above a tracker: what a user or a credential sets for all of its trackers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from nof1web.core import settings as schema
from nof1web.core.records import Tracker
from nof1web.errors import N_, InvalidSettings, Refused, Text
from nof1web.services import credentials
from nof1web.services.following import announce
from nof1web.services.holdings import end_simulated, require_flat
from nof1web.services.ports import Ports
from nof1web.services.promises import promised, require_affordable
from nof1web.services.quotas import require_allowed
from nof1web.services.stores import TenantStore

_OWN_TO_TRACKERS = frozenset({"mode"})
"""a tracker trades because somebody said so of that tracker, never because of a level above"""


def of_user(p: Ports, user_id: str) -> Mapping[str, str]:
    """Return what the user sets for all trackers, as text by name."""
    with p.tenants(user_id) as store:
        return store.trackers.defaults("")


def of_credential(p: Ports, user_id: str, credential: str) -> Mapping[str, str]:
    """Return what a credential sets for its trackers; NotFound for an unknown one."""
    found = credentials.find(p, user_id, credential)
    with p.tenants(user_id) as store:
        return store.trackers.defaults(found.id)


def put(p: Ports, user_id: str, changes: Mapping[str, str], *, credential: str = "") -> Mapping[str, str]:
    """Change what a level sets (of the user, or of a credential when named); `inherited` takes a setting back.

    InvalidSettings names what is wrong. Refused when this makes a tracker's settings contradict each other, or turns
    `reverse` around for one that holds something; InvalidInput when a credential's trackers would promise more than
    its wallet. Nothing is changed in any case.
    """
    scope = credentials.find(p, user_id, credential).id if credential else ""
    if wrong := sorted(_OWN_TO_TRACKERS & changes.keys()):
        raise InvalidSettings({name: Text(N_("This is chosen for each tracker by itself.")) for name in wrong})
    with p.tenants(user_id) as store, store.transaction():
        merged = schema.own({**schema.known(store.trackers.defaults(scope)), **changes})
        outer = schema.known(store.trackers.defaults("")) if scope else {}
        schema.resolve((outer, merged, {}))
        require_allowed(store, merged, before=store.trackers.defaults(scope))
        before = _Standing.of(store, scope)
        store.trackers.put_defaults(scope, merged)
        before.require_no_worse(store, scope)
        end_simulated(store, before.turned(store, scope), p.clock())
        detail = {"credential": credential, **dict(changes)} if credential else dict(changes)
        store.chronicle.audit(p.clock(), user_id, "defaults.set", detail)
        trackers = store.trackers.all(scope or None)
    for credential_id in sorted({tracker.credential_id for tracker in trackers}):
        announce(p, user_id, credential_id)
    return merged


def inherited(p: Ports, user_id: str, credential_id: str) -> schema.TrackerSettings:
    """Return what holds for a new tracker of a credential ("" for none in particular) that sets nothing itself."""
    with p.tenants(user_id) as store:
        levels = above(store, credential_id) if credential_id else (schema.known(store.trackers.defaults("")), {})
    return schema.laid(levels)


def above(store: TenantStore, credential_id: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the levels above a credential's trackers, the user's first."""
    return schema.known(store.trackers.defaults("")), schema.known(store.trackers.defaults(credential_id))


@dataclass(frozen=True, slots=True)
class _Standing:
    """What holds and contradicts by tracker, and what is promised by credential (USDT), while a level is as it is."""

    settings: Mapping[str, schema.TrackerSettings]
    contradictions: Mapping[str, Mapping[str, Text]]
    promised: Mapping[str, Decimal]

    @classmethod
    def of(cls, store: TenantStore, scope: str) -> _Standing:
        trackers = store.trackers.all(scope or None)
        return cls(
            {each.id: schema.of(each) for each in trackers},
            {each.id: schema.contradictions(each) for each in trackers},
            {id: promised(store, id) for id in sorted({each.credential_id for each in trackers})},
        )

    def require_no_worse(self, store: TenantStore, scope: str) -> None:
        """Refuse new contradictions and promises beyond a wallet; those there were before stay nobody's fault."""
        now = _Standing.of(store, scope)
        for tracker in store.trackers.all(scope or None):
            for name, text in now.contradictions[tracker.id].items():
                if name not in self.contradictions[tracker.id]:
                    raise _contradicts(tracker, name, text)
        for id, total in now.promised.items():
            owner = store.credentials.get(id)
            if owner is not None and total > self.promised[id]:
                require_affordable(store, owner, total)

    def turned(self, store: TenantStore, scope: str) -> list[Tracker]:
        """Return the trackers whose direction is another now; Refused when one of them holds something."""
        trackers = store.trackers.all(scope or None)
        return [each for each in trackers if require_flat(store, each, self.settings[each.id], schema.of(each))]


def _contradicts(tracker: Tracker, name: str, text: Text) -> Refused:
    return Refused(
        N_("The tracker %(tracker)s could not follow with this: %(reason)s Change its %(setting)s first."),
        tracker=tracker.name,
        reason=str(text),
        setting=name,
    )
