"""Gathering what a decision needs: stores, marks and the last account snapshot into one Snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core import settings
from nof1web.core.records import Credential, Epoch, Intent, Mode, Tracker
from nof1web.core.snapshot import Snapshot, TrackerView
from nof1web.core.trading import Instrument, Position
from nof1web.errors import N_, NotFound, Transient
from nof1web.services.marking import published
from nof1web.services.ports import AccountPorts
from nof1web.services.stores import TenantStore

FRESH = timedelta(seconds=90)
_RECENT = timedelta(days=3)
_LAG = timedelta(seconds=10)
_HOUR = timedelta(hours=1)
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
    started = {tracker.id for tracker in trackers}
    views = tuple(_view(ports, credential, tracker, (epochs, intents)) for tracker in trackers)
    lately = [each for each in intents if _since(each, snapshot[0].read_at)] if snapshot else []
    capped = any(view.settings.user_cap is not None for view in views)
    return Snapshot(
        now=now,
        state=credential.state,
        armed=credential.sends,
        account=snapshot[0] if snapshot and (fresh or not credential.sends) else None,
        instruments=_instruments(ports),
        marks=current_marks(ports),
        trackers=views,
        elsewhere=tuple(epoch for epoch in epochs if epoch.quantity and epoch.tracker_id not in started),
        foreign=foreign_shares(snapshot[1], epochs, executed(lately)) if snapshot else {},
        pending=frozenset(intent.symbol for intent in store.journal.unresolved(credential.id)),
        positions=snapshot[1] if snapshot else (),
        live=live_quantities(snapshot[1], lately, hedge=snapshot[0].hedge) if snapshot and fresh else None,
        unsure=frozenset(each.symbol for each in intents if snapshot and _near(each, snapshot[0].read_at)),
        others_notional=others_notional(store, credential.id) if capped else Decimal(0),
    )


def live_quantities(
    positions: Iterable[Position], lately: Iterable[Intent], *, hedge: bool
) -> dict[tuple[str, bool], Decimal]:
    """Return how much (unsigned) the account has by (symbol, whether long), own fills since the reading included."""
    signed: dict[tuple[str, bool], Decimal] = {}
    for position in positions:
        key = (position.symbol, position.quantity > 0 if hedge else True)
        signed[key] = signed.get(key, Decimal(0)) + position.quantity
    for intent in lately:
        buys = intent.side.value == "BUY"
        key = (intent.symbol, buys != intent.kind.exits if hedge else True)
        signed[key] = signed.get(key, Decimal(0)) + (intent.executed if buys else -intent.executed)
    return {(symbol, quantity > 0): abs(quantity) for (symbol, _), quantity in signed.items() if quantity}


def others_notional(store: TenantStore, credential_id: str) -> Decimal:
    """Return the notional (USDT, at entry) of what the user's other credentials hold."""
    others = (each.id for each in store.credentials.all() if each.id != credential_id)
    epochs = (epoch for other in others for epoch in store.trackers.epochs(other) if not epoch.shadow)
    return sum(
        (
            abs(each.quantity) * (each.entry_price or each.reference_entry)
            if each.quantity
            else each.allocation * each.leverage
            for each in epochs
        ),
        Decimal(0),
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


def executed(lately: Iterable[Intent]) -> dict[str, Decimal]:
    """Return the signed quantity own orders filled, by symbol."""
    sums: dict[str, Decimal] = {}
    for intent in lately:
        signed = intent.executed if intent.side.value == "BUY" else -intent.executed
        sums[intent.symbol] = sums.get(intent.symbol, Decimal(0)) + signed
    return sums


def _since(intent: Intent, at: datetime) -> bool:
    return not intent.shadow and intent.settled_at is not None and intent.settled_at > at


def _near(intent: Intent, at: datetime) -> bool:
    """Whether a reading may or may not show an own order's fill: settled shortly before it (binance.md §7), or later
    though it was sent before.
    """
    return bool(intent.executed) and _since(intent, at - _LAG) and intent.created_at <= at


def _view(
    ports: AccountPorts, credential: Credential, tracker: Tracker, known: tuple[Iterable[Epoch], Iterable[Intent]]
) -> TrackerView:
    newest: dict[tuple[str, str], Intent] = {}
    for intent in known[1]:
        if intent.tracker_id == tracker.id:
            newest.setdefault((intent.symbol, intent.epoch), intent)
    parsed = settings.of(tracker)
    signal = ports.market.signal(tracker.source, tracker.agent)
    shadow = not credential.sends or parsed.mode is Mode.SHADOW
    epochs = {(epoch.symbol, epoch.epoch): epoch for epoch in known[0] if epoch.tracker_id == tracker.id}
    for position in signal.positions if signal else ():
        # However long ago it was dealt with: an epoch the agent is still in is never new again.
        old = epochs.get((position.symbol, position.epoch)) or ports.store.trackers.epoch(
            tracker.id, position.symbol, position.epoch
        )
        if old is not None:
            epochs[(position.symbol, position.epoch)] = old
    mine = tuple(epoch for epoch in epochs.values() if epoch.shadow == shadow)
    return TrackerView(tracker, parsed, signal, mine, newest, _entered_at(ports, tracker, known[1]))


def _entered_at(ports: AccountPorts, tracker: Tracker, intents: Iterable[Intent]) -> tuple[datetime, ...]:
    """Return when orders of the last hour opened or added something, or may still do so."""
    since = ports.clock() - _HOUR
    mine = (each for each in intents if each.tracker_id == tracker.id and not each.kind.exits)
    return tuple(
        each.created_at for each in mine if each.created_at > since and (each.executed or not each.status.resolved)
    )


def hedge_mode(ports: AccountPorts) -> bool:
    """Return the account's position mode as last read, however long ago; it is never changed by us."""
    snapshot = ports.store.credentials.snapshot(ports.credential_id)
    return snapshot[0].hedge if snapshot else False
