"""Everything needed to draw credentials, read in one pass over a tenant's store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from nof1web.core.records import Credential, CredentialState, Epoch, Protection, Tracker
from nof1web.core.trading import Account, Position
from nof1web.errors import Text
from nof1web.services.ports import Ports
from nof1web.services.rows import PositionRow
from nof1web.services.stores import Books, TenantStore


@dataclass(slots=True)
class Book:
    """Everything needed to draw one credential, read once; `first` is today's first reading of its equity."""

    credential: Credential
    account: Account | None
    live: tuple[Position, ...]
    trackers: tuple[Tracker, ...]
    epochs: tuple[Epoch, ...]
    protections: tuple[Protection, ...]
    marks: Mapping[str, Decimal]
    first: Decimal | None = None
    flattening: bool = False
    halted: bool = False
    """whether the site or the user is halted"""
    stopped: Mapping[str, Text] = field(default_factory=dict)
    """why it makes no entry, by symbol"""
    by_id: Mapping[str, Tracker] = field(init=False)
    rows: tuple[PositionRow, ...] | None = field(default=None, init=False)
    """its positions as they are listed, once somebody asked for them"""

    def __post_init__(self) -> None:
        self.by_id = {tracker.id: tracker for tracker in self.trackers}

    @property
    def flow(self) -> CredentialState:
        """What flows for the credential: halted where it would enter but the site or its user is halted."""
        return CredentialState.HALTED if self.halted and self.credential.state.enters else self.credential.state

    def mark(self, symbol: str) -> Decimal | None:
        """Return the live mark, else the last sync's, else None."""
        found = self.marks.get(symbol)
        return found if found is not None else next((p.mark for p in self.live if p.symbol == symbol), None)

    def name(self, tracker_id: str) -> tuple[str, str]:
        """Return a tracker's name and agent, empty once it is gone."""
        tracker = self.by_id.get(tracker_id)
        return (tracker.name, tracker.agent) if tracker else ("", "")


def read_books(p: Ports, store: TenantStore) -> list[Book]:
    """Return the books of all of a tenant's credentials; each host's marks are asked for once."""
    credentials = store.credentials.all()
    marks = {host: p.bus.marks(host) for host in {p.host(each.environment) for each in credentials}}
    trackers: dict[str, list[Tracker]] = {}
    for tracker in store.trackers.all():
        trackers.setdefault(tracker.credential_id, []).append(tracker)
    if not credentials:
        return []
    kept, halted = store.reports.books(midnight(p.clock())), all_halted(store)
    return [
        _kept_book(each, kept, tuple(trackers.get(each.id, ())), marks[p.host(each.environment)], halted=halted)
        for each in credentials
    ]


def _kept_book(
    credential: Credential,
    kept: Books,
    trackers: tuple[Tracker, ...],
    marks: Mapping[str, Decimal],
    *,
    halted: bool,
) -> Book:
    account, live = kept.snapshots.get(credential.id, (None, ()))
    return Book(
        credential=credential,
        account=account,
        live=live,
        trackers=trackers,
        epochs=kept.epochs.get(credential.id, ()),
        protections=kept.protections.get(credential.id, ()),
        marks=marks,
        first=kept.first.get(credential.id),
        flattening=credential.id in kept.flattening,
        halted=halted,
        stopped=kept.stopped.get(credential.id, {}),
    )


def read_book(store: TenantStore, credential: Credential, marks: Mapping[str, Decimal], now: datetime) -> Book:
    """Return a credential's book from its last sync, its epochs and the live marks of its host."""
    snapshot = store.credentials.snapshot(credential.id)
    first = store.reports.equity_since(credential.id, midnight(now))
    account, live = snapshot if snapshot else (None, ())
    return Book(
        credential=credential,
        account=account,
        live=live,
        trackers=store.trackers.all(credential.id),
        epochs=store.trackers.epochs(credential.id),
        protections=store.journal.protections(credential.id),
        marks=marks,
        first=first[1] if first else None,
        flattening=bool(store.flattens.open(credential.id)),
        halted=all_halted(store),
        stopped=store.halts.stopped_symbols(credential.id),
    )


def all_halted(store: TenantStore) -> bool:
    """Whether entries are off for all of a user's credentials: the site's are, or the user's."""
    return store.halts.user_halted() or store.halts.site_halted()


def midnight(now: datetime) -> datetime:
    """Return when the present day began, in UTC."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
