"""Gathering what a decision needs: stores, marks and the last account snapshot into one Snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core import settings
from nof1web.core.clocks import ahead, undated
from nof1web.core.own_fills import executed, margins, not_shown, settled_since, taken_since
from nof1web.core.records import Credential, CredentialState, Epoch, Intent, Mode, Tracker
from nof1web.core.snapshot import Snapshot, TrackerView
from nof1web.core.trading import Account, Instrument, Position
from nof1web.errors import N_, NotFound, Transient
from nof1web.services.books import all_halted
from nof1web.services.marking import published
from nof1web.services.permitting import quota_of
from nof1web.services.ports import AccountPorts, Gathering
from nof1web.services.stores import TenantStore

FRESH = timedelta(seconds=90)
_RECENT = timedelta(days=3)
_LAG = timedelta(seconds=10)
_HOUR = timedelta(hours=1)
_TRIES = 200
_SERVES = Decimal("0.8")
"""the share of the available balance that an old reading of the account is good for (DESIGN §5)"""


def credential_of(ports: AccountPorts) -> Credential:
    """Return the leased credential; NotFound when it was removed meanwhile."""
    credential = ports.store.credentials.get(ports.credential_id)
    if credential is None:
        raise NotFound(N_("This credential was removed."))
    return credential


def load(
    ports: Gathering, owner: Credential, *, only: Tracker | None = None, held_back: bool = False, idle: bool = False
) -> Snapshot:
    """Return the snapshot of a credential now.

    With `held_back` an old reading of the account serves, and a fifth of its available balance is left alone.
    With `only` (a preview) no signal is read but that tracker's: the others are there with what they hold and wait for.
    With `idle` (to protect, never to decide) stopped trackers that hold something are among the views.
    """
    store, now = ports.store, ports.clock()
    snapshot, fresh = _reading(ports, owner.id, held_back=held_back)
    intents = tuple(undated(each, now) for each in store.journal.intents(owner.id, limit=_TRIES))
    trackers = _viewed(store, owner.id, only, idle=idle)
    epochs = store.trackers.epochs(owner.id, since=now - _remembered(trackers))
    started = {tracker.id for tracker in trackers}
    previewed = only.settings.get("user_cap", "") if only else ""
    cap = settings.least("user_cap", (*store.trackers.texts_of("user_cap"), previewed))
    views = tuple(
        _view(ports, owner, each, (epochs, intents), user_cap=cap, silent=only not in (None, each))
        for each in trackers
    )
    lately = [each for each in intents if settled_since(each, snapshot[0].read_no)] if snapshot else []
    hedge = snapshot is not None and snapshot[0].hedge
    since = not_shown(lately, snapshot[0].read_no, snapshot[1], epochs, hedge=hedge) if snapshot else []
    return Snapshot(
        now=now,
        state=flow_of(store, owner),
        armed=owner.sends,
        account=snapshot[0] if snapshot and (fresh or not owner.sends) else None,
        instruments=_instruments(ports),
        marks=current_marks(ports),
        trackers=views,
        elsewhere=tuple(epoch for epoch in epochs if epoch.quantity and epoch.tracker_id not in started),
        foreign=foreign_shares(snapshot[1], epochs, executed(since, hedge=hedge), hedge=hedge) if snapshot else {},
        pending=frozenset(intent.symbol for intent in store.journal.unresolved(owner.id)),
        positions=snapshot[1] if snapshot else (),
        live=live_quantities(snapshot[1], since, hedge=hedge) if snapshot and fresh else None,
        unsure=frozenset(each.symbol for each in intents if snapshot and _near(each, snapshot[0])),
        others_notional=others_notional(store, owner.id) if cap is not None else Decimal(0),
        filled_since=taken_since(lately, snapshot[0].read_no, epochs) if snapshot else {},
        under_way=margins(each for each in intents if not each.shadow and not each.status.resolved),
        ending=tuple((each.tracker_id, each.symbol) for each in store.flattens.open(owner.id)),
        stopped_symbols=frozenset(store.halts.stopped_symbols(owner.id)),
        quota=quota_of(store, now),
    )


def _viewed(store: TenantStore, credential_id: str, only: Tracker | None, *, idle: bool) -> list[Tracker]:
    """Return the trackers a snapshot has views of."""
    holding = {each.tracker_id for each in store.trackers.epochs(credential_id) if each.quantity and idle}
    among = (each for each in store.trackers.all(credential_id) if each.started or each.id in holding)
    return [each for each in among if not only or each.id != only.id] + ([only] if only else [])


def _reading(
    ports: Gathering, credential_id: str, *, held_back: bool
) -> tuple[tuple[Account, tuple[Position, ...]] | None, bool]:
    """Return the last reading of the account, and whether it is good for an entry."""
    known = ports.store.credentials.snapshot(credential_id)
    if known is None:
        return None, False
    if is_fresh(known[0], ports.clock()) and not ports.store.halts.reconcile_due(credential_id):
        return known, True
    if held_back:
        return (replace(known[0], available=known[0].available * _SERVES), known[1]), True
    return known, False


def is_fresh(account: Account, now: datetime, oldest: timedelta = FRESH) -> bool:
    """Whether an account was read lately enough; one read while the clock was ahead may be of any age."""
    return now - account.read_at <= oldest and not ahead(account.read_at, now)


def flow_of(store: TenantStore, credential: Credential) -> CredentialState:
    """Return what flows for a credential: halted where it would enter but the site or its user is halted."""
    halted = credential.state.enters and all_halted(store)
    return CredentialState.HALTED if halted else credential.state


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
    """Return the notional (USDT, at entry) of what the user's other credentials hold or wait for."""
    found = Decimal(0)
    for other in (each.id for each in store.credentials.all() if each.id != credential_id):
        waiting = {intent.symbol for intent in store.journal.unresolved(other)}
        for epoch in store.trackers.epochs(other):
            if epoch.shadow:
                continue
            found += abs(epoch.quantity) * (epoch.entry_price or epoch.reference_entry)
            found += epoch.under_way if not epoch.quantity or epoch.symbol in waiting else Decimal(0)
    return found


def _instruments(ports: Gathering) -> Mapping[str, Instrument]:
    """Return the rules by symbol; without them nothing is entered or resized, but closes still flow."""
    try:
        return ports.exchange.instruments()
    except Transient:
        return {}


def current_marks(ports: Gathering) -> Mapping[str, Decimal]:
    """Return the marks the tick published, else read them; empty when there are none (no price: no entry)."""
    try:
        return published(ports.exchange, ports.bus, ports.host)
    except Transient:
        return {}


def foreign_shares(
    positions: Iterable[Position],
    epochs: Iterable[Epoch],
    executed_since: Mapping[tuple[str, bool], Decimal],
    *,
    hedge: bool,
) -> dict[tuple[str, bool], Decimal]:
    """Return the signed part of each live position that no tracker opened, by (symbol, whether long).

    `executed_since` are our own fills after the positions were read: the holdings of that moment are compared.
    In hedge mode each side is compared with the holdings on it; what it lacks of them is no share of the other.
    """
    shares: dict[tuple[str, bool], Decimal] = {}
    for position in positions:
        key = (position.symbol, position.quantity > 0 if hedge else True)
        shares[key] = shares.get(key, executed_since.get(key, Decimal(0))) + position.quantity
    for epoch in epochs:
        key = (epoch.symbol, epoch.quantity > 0 if hedge else True)
        if key in shares and not epoch.shadow:
            shares[key] -= epoch.quantity
    return {
        (symbol, share > 0): share
        for (symbol, long), share in shares.items()
        if share and (not hedge or (share > 0) == long)
    }


def _near(intent: Intent, account: Account) -> bool:
    """Whether a reading may or may not show an own order's fill: settled shortly before it (binance.md §7), or later
    though it was sent before.
    """
    if intent.shadow or not intent.executed or intent.written_no > account.read_no:
        return False
    lately = intent.settled_at is not None and intent.settled_at > account.read_at - _LAG
    return lately or settled_since(intent, account.read_no)


def _remembered(trackers: Iterable[Tracker]) -> timedelta:
    """Return how long an epoch that is over may still matter: at least as long as the longest cooldown."""
    return max((_RECENT, *(timedelta(seconds=settings.of(each).cooldown) for each in trackers)))


def _view(
    ports: Gathering,
    credential: Credential,
    tracker: Tracker,
    known: tuple[Iterable[Epoch], Iterable[Intent]],
    *,
    user_cap: Decimal | None,
    silent: bool,
) -> TrackerView:
    newest: dict[tuple[str, str], Intent] = {}
    for intent in known[1]:
        if intent.tracker_id == tracker.id:
            newest.setdefault((intent.symbol, intent.epoch), intent)
    # A limit over all accounts binds every one of them, whichever level it was set at.
    parsed = replace(settings.of(tracker), user_cap=user_cap)
    signal = None if silent else ports.market.signal(tracker.source, tracker.agent)
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


def _entered_at(ports: Gathering, tracker: Tracker, intents: Iterable[Intent]) -> tuple[datetime, ...]:
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
