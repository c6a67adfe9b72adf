"""How well an order was executed: what it cost against the agent's price and the mark, and how long it took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core.records import Epoch, Intent
from nof1web.core.snapshot import PlannedOrder, Snapshot
from nof1web.core.trading import Side

_BPS = Decimal(10_000)
_MILLISECOND = timedelta(milliseconds=1)
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Latency:
    """Whole milliseconds between the steps of an order; None where a step did not happen or is not known.

    `total` is from the source's news to the exchange's answer.
    """

    seen_to_decided: int | None
    decided_to_sent: int | None
    sent_to_acknowledged: int | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Slippage:
    """Basis points, positive = worse than the reference; None without a fill or a reference."""

    agent: Decimal | None
    mark: Decimal | None


@dataclass(frozen=True, slots=True)
class Quantiles:
    """The median and the value that 95 of 100 don't exceed; None without values."""

    p50: Decimal | None
    p95: Decimal | None


@dataclass(frozen=True, slots=True)
class Execution:
    """How a credential's newest orders were executed: of `orders`, from the news to the answer, and slippage."""

    orders: int
    latency_ms: Quantiles
    agent_bps: Quantiles
    mark_bps: Quantiles


def seen_at(snapshot: Snapshot, order: PlannedOrder) -> datetime | None:
    """Return when the source first showed what an order copies; None for an exit of our own, which it never shows."""
    view = next((each for each in snapshot.trackers if each.tracker.id == order.tracker_id), None)
    position = view.shown(order.symbol) if view else None
    if view is None or view.followed is None:
        return None
    if position is None:
        return view.followed.read_at if order.kind.exits else None
    if not order.kind.exits:
        return position.changed_at
    if position.missing is not None:
        return position.missing.since
    epoch = view.epoch(order.symbol, order.epoch)
    own = epoch is not None and (position.epoch, position.quantity) == (order.epoch, epoch.reference_quantity)
    return None if own else view.followed.read_at


def agent_price(epoch: Epoch, order: PlannedOrder) -> Decimal | None:
    """Return what the agent paid for what an entry copies: its entry, or for an increase the implied price of the add.

    None for exits: the source doesn't tell at what price the agent left.
    """
    if order.kind.exits:
        return None
    before, after = epoch.reference_quantity, order.agent_quantity
    if not epoch.quantity or not before or abs(after) <= abs(before):
        return order.agent_entry
    added = (after * order.agent_entry - before * epoch.reference_entry) / (after - before)
    return added if added > 0 else None


def latency(intent: Intent) -> Latency:
    """Return how long an order took, step by step."""
    return Latency(
        _between(intent.seen_at, intent.decided_at),
        _between(intent.decided_at, intent.sent_at),
        _between(intent.sent_at, intent.acknowledged_at),
        _between(intent.seen_at, intent.acknowledged_at),
    )


def slippage(intent: Intent) -> Slippage:
    """Return what an order's fill lost against the agent's price and against the mark it was decided at."""
    price = intent.price if intent.executed else None
    return Slippage(_worse(intent.side, price, intent.agent_price), _worse(intent.side, price, intent.mark))


def executed(intents: Iterable[Intent], *, shadow: bool) -> Execution:
    """Return how orders that filled were executed; only simulated ones, or only real ones."""
    mine = [each for each in intents if each.executed and each.shadow == shadow]
    slips = [slippage(each) for each in mine]
    totals = (latency(each).total for each in mine)
    return Execution(
        len(mine),
        quantiles([Decimal(each) for each in totals if each is not None]),
        quantiles([each.agent for each in slips if each.agent is not None]),
        quantiles([each.mark for each in slips if each.mark is not None]),
    )


def quantiles(values: Sequence[Decimal]) -> Quantiles:
    """Return median and 95th percentile by nearest rank."""
    if not values:
        return Quantiles(None, None)
    ranked = sorted(values)
    p50, p95 = (ranked[-(-len(ranked) * share // 100) - 1] for share in (50, 95))
    return Quantiles(p50, p95)


def _between(start: datetime | None, end: datetime | None) -> int | None:
    return None if start is None or end is None else max(0, (end - start) // _MILLISECOND)


def _worse(side: Side, price: Decimal | None, reference: Decimal | None) -> Decimal | None:
    if price is None or not reference:
        return None
    lost = price - reference if side is Side.BUY else reference - price
    return (lost / reference * _BPS).quantize(_HUNDREDTH)
