"""Gathering what a decision needs: stores, marks and the last account snapshot into one Snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core import settings
from nof1web.core.records import Credential, Epoch, Intent, Tracker
from nof1web.core.snapshot import Snapshot, TrackerView
from nof1web.core.trading import Instrument, Position
from nof1web.errors import N_, NotFound, Transient
from nof1web.services.marking import published
from nof1web.services.ports import AccountPorts
from nof1web.services.stores import TenantStore

FRESH = timedelta(seconds=90)
_RECENT = timedelta(days=3)
_TRIES = 200


def credential_of(ports: AccountPorts) -> Credential:
    """Return the leased credential; NotFound when it was removed meanwhile."""
    credential = ports.store.credentials.get(ports.credential_id)
    if credential is None:
        raise NotFound(N_("This credential was removed."))
    return credential


def load(ports: AccountPorts, credential: Credential, *, only: Tracker | None = None) -> Snapshot:
    """Return the snapshot of a credential now; `only` replaces the started trackers (for a preview)."""
    store, now = ports.store, ports.clock()
    snapshot = store.credentials.snapshot(credential.id)
    fresh = snapshot is not None and now - snapshot[0].read_at <= FRESH
    intents = store.journal.intents(credential.id, limit=_TRIES)
    epochs = store.trackers.epochs(credential.id, since=now - _RECENT)
    trackers = [only] if only else [each for each in store.trackers.all(credential.id) if each.started]
    return Snapshot(
        now=now,
        state=credential.state,
        armed=credential.sends,
        account=snapshot[0] if snapshot and (fresh or not credential.sends) else None,
        instruments=_instruments(ports),
        marks=current_marks(ports),
        trackers=tuple(_view(ports, tracker, epochs, intents) for tracker in trackers),
        foreign=foreign_shares(snapshot[1], epochs, _since(intents, snapshot[0].read_at)) if snapshot else {},
        pending=frozenset(intent.symbol for intent in store.journal.unresolved(credential.id)),
    )


def _instruments(ports: AccountPorts) -> Mapping[str, Instrument]:
    """Return the rules by symbol; without them nothing is entered or resized, but closes still flow."""
    try:
        return ports.exchange.instruments()
    except Transient:
        return {}


def current_marks(ports: AccountPorts) -> Mapping[str, Decimal]:
    """Return the marks the tick published, else read them; empty when there are none (no price: no entry)."""
    try:
        return published(ports.exchange, ports.bus, ports.host)
    except Transient:
        return {}


def foreign_shares(
    positions: Iterable[Position], epochs: Iterable[Epoch], executed_since: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    """Return the signed part of each live position that no tracker opened.

    `executed_since` are our own fills after the positions were read: the holdings of that moment are compared.
    """
    live: dict[str, Decimal] = {}
    for position in positions:
        live[position.symbol] = live.get(position.symbol, Decimal(0)) + position.quantity
    held: dict[str, Decimal] = {}
    for epoch in epochs:
        if not epoch.shadow:
            held[epoch.symbol] = held.get(epoch.symbol, Decimal(0)) + epoch.quantity
    shares = {
        symbol: quantity - held.get(symbol, Decimal(0)) + executed_since.get(symbol, Decimal(0))
        for symbol, quantity in live.items()
    }
    return {symbol: share for symbol, share in shares.items() if share}


def _since(intents: Iterable[Intent], at: datetime) -> dict[str, Decimal]:
    executed: dict[str, Decimal] = {}
    for intent in intents:
        if not intent.shadow and intent.settled_at is not None and intent.settled_at > at:
            signed = intent.executed if intent.side.value == "BUY" else -intent.executed
            executed[intent.symbol] = executed.get(intent.symbol, Decimal(0)) + signed
    return executed


def _view(ports: AccountPorts, tracker: Tracker, epochs: Iterable[Epoch], intents: Iterable[Intent]) -> TrackerView:
    newest: dict[tuple[str, str], Intent] = {}
    for intent in intents:
        if intent.tracker_id == tracker.id:
            newest.setdefault((intent.symbol, intent.epoch), intent)
    return TrackerView(
        tracker=tracker,
        settings=settings.parse(tracker.settings),
        signal=ports.market.signal(tracker.source, tracker.agent),
        epochs=tuple(epoch for epoch in epochs if epoch.tracker_id == tracker.id),
        tries=newest,
    )


def trackers_by_id(store: TenantStore, credential_id: str) -> dict[str, Tracker]:
    """Return a credential's trackers by id."""
    return {tracker.id: tracker for tracker in store.trackers.all(credential_id)}
