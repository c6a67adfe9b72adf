"""One credential following one agent: adding, setting, starting, stopping, previewing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from nof1web.core import leaders
from nof1web.core import settings as schema
from nof1web.core.records import Credential, Mode, Tracker
from nof1web.errors import N_, InvalidInput, NotFound, Text
from nof1web.services import addresses, credentials
from nof1web.services.addresses import Looking
from nof1web.services.defaults import above
from nof1web.services.following import announce
from nof1web.services.holdings import end_simulated, require_flat
from nof1web.services.ids import new_id
from nof1web.services.ports import Ports
from nof1web.services.previewing import Preview, PreviewOrder, PreviewRefusal, preview
from nof1web.services.promises import promised, require_affordable
from nof1web.services.quotas import require_allowed

__all__ = [
    "Preview",
    "PreviewOrder",
    "PreviewRefusal",
    "add",
    "find",
    "listing",
    "preview",
    "put_settings",
    "start",
    "stop",
]


def add(
    p: Ports, user_id: str, *, credential: str, source: str, agent: str, name: str = "", settings: Mapping[str, str]
) -> Tracker:
    """Add a tracker and start it; it trades once its credential polls. Nothing is written unless all is right."""
    owner = credentials.find(p, user_id, credential)
    if source == leaders.SOURCE:
        # Any address can be followed: it is read from now on, and its first signal comes in a few seconds.
        agent = addresses.add(cast(Looking, p), agent)
    else:
        _require_agent(p, source, agent)
    with p.tenants(user_id) as store:
        parsed = schema.resolve((*above(store, owner.id), settings)).settings
        require_allowed(store, _overrides(settings))
    _require_affordable(p, user_id, owner, parsed, except_id="")
    name = name.strip() or _free_name(p, user_id, f"{owner.name} / {agent}")
    if len(name) > 60:
        raise InvalidInput(N_("Give it a name of 1 to 60 characters."), fields={"name": Text(N_("Too long."))})
    # Positions seen up to now were there before the start (rule 3).
    now = p.clock()
    tracker = Tracker(new_id("t"), owner.id, name, source, agent, True, now, now, _overrides(settings))
    with p.tenants(user_id) as store, store.transaction():
        store.trackers.add(tracker)
        store.chronicle.audit(now, user_id, "tracker.add", {"tracker": name, "agent": f"{source}:{agent}"})
    announce(p, user_id, owner.id)
    return tracker


def put_settings(p: Ports, user_id: str, tracker_id: str, changes: Mapping[str, str]) -> Tracker:
    """Change some settings; InvalidSettings names every wrong one and nothing is changed then."""
    tracker = find(p, user_id, tracker_id)
    merged = _overrides({**schema.known(tracker.settings), **changes})
    parsed = schema.resolve((*map(schema.known, tracker.above), merged)).settings
    owner = credentials.find(p, user_id, tracker.credential_id)
    _require_affordable(p, user_id, owner, parsed, except_id=tracker.id)
    with p.tenants(user_id) as store, store.transaction():
        require_allowed(store, merged, before=tracker.settings)
        before = schema.of(tracker)
        if require_flat(store, tracker, before, parsed):
            end_simulated(store, [tracker], p.clock())
            if tracker.started and parsed.mode is not before.mode:
                # What the agent holds now was there before this start (rule 3).
                store.trackers.set_started(tracker.id, p.clock())
        store.trackers.put_settings(tracker.id, merged)
        store.chronicle.audit(p.clock(), user_id, "tracker.set", {"tracker": tracker.name, **dict(changes)})
    announce(p, user_id, owner.id)
    return find(p, user_id, tracker.id)


def start(p: Ports, user_id: str, tracker_id: str) -> Tracker:
    """Start following; each start after a stop is a new start (rule 3)."""
    tracker = find(p, user_id, tracker_id)
    if tracker.started:
        return tracker
    owner = credentials.find(p, user_id, tracker.credential_id)
    _require_affordable(p, user_id, owner, schema.of(tracker), except_id=tracker.id)
    return _set_started(p, user_id, tracker, True)


def stop(p: Ports, user_id: str, tracker_id: str) -> Tracker:
    """Stop following: nothing is opened or closed for this agent any more."""
    tracker = find(p, user_id, tracker_id)
    return _set_started(p, user_id, tracker, False) if tracker.started else tracker


def find(p: Ports, user_id: str, id_or_name: str) -> Tracker:
    """Return one of the user's trackers by id or name; NotFound otherwise."""
    with p.tenants(user_id) as store:
        tracker = store.trackers.get(id_or_name)
    if tracker is None:
        raise NotFound(N_("There is no tracker called %(name)s."), name=id_or_name)
    return tracker


def listing(p: Ports, user_id: str, credential_id: str | None = None) -> tuple[Tracker, ...]:
    """Return the user's trackers in the order they were added; those of removed credentials are history."""
    with p.tenants(user_id) as store:
        kept = {credential.id for credential in store.credentials.all()}
        return tuple(each for each in store.trackers.all(credential_id) if each.credential_id in kept)


def _set_started(p: Ports, user_id: str, tracker: Tracker, started: bool) -> Tracker:
    with p.tenants(user_id) as store, store.transaction():
        store.trackers.set_started(tracker.id, p.clock() if started else None)
        action = "tracker.start" if started else "tracker.stop"
        store.chronicle.audit(p.clock(), user_id, action, {"tracker": tracker.name})
    announce(p, user_id, tracker.credential_id)
    return find(p, user_id, tracker.id)


def _require_agent(p: Ports, source: str, agent: str) -> None:
    if source not in p.sources:
        raise InvalidInput(
            N_("There is no source called %(name)s. Choose one of: %(sources)s."),
            fields={"source": Text(N_("Choose a source from the list."))},
            name=source,
            sources=", ".join(p.sources),
        )
    if p.market.signal(source, agent) is None:
        known = ", ".join(sorted(signal.agent for signal in p.market.signals(source)))
        if not known:
            raise InvalidInput(
                N_("No agent of %(source)s has been read yet. Wait a few seconds and try again."),
                fields={"agent": Text(N_("No agent has been read yet. Wait a few seconds and try again."))},
                source=source,
            )
        raise InvalidInput(
            N_("There is no agent called %(agent)s. Choose one of: %(known)s."),
            fields={"agent": Text(N_("Choose an agent from the list."))},
            agent=agent,
            known=known,
        )


def _require_affordable(
    p: Ports, user_id: str, owner: Credential, parsed: schema.TrackerSettings, *, except_id: str
) -> None:
    """The trade trackers of a credential may not promise more than its wallet (rule 10)."""
    if parsed.mode is Mode.TRADE:
        with p.tenants(user_id) as store:
            total = promised(store, owner.id, except_id=except_id) + parsed.total_margin
            require_affordable(store, owner, total)


def _overrides(settings: Mapping[str, str]) -> dict[str, str]:
    """Keep what is set here and not inherited; an unknown or wrong one is left for the schema to refuse."""
    return {name: str(text).strip() for name, text in schema.own(settings).items()}


def _free_name(p: Ports, user_id: str, wanted: str) -> str:
    with p.tenants(user_id) as store:
        taken = {tracker.name.lower() for tracker in store.trackers.all()}
    candidates = (wanted if number == 1 else f"{wanted} {number}" for number in range(1, 1000))
    return next(name for name in candidates if name.lower() not in taken)
