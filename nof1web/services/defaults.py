"""Settings of the levels above a tracker: what a user or a credential sets for all of its trackers."""

from __future__ import annotations

from collections.abc import Mapping

from nof1web.core import settings as schema
from nof1web.core.records import Tracker
from nof1web.errors import N_, InvalidSettings, Refused, Text
from nof1web.services import credentials
from nof1web.services.following import announce
from nof1web.services.ports import Ports
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

    InvalidSettings names what is wrong. Refused when a tracker's settings would contradict each other then; nothing
    is changed in either case.
    """
    scope = credentials.find(p, user_id, credential).id if credential else ""
    if wrong := sorted(_OWN_TO_TRACKERS & changes.keys()):
        raise InvalidSettings({name: Text(N_("This is chosen for each tracker by itself.")) for name in wrong})
    with p.tenants(user_id) as store, store.transaction():
        merged = schema.own({**store.trackers.defaults(scope), **changes})
        schema.parse(merged)
        store.trackers.put_defaults(scope, merged)
        trackers = store.trackers.all(scope or None)
        for tracker in trackers:
            _require_sound(tracker)
        detail = {"credential": credential, **dict(changes)} if credential else dict(changes)
        store.chronicle.audit(p.clock(), user_id, "defaults.set", detail)
    for credential_id in sorted({tracker.credential_id for tracker in trackers}):
        announce(p, user_id, credential_id)
    return merged


def above(store: TenantStore, credential_id: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the levels above a credential's trackers, the user's first."""
    return store.trackers.defaults(""), store.trackers.defaults(credential_id)


def _require_sound(tracker: Tracker) -> None:
    try:
        schema.of(tracker)
    except InvalidSettings as error:
        name, text = next(iter(error.fields.items()))
        raise Refused(
            N_("The tracker %(tracker)s could not follow with this: %(reason)s Change its %(setting)s first."),
            tracker=tracker.name,
            reason=str(text),
            setting=name,
        ) from error
