"""What happened and why, filtered and page by page: events, and verdicts with the orders that came of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from nof1web.core.records import Credential, Intent, Severity, Tracker, Verdict
from nof1web.errors import N_, NotFound
from nof1web.services.histories import event_rows, verdict_rows
from nof1web.services.ports import Ports
from nof1web.services.rows import EventRow, VerdictRow
from nof1web.services.stores import EventFilter, TenantStore, VerdictFilter

_NEAR = timedelta(seconds=60)
_ORDERS = 200


@dataclass(frozen=True, slots=True)
class Name:
    """A choice of a filter: what is asked for, and what people call it."""

    value: str
    name: str


@dataclass(frozen=True, slots=True)
class EventsPage:
    """Events newest first; `older` is the number to ask older ones before, 0 when there are none."""

    rows: tuple[EventRow, ...]
    wanted: EventFilter
    credentials: tuple[Name, ...]
    trackers: tuple[Name, ...]
    kinds: tuple[str, ...]
    older: int
    last_event_id: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A signal's verdict with its running number, and the orders that were journaled for it."""

    number: int
    row: VerdictRow
    orders: tuple[Intent, ...]


@dataclass(frozen=True, slots=True)
class VerdictsPage:
    """Verdicts newest first; `older` as in EventsPage."""

    rows: tuple[Moment, ...]
    wanted: VerdictFilter
    trackers: tuple[Name, ...]
    symbols: tuple[str, ...]
    codes: tuple[str, ...]
    older: int
    last_event_id: int


def newer(p: Ports, user_id: str, wanted: EventFilter, *, after: int, limit: int) -> tuple[EventRow, ...]:
    """Return the events wanted that are newer than `after`, newest first, at most `limit` of them."""
    with p.tenants(user_id) as store:
        found = store.reports.events(wanted, after=after, limit=limit)
        owners = {each.id: each for each in store.credentials.all()} if found else {}
        return event_rows(found, owners)


def events(
    p: Ports, user_id: str, wanted: EventFilter, *, before: int = 0, limit: int = 100
) -> EventsPage:
    """Return the events wanted; NotFound for a credential or tracker that isn't there."""
    with p.tenants(user_id) as store:
        credentials, trackers = store.credentials.all(), store.trackers.all()
        _require(wanted.credential_id, credentials)
        _require(wanted.tracker_id, trackers)
        found = store.reports.events(wanted, before=before, limit=limit + 1)
        owners = {each.id: each for each in credentials}
        return EventsPage(
            rows=event_rows(found[:limit], owners),
            wanted=wanted,
            credentials=_names(credentials),
            trackers=_names(trackers),
            kinds=store.reports.event_kinds(),
            older=found[limit - 1].id if len(found) > limit else 0,
            last_event_id=store.chronicle.last_event_id(),
        )


def verdicts(
    p: Ports, user_id: str, wanted: VerdictFilter, *, before: int = 0, limit: int = 100
) -> VerdictsPage:
    """Return the verdicts wanted with their orders; NotFound for a tracker that isn't there."""
    with p.tenants(user_id) as store:
        trackers = store.trackers.all()
        _require(wanted.tracker_id, trackers)
        found = store.reports.verdicts(wanted, before=before, limit=limit + 1)
        return VerdictsPage(
            rows=_moments(store, found[:limit], {each.id: each for each in trackers}),
            wanted=wanted,
            trackers=_names(trackers),
            symbols=store.reports.verdict_symbols(),
            codes=store.reports.verdict_codes(),
            older=found[limit - 1][0] if len(found) > limit else 0,
            last_event_id=store.chronicle.last_event_id(),
        )


def severities() -> tuple[str, ...]:
    """Return how loudly events are told, by name."""
    return tuple(str(each) for each in Severity)


def _names(known: Iterable[Credential | Tracker]) -> tuple[Name, ...]:
    return tuple(Name(each.id, each.name) for each in known)


def _require(id: str, known: Iterable[Credential | Tracker]) -> None:
    if id and all(each.id != id for each in known):
        raise NotFound(N_("There is no such credential or tracker."))


def _moments(
    store: TenantStore, found: Sequence[tuple[int, Verdict]], trackers: Mapping[str, Tracker]
) -> tuple[Moment, ...]:
    orders: dict[tuple[str, str, str], list[Intent]] = {}
    for id in {verdict.tracker_id for _number, verdict in found if verdict.verdict == "order"} & trackers.keys():
        for intent in store.journal.intents(trackers[id].credential_id, tracker_id=id, limit=_ORDERS):
            orders.setdefault((id, intent.symbol, intent.epoch), []).append(intent)
    moments = []
    for number, verdict in found:
        rows = verdict_rows((verdict,), trackers)
        near = orders.get((verdict.tracker_id, verdict.symbol, verdict.epoch), ()) if verdict.verdict == "order" else ()
        mine = tuple(each for each in near if abs(each.created_at - verdict.decided_at) <= _NEAR)
        moments += [Moment(number, row, mine) for row in rows]
    return tuple(moments)
