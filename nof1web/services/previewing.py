"""What a tracker would send now: the same decision as the cycle's, with nothing written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from nof1web.core import preview as planning
from nof1web.core import refusals
from nof1web.core import settings as schema
from nof1web.core.records import Credential, CredentialState, Mode, Tracker
from nof1web.core.snapshot import PlannedOrder, Snapshot, TrackerView
from nof1web.core.trading import Instrument, Side
from nof1web.errors import N_, InvalidInput, Text
from nof1web.services import credentials
from nof1web.services.defaults import above
from nof1web.services.loading import load
from nof1web.services.marking import published
from nof1web.services.ports import Bus, Clock, MarketData, MarketStore, Ports, TenantStore


@dataclass(frozen=True, slots=True)
class PreviewOrder:
    """One order the tracker would send now; notional and margin in USDT."""

    symbol: str
    side: Side
    quantity: Decimal
    mark: Decimal
    notional: Decimal
    margin: Decimal
    leverage: int
    stop: Decimal | None
    target: Decimal | None


@dataclass(frozen=True, slots=True)
class PreviewRefusal:
    """One of the agent's positions the tracker would not enter now, and why."""

    symbol: str
    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Preview:
    """The orders, the refusals, how much of the budget (USDT) the orders use, and how many symbols are held already.

    `uncovered` are the symbols the budget is too small for; `smallest_budget` the least total margin (USDT) that
    covers all, None when none would.
    """

    orders: tuple[PreviewOrder, ...]
    refusals: tuple[PreviewRefusal, ...]
    margin_used: Decimal
    budget: Decimal
    held: int = 0
    uncovered: tuple[str, ...] = ()
    smallest_budget: Decimal | None = None


def preview(
    p: Ports,
    user_id: str,
    credential_id: str,
    *,
    source: str,
    agent: str,
    settings: Mapping[str, str],
    tracker_id: str = "",
) -> Preview:
    """Return what a tracker with these settings would do if it started now (a started one: what it does next).

    InvalidInput for an unknown agent, InvalidSettings for wrong settings, Transient while the host doesn't answer.
    """
    owner = credentials.find(p, user_id, credential_id)
    if p.market.signal(source, agent) is None:
        raise InvalidInput(
            N_("Choose an agent from the list."), fields={"agent": Text(N_("Choose an agent from the list."))}
        )
    host = p.market_data(owner.environment)
    with p.tenants(user_id) as store:
        levels = above(store, owner.id)
        parsed = schema.resolve((*levels, settings)).settings
        known = store.trackers.get(tracker_id) if tracker_id else None
        tracker = _tracker(owner, known, parsed, p.clock())
        tracker = replace(tracker, source=source, agent=agent, settings=_own(known, settings), above=levels)
        rules = _Rules(host.instruments(), published(host, p.bus, p.host(owner.environment)))
        desk = _Desk(store, p.market, rules, p.bus, p.clock, p.host(owner.environment))
        # As if it were armed: what was only simulated takes no place and no budget then.
        found = _within_limit(load(desk, replace(owner, armed=True), only=tracker), store, known, tracker)
        last = store.credentials.snapshot(owner.id)
    # However old the last reading is: it is the best there is to say what would happen.
    snapshot = replace(found, state=CredentialState.RUNNING, account=last[0] if last else None)
    return _shown(snapshot, next(view for view in snapshot.trackers if view.tracker.id == tracker.id))


@dataclass(frozen=True, slots=True)
class _Rules:
    """A host's rules and marks, read once; a host that doesn't answer was told before."""

    instruments_now: Mapping[str, Instrument]
    marks_now: Mapping[str, Decimal]

    def instruments(self) -> Mapping[str, Instrument]:
        """Return the rules by symbol."""
        return self.instruments_now

    def marks(self) -> Mapping[str, Decimal]:
        """Return the marks by symbol."""
        return self.marks_now


@dataclass(frozen=True, slots=True)
class _Desk:
    """What a preview's snapshot is gathered from: nothing that could send or write."""

    store: TenantStore
    market: MarketStore
    exchange: MarketData
    bus: Bus
    clock: Clock
    host: str


def _tracker(owner: Credential, known: Tracker | None, parsed: schema.TrackerSettings, now: datetime) -> Tracker:
    """Return a tracker as it would be once these settings are kept and it is started: a new start begins now.

    Arming a live credential starts its trackers anew, too.
    """
    if known is None:
        return Tracker("preview", owner.id, "preview", "", "", True, now, now)
    restarted = not known.started or not owner.sends or parsed.mode is not schema.of(known).mode
    return replace(known, started=True, started_at=now) if restarted else known


def _within_limit(found: Snapshot, store: TenantStore, known: Tracker | None, tracker: Tracker) -> Snapshot:
    """Return a snapshot whose limit over all accounts is without the one the tracker itself has set so far."""
    texts = list(store.trackers.texts_of("user_cap"))
    if known is None or not known.started or "user_cap" not in known.settings:
        return found
    texts.remove(known.settings["user_cap"])
    cap = schema.least("user_cap", (*texts, tracker.settings.get("user_cap", "")))
    views = (replace(each, settings=replace(each.settings, user_cap=cap)) for each in found.trackers)
    return replace(found, trackers=tuple(views))


def _own(known: Tracker | None, settings: Mapping[str, str]) -> Mapping[str, str]:
    """Return a tracker's own settings; a new one is shown as it would trade, whatever its mode."""
    return settings if known is not None else {**settings, "mode": Mode.TRADE}


def _shown(snapshot: Snapshot, view: TrackerView) -> Preview:
    found = planning.preview(snapshot, view.tracker.id)
    refused = tuple(
        PreviewRefusal(each.symbol, each.code, refusals.words(each.code, each.numbers))
        for each in found.verdicts
        if each.verdict == "refused" or each.symbol in found.uncovered
    )
    return Preview(
        orders=tuple(_order(order, view) for order in found.orders),
        refusals=refused,
        margin_used=found.margin,
        budget=found.budget,
        held=sum(1 for epoch in view.epochs if epoch.quantity),
        uncovered=found.uncovered,
        smallest_budget=found.smallest_budget,
    )


def _order(order: PlannedOrder, view: TrackerView) -> PreviewOrder:
    position = view.shown(order.symbol)
    notional = order.quantity * order.mark
    return PreviewOrder(
        order.symbol,
        order.side,
        order.quantity,
        order.mark,
        notional,
        notional / order.leverage,
        order.leverage,
        position.stop if position else None,
        position.target if position else None,
    )
