"""One order: journal the intent, send it once, record what came of it (DESIGN §5 Sending)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nof1web.core.records import Epoch, EpochState, Intent, IntentStatus, OrderKind, Severity
from nof1web.core.snapshot import PlannedOrder
from nof1web.core.trading import OrderReport, OrderRequest, OrderStatus, PositionSide, Side
from nof1web.errors import (
    N_,
    Blocked,
    CredentialRefused,
    ExchangeError,
    OutcomeUnknown,
    Refused,
    Rejected,
    Text,
    Transient,
)
from nof1web.services.ids import client_order_id
from nof1web.services.ports import AccountPorts
from nof1web.services.telling import tell, tell_fill

_MARGIN_SECONDS = Decimal(2)
_SHADOW_WINDOW = timedelta(seconds=5)
_FIX_ONCE = 1
_RETRIED = (-2019, -4131)
"""refusals that pass by themselves: decided again until the entry window ends (DESIGN §5 Errors)"""


def send(ports: AccountPorts, order: PlannedOrder, *, hedge: bool) -> Intent:
    """Journal and send one planned order; return its intent as far as it is known.

    Raises LeaseLost before anything leaves, CredentialRefused when the key is; other failures are recorded.
    """
    intent = _written(ports, order)
    if order.shadow:
        return settle(ports, intent, _simulated(intent))
    window = Decimal(ports.exchange.recv_window_ms) / 1000 + _MARGIN_SECONDS
    ports.lease.require(window)
    request = OrderRequest(
        intent.client_order_id,
        order.symbol,
        order.side,
        position_side(order, hedge),
        order.quantity,
        reduce_only=order.kind.exits and not hedge,
        timestamp_ms=intent.timestamp_ms,
        limit=order.limit,
    )
    try:
        report = ports.exchange.place(request)
    except OutcomeUnknown:
        return _update(ports, replace(intent, status=IntentStatus.UNKNOWN))
    except ExchangeError as error:
        return _refused(ports, intent, error)
    return settle(ports, intent, report)


def position_side(order: PlannedOrder, hedge: bool) -> PositionSide:
    """Return which side of a hedge-mode account an order belongs to; BOTH in one-way mode (binance.md §8)."""
    if not hedge:
        return PositionSide.BOTH
    opens_long = (order.delta > 0) != order.kind.exits
    return PositionSide.LONG if opens_long else PositionSide.SHORT


def settle(ports: AccountPorts, intent: Intent, report: OrderReport) -> Intent:
    """Record a finished order and move its holding, in one fenced transaction. Idempotent for a settled intent."""
    status = IntentStatus.FILLED if report.executed >= intent.quantity else IntentStatus.PARTIAL
    settled = replace(
        intent,
        status=status if report.executed else IntentStatus.EMPTY,
        executed=report.executed,
        price=report.price,
        order_id=report.order_id,
        settled_at=ports.clock(),
        priced=intent.shadow or not report.executed,
    )
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.journal.update(settled)
        if report.executed:
            _move_holding(ports, settled)
    if report.executed:
        tell_fill(ports, settled)
    return settled


def _written(ports: AccountPorts, order: PlannedOrder) -> Intent:
    """Write the intent, and the epoch it belongs to, durably, before any request."""
    store, now = ports.store, ports.clock()
    milliseconds = int(now.timestamp() * 1000) if order.shadow else ports.exchange.server_ms()
    window = _SHADOW_WINDOW if order.shadow else timedelta(milliseconds=ports.exchange.recv_window_ms)
    with store.transaction(fence=(ports.credential_id, ports.lease.fence), durable=True):
        _require_entries_allowed(ports, order)
        epoch = store.trackers.epoch(order.tracker_id, order.symbol, order.epoch)
        if epoch is not None and epoch.shadow != order.shadow:
            _require_nothing_held(epoch)
            epoch = None
        epoch = epoch or _new_epoch(order, now)
        last = store.journal.intent(order.tracker_id, order.symbol, order.epoch, epoch.step)
        attempt = 0 if last is None else last.attempt + 1
        intent = Intent(
            order.tracker_id,
            order.symbol,
            order.epoch,
            epoch.step,
            attempt,
            client_order_id(ports.installation_code, order.tracker_id, order.epoch, epoch.step, attempt),
            ports.credential_id,
            order.kind,
            order.side,
            order.quantity,
            order.agent_quantity,
            order.agent_entry,
            order.leverage,
            order.mark,
            order.shadow,
            IntentStatus.WRITTEN,
            now,
            milliseconds,
            datetime.fromtimestamp(milliseconds / 1000, UTC) + window,
            limit=order.limit,
            explanation=order.explanation,
        )
        store.journal.write(intent)
        store.trackers.put_epoch(_prepared(epoch, order))
    return intent


def _require_entries_allowed(ports: AccountPorts, order: PlannedOrder) -> None:
    """Halt is read in the intent's own transaction, so that it stops the very next order (DESIGN §5 States)."""
    if order.kind.exits:
        return
    credential = ports.store.credentials.get(ports.credential_id)
    if credential is None or not credential.enabled or not credential.state.enters:
        raise Refused(N_("The credential was stopped meanwhile: no entry is sent."))
    if not order.shadow and not credential.sends:
        raise Refused(N_("This live credential is not armed: its orders are only recorded."))


def _require_nothing_held(epoch: Epoch) -> None:
    """A real order never adds to a simulated holding, nor the other way round."""
    if epoch.quantity:
        raise Refused(N_("%(symbol)s is held in the other mode: stop and start the tracker."), symbol=epoch.symbol)


def _new_epoch(order: PlannedOrder, now: datetime) -> Epoch:
    return Epoch(
        order.tracker_id,
        order.symbol,
        order.epoch,
        EpochState.PENDING,
        Decimal(0),
        None,
        order.ratio,
        order.leverage,
        Decimal(0),
        order.agent_entry,
        0,
        order.allocation,
        order.shadow,
        now,
        agent_leverage=order.agent_leverage,
    )


def _prepared(epoch: Epoch, order: PlannedOrder) -> Epoch:
    """The epoch as it stands while its order is under way: a first order's ratio may be decided anew on a retry."""
    if order.kind is OrderKind.OPEN and not epoch.quantity:
        opened = replace(epoch, ratio=order.ratio, leverage=order.leverage, agent_leverage=order.agent_leverage)
        return replace(opened, allocation=order.allocation)
    if order.kind is OrderKind.INCREASE:
        return replace(epoch, allocation=max(epoch.allocation, order.allocation))
    return epoch


def _move_holding(ports: AccountPorts, intent: Intent) -> None:
    """Apply an intent's executed quantity to its epoch: size, entry price, reference, step, allocation."""
    store = ports.store
    epoch = store.trackers.epoch(intent.tracker_id, intent.symbol, intent.epoch)
    if epoch is None:
        raise Refused(N_("The journal names an epoch that does not exist: restore a backup."))
    signed = intent.executed if intent.side is Side.BUY else -intent.executed
    quantity = epoch.quantity + signed
    price = intent.price or intent.mark
    entry = epoch.entry_price
    if not intent.kind.exits:
        entry = (epoch.quantity * (entry or price) + signed * price) / quantity if quantity else price
    complete = intent.status is IntentStatus.FILLED
    allocation = epoch.allocation
    if intent.kind.exits and epoch.quantity:
        allocation = epoch.allocation * abs(quantity / epoch.quantity)
    state = EpochState.LIVE if epoch.state is EpochState.PENDING else epoch.state
    closed = not quantity and intent.kind.exits
    store.trackers.put_epoch(
        replace(
            epoch,
            quantity=quantity,
            entry_price=entry,
            allocation=allocation,
            state=EpochState.CLOSED if closed and state is EpochState.LIVE else state,
            closed_at=ports.clock() if closed else None,
            reference_quantity=intent.agent_quantity or epoch.reference_quantity,
            reference_entry=intent.agent_entry,
            step=epoch.step + 1 if complete else epoch.step,
        )
    )


def _simulated(intent: Intent) -> OrderReport:
    """A shadow order fills at the mark it was decided at."""
    return OrderReport(intent.client_order_id, "", OrderStatus.FILLED, intent.quantity, intent.mark)


def _update(ports: AccountPorts, intent: Intent) -> Intent:
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.journal.update(intent)
    return intent


def _refused(ports: AccountPorts, intent: Intent, error: ExchangeError) -> Intent:
    """Record an order that certainly was not executed, and what the caller may do about it."""
    retried = error.exchange_code in _RETRIED or intent.attempt < _FIX_ONCE
    final = isinstance(error, Blocked) or (isinstance(error, Rejected) and not retried)
    explanation = {**intent.explanation, "error": str(error)[:300]} | ({"final": "yes"} if final else {})
    refused = replace(
        intent,
        status=IntentStatus.REJECTED,
        exchange_code=error.exchange_code,
        settled_at=ports.clock(),
        priced=True,
        explanation=explanation,
    )
    _update(ports, refused)
    if not isinstance(error, Transient):
        severity = Severity.ALARM if intent.kind.exits else Severity.WARNING
        numbers = {"symbol": intent.symbol, "reason": str(error.text)}
        text = Text(N_("The exchange refused an order in %(symbol)s: %(reason)s"), numbers)
        tell(ports, "order_refused", text, severity=severity, tracker_id=intent.tracker_id, symbol=intent.symbol)
    if isinstance(error, CredentialRefused):
        raise error
    return refused
