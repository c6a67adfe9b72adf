"""What a tracker would send now: the same decision as the cycle's, with nothing written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from nof1web.core import preview as planning
from nof1web.core import refusals
from nof1web.core import settings as schema
from nof1web.core.records import CredentialState, Epoch, Mode, Tracker
from nof1web.core.snapshot import PlannedOrder, Snapshot, TrackerView
from nof1web.core.trading import Side
from nof1web.errors import N_, InvalidInput, Text
from nof1web.services import credentials
from nof1web.services.defaults import above
from nof1web.services.loading import foreign_shares, others_notional
from nof1web.services.marking import published
from nof1web.services.ports import Ports

_RECENT = timedelta(days=3)


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
    """Return what a tracker with these settings would do if it started now (an existing one: what it does next)."""
    owner = credentials.find(p, user_id, credential_id)
    signal = p.market.signal(source, agent)
    if signal is None:
        raise InvalidInput(
            N_("Choose an agent from the list."), fields={"agent": Text(N_("Choose an agent from the list."))}
        )
    now = p.clock()
    with p.tenants(user_id) as store:
        parsed = schema.resolve((*above(store, owner.id), settings)).settings
        known = store.trackers.get(tracker_id) if tracker_id else None
        tracker = known or Tracker("preview", owner.id, "preview", source, agent, True, now, now)
        account = store.credentials.snapshot(owner.id)
        epochs = store.trackers.epochs(owner.id, since=now - _RECENT)
        others = _others(store.trackers.all(owner.id), epochs, tracker)
        elsewhere = others_notional(store, owner.id) if parsed.user_cap is not None else Decimal(0)
    if known is None and parsed.mode is Mode.SHADOW:
        parsed = replace(parsed, mode=Mode.TRADE)
    # What was simulated is not held once orders are sent, nor the other way round.
    shadow = parsed.mode is Mode.SHADOW or not owner.sends
    mine = tuple(each for each in epochs if each.tracker_id == tracker.id and each.shadow == shadow)
    view = TrackerView(tracker, parsed, signal, mine)
    snapshot = Snapshot(
        now=now,
        state=CredentialState.RUNNING,
        armed=True,
        account=account[0] if account else None,
        instruments=p.market_data(owner.environment).instruments(),
        marks=published(p.market_data(owner.environment), p.bus, p.host(owner.environment)),
        trackers=(view, *others),
        foreign=foreign_shares(account[1], epochs, {}) if account else {},
        positions=account[1] if account else (),
        others_notional=elsewhere,
    )
    return _shown(snapshot, view)


def _others(trackers: Iterable[Tracker], epochs: Iterable[Epoch], tracker: Tracker) -> tuple[TrackerView, ...]:
    """Return the credential's other trackers with what they hold; what their agents do now plays no part."""
    rest = (each for each in trackers if each.id != tracker.id)
    return tuple(
        TrackerView(each, schema.of(each), None, tuple(epoch for epoch in epochs if epoch.tracker_id == each.id))
        for each in rest
    )


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
