"""Orders and protection of ours that the journal doesn't know: recognised by their ids, and taken over.

The journal is written before any request, so this happens after a backup was restored (DESIGN §5 Sending).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core import filling, settings
from nof1web.core.records import Epoch, Intent, IntentStatus, OrderKind, Protection, ProtectionStatus, Tracker
from nof1web.core.signals import SignalPosition
from nof1web.core.snapshot import PlannedOrder
from nof1web.core.trades import Trade
from nof1web.core.trading import AlgoReport, Fill, Leg, OrderReport, Side
from nof1web.services.dating import noted_at
from nof1web.services.doubts import found_beside
from nof1web.services.ids import client_order_id
from nof1web.services.ports import AccountPorts
from nof1web.services.pricing import average_price, by_fills
from nof1web.services.taking_over import holding_of

_RECENT = timedelta(days=30)
_STEPS = 40
"""how many lost changes of one epoch are looked for"""
_ATTEMPTS = 8
_LEGS = 60
_CLOSED = 20
"""how many of the epochs in a symbol that an agent closed last are looked through"""
ADOPTED = "adopted"


@dataclass(frozen=True, slots=True)
class Place:
    """What an id stands for: an order (step and attempt) or a leg (`step` -1, attempt: its number) of an epoch."""

    tracker: Tracker
    symbol: str
    epoch: str
    step: int
    attempt: int


def places(ports: AccountPorts, symbol: str) -> dict[str, Place]:
    """Return every id a lost order or leg in a symbol could have, of live and recent epochs and the agents' present."""
    found: dict[str, Place] = {}
    for tracker in ports.store.trackers.all(ports.credential_id):
        for name, step in _epochs(ports, tracker, symbol):
            steps = ((each, attempt) for each in range(step, step + _STEPS) for attempt in range(_ATTEMPTS))
            for place in (*(Place(tracker, symbol, name, *each) for each in steps), *_legs(tracker, symbol, name)):
                found |= dict.fromkeys(_ids(ports, place), place)
    return found


def adopt(ports: AccountPorts, place: Place, report: OrderReport, fills: Sequence[Fill], *, read_no: int) -> Intent:
    """Journal an order that was found on the exchange and move its holding, as if it had just been settled.

    It counts as settled when it was traded: whatever was read since shows it. Where by the exchange's clock nothing
    was, the reading `read_no` that it was found after may show it: it was sent before. Refused when its step is
    journaled.
    """
    store, at = ports.store, noted_at(ports, fills[-1].traded_at)
    with store.transaction(fence=(ports.credential_id, ports.lease.fence), durable=True):
        known = store.trackers.epoch(place.tracker.id, place.symbol, place.epoch)
        if report.closing:
            key = place.tracker.id, place.symbol, place.epoch
            known = holding_of(ports, key, fills, _shown(ports, place), at)
        order = found_beside(ports, _order(ports, place, known, fills))
        epoch = replace(known or filling.begun(order, at), step=place.step)
        if order.ratio is not None:
            epoch = replace(epoch, ratio=order.ratio)
        intent = _intent(ports, place, order, report, at=at, traded_at=fills[-1].traded_at)
        intent = by_fills(replace(intent, written_no=intent.settled_no or read_no), fills)
        store.journal.write(intent)
        store.journal.update(intent)
        store.journal.add_fills(ports.credential_id, fills)
        store.trackers.put_epoch(filling.filled(filling.prepared(epoch, order), intent, at))
    return intent


def adopt_leg(ports: AccountPorts, place: Place, report: AlgoReport, mark: Decimal) -> Protection | None:
    """Keep a stop or target of ours that was found resting; None when its epoch holds nothing it could protect."""
    epoch = ports.store.trackers.epoch(place.tracker.id, place.symbol, place.epoch)
    if epoch is None or not epoch.quantity:
        return None
    side = Side.of(-epoch.quantity)
    leg = Leg.STOP if (report.trigger < mark) == (side is Side.SELL) else Leg.TARGET
    row = Protection(
        report.client_algo_id,
        ports.credential_id,
        place.tracker.id,
        place.symbol,
        place.epoch,
        leg,
        side,
        report.quantity,
        report.trigger,
        ProtectionStatus.RESTING,
        ports.clock(),
        verified=True,
    )
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.journal.put_protection(row)
    return row


def _intent(
    ports: AccountPorts, place: Place, order: PlannedOrder, report: OrderReport, *, at: datetime, traded_at: datetime
) -> Intent:
    """Return what must have been journaled for an order, settled `at` a time here and on the exchange's clock."""
    reading = ports.store.journal.shown_by(ports.credential_id, traded_at)
    return Intent(
        order.tracker_id,
        order.symbol,
        order.epoch,
        place.step,
        place.attempt,
        report.client_order_id,
        ports.credential_id,
        order.kind,
        order.side,
        order.quantity,
        order.agent_quantity,
        order.agent_entry,
        order.leverage,
        order.mark,
        False,
        IntentStatus.FILLED,
        at,
        int(traded_at.timestamp() * 1000),
        traded_at,
        executed=order.quantity,
        price=order.mark,
        order_id=report.order_id,
        settled_at=at,
        explanation=order.explanation,
        settled_no=reading,
    )


def _epochs(ports: AccountPorts, tracker: Tracker, symbol: str) -> Iterator[tuple[str, int]]:
    """Yield the epochs an order could belong to, with the first step that isn't certain."""
    since = ports.clock() - _RECENT
    known = ports.store.trackers.epochs(ports.credential_id, symbol=symbol, since=since)
    mine = {each.epoch: max(each.step - 1, 0) for each in known if each.tracker_id == tracker.id and not each.shadow}
    signal = ports.market.signal(tracker.source, tracker.agent)
    shown = [each.epoch for each in (signal.positions if signal else ()) if each.symbol == symbol]
    # What was lost may have been opened for an epoch that its agent has closed since.
    closed = [each.epoch for each in recently_closed(ports, tracker) if each.symbol == symbol]
    yield from (dict.fromkeys((*shown, *closed[-_CLOSED:]), 0) | mine).items()


def recently_closed(ports: AccountPorts, tracker: Tracker) -> list[Trade]:
    """Return what a tracker's agent has closed in the last 30 days, oldest first."""
    since = ports.clock() - _RECENT
    return [each for each in ports.market.trades.all(tracker.source, tracker.agent) if each.closed_at >= since]


def _legs(tracker: Tracker, symbol: str, name: str) -> Iterator[Place]:
    return (Place(tracker, symbol, name, -1, number) for number in range(_LEGS))


def _ids(ports: AccountPorts, place: Place) -> tuple[str, str]:
    """Return the id of an order or leg, and the one without its symbol that older ones have."""
    code, change = ports.installation_code, ("protection" if place.step < 0 else place.step, place.attempt)
    with_symbol = client_order_id(code, place.tracker.id, place.symbol, place.epoch, *change)
    return with_symbol, client_order_id(code, place.tracker.id, place.epoch, *change)


def _order(ports: AccountPorts, place: Place, known: Epoch | None, fills: Sequence[Fill]) -> PlannedOrder:
    """Return what must have been decided for these fills, as far as it can be told from the agent's present."""
    executed = sum((each.quantity for each in fills), Decimal(0))
    delta = executed if fills[0].side is Side.BUY else -executed
    held = known.quantity if known else Decimal(0)
    price, shown = average_price(fills), _shown(ports, place)
    kind = _kind(held, delta)
    agent = Decimal(0) if kind is OrderKind.CLOSE else _agent_quantity(known, shown, held + delta, delta)
    opens = kind is OrderKind.OPEN
    if known is not None and kind is OrderKind.INCREASE and _opened_by(ports, place):
        opens, agent = True, known.reference_quantity
    leverage = known.leverage if known and held else _leverage(place.tracker, shown)
    entry = shown.entry_price if shown else (known.reference_entry if known else price)
    taken = known.allocation if known and held else Decimal(0)
    return PlannedOrder(
        place.tracker.id,
        place.symbol,
        place.epoch,
        kind,
        delta,
        price,
        leverage,
        agent_quantity=agent,
        agent_entry=entry,
        shadow=False,
        ratio=abs((held + delta) / agent) if opens and agent else None,
        allocation=taken + executed * price / leverage,
        explanation={"reason": ADOPTED},
        agent_leverage=shown.leverage if shown else 0,
    )


def _opened_by(ports: AccountPorts, place: Place) -> bool:
    """Whether an order is the rest of an opening of which a part was adopted: both executed one decision."""
    intents = ports.store.journal.intents(ports.credential_id, tracker_id=place.tracker.id)
    return any(
        (each.symbol, each.epoch, each.step) == (place.symbol, place.epoch, place.step)
        and each.kind is OrderKind.OPEN
        and each.explanation.get("reason") == ADOPTED
        for each in intents
    )


def _kind(held: Decimal, delta: Decimal) -> OrderKind:
    if not held:
        return OrderKind.OPEN
    if (held > 0) == (delta > 0):
        return OrderKind.INCREASE
    return OrderKind.CLOSE if abs(delta) >= abs(held) else OrderKind.REDUCE


def _agent_quantity(known: Epoch | None, shown: SignalPosition | None, target: Decimal, delta: Decimal) -> Decimal:
    """Return the agent's quantity an order went with: by the ratio where there is one, else as it is now."""
    if known is not None and known.ratio and known.quantity:
        return (target / known.ratio).copy_sign(target)
    return shown.quantity if shown is not None and shown.quantity else delta


def _shown(ports: AccountPorts, place: Place) -> SignalPosition | None:
    signal = ports.market.signal(place.tracker.source, place.tracker.agent)
    positions = signal.positions if signal else ()
    found = (each for each in positions if (each.symbol, each.epoch) == (place.symbol, place.epoch))
    shown = next(found, None)
    if shown is not None and settings.of(place.tracker).reverse:
        return replace(shown, quantity=-shown.quantity)
    return shown


def _leverage(tracker: Tracker, shown: SignalPosition | None) -> int:
    most = settings.of(tracker).max_leverage
    return max(1, min(most, shown.leverage if shown else most))
