"""One order: journal the intent, send it once, record what came of it (DESIGN §5 Sending)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nof1web.core import filling
from nof1web.core.execution import agent_price
from nof1web.core.records import Epoch, Intent, IntentStatus, Severity
from nof1web.core.snapshot import PlannedOrder
from nof1web.core.trading import OrderReport, OrderRequest, PositionSide
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
from nof1web.services.kill_points import KillPoint, reached
from nof1web.services.loading import others_notional
from nof1web.services.permitting import require_flowing
from nof1web.services.ports import AccountPorts
from nof1web.services.sent_before import sent_before
from nof1web.services.telling import tell, tell_fill

_Decided = tuple[datetime | None, datetime]
_MARGIN_SECONDS = Decimal(2)
_SHADOW_WINDOW = timedelta(seconds=5)
_FIX_ONCE = 1
_LOOK_BACK, _TOLD_EVERY = 20, 20
_RETRIED = (-2019, -4131)
"""refusals that pass by themselves: decided again until the entry window ends (DESIGN §5 Errors)"""


class LimitTaken(Refused):
    """Another credential of the user took what this entry was to have of their limit: decide again."""


def send(ports: AccountPorts, order: PlannedOrder, *, hedge: bool, decided: _Decided | None = None) -> Intent:
    """Journal and send one planned order; return its intent as far as it is known.

    `decided` tells when the source showed what it copies, and when it was decided; both are only recorded.
    Raises LeaseLost or LimitTaken before anything leaves, CredentialRefused when the key is; other failures are
    recorded.
    """
    before = sent_before(ports, order)
    intent = _written(ports, before.order, decided or (None, ports.clock()), passed=before.passed)
    reached(KillPoint.JOURNAL_COMMITTED)
    if before.report is not None:
        return settle(ports, replace(intent, settled_no=before.shown_by), before.report)
    if order.shadow:
        return settle(ports, intent, _simulated(ports, intent))
    window = Decimal(ports.exchange.recv_window_ms) / 1000 + _MARGIN_SECONDS
    ports.lease.require(window)
    reached(KillPoint.LEASE_CHECKED)
    request = OrderRequest(
        *(intent.client_order_id, order.symbol, order.side, position_side(order, hedge), order.quantity),
        reduce_only=order.kind.exits and not hedge,
        timestamp_ms=intent.timestamp_ms,
        limit=order.limit,
    )
    intent = replace(intent, sent_at=ports.clock())
    try:
        report = ports.exchange.place(request)
        intent = replace(intent, acknowledged_at=ports.clock())
    except OutcomeUnknown:
        return _unknown(ports, intent)
    except ExchangeError as error:
        return _refused(ports, intent, error)
    reached(KillPoint.ANSWER_RECEIVED)
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
        fee=report.fee,
        order_id=report.order_id,
        settled_at=ports.clock(),
        priced=intent.shadow or not report.executed,
    )
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.journal.update(settled)
        if report.executed:
            _move_holding(ports, settled)
        reached(KillPoint.SETTLED_BEFORE_COMMIT)
    reached(KillPoint.HOLDING_MOVED)
    if report.executed:
        tell_fill(ports, settled)
    return settled


def _written(ports: AccountPorts, order: PlannedOrder, decided: _Decided, *, passed: int) -> Intent:
    """Write the intent, and the epoch it belongs to, durably, before any request."""
    store, now, change = ports.store, ports.clock(), (order.tracker_id, order.symbol, order.epoch)
    milliseconds = int(now.timestamp() * 1000) if order.shadow else ports.exchange.server_ms()
    window = _SHADOW_WINDOW if order.shadow else timedelta(milliseconds=ports.exchange.recv_window_ms)
    with store.transaction(fence=(ports.credential_id, ports.lease.fence), durable=True):
        _require_entries_allowed(ports, order)
        epoch = store.trackers.epoch(*change)
        if epoch is not None and epoch.shadow != order.shadow:
            _require_nothing_held(epoch)
            epoch = None
        epoch = epoch or filling.begun(order, now)
        last = store.journal.intent(*change, epoch.step)
        attempt = passed if last is None else last.attempt + 1 + passed
        intent = Intent(
            order.tracker_id,
            order.symbol,
            order.epoch,
            epoch.step,
            attempt,
            client_order_id(ports.installation_code, *change, epoch.step, attempt),
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
            seen_at=decided[0],
            decided_at=decided[1],
            agent_price=agent_price(epoch, order),
        )
        store.journal.write(intent)
        if order.tracker_id:
            store.trackers.put_epoch(filling.prepared(epoch, order))
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
    require_flowing(ports, order)
    # Another credential's cycle may have entered since this one decided; whoever writes first has it.
    most = None if order.shadow else order.others_most
    if most is not None and others_notional(ports.store, ports.credential_id) > most:
        raise LimitTaken(N_("Another account took what was left of your limit over all accounts."))


def _require_nothing_held(epoch: Epoch) -> None:
    """A real order never adds to a simulated holding, nor the other way round."""
    if epoch.quantity:
        raise Refused(N_("%(symbol)s is held in the other mode: stop and start the tracker."), symbol=epoch.symbol)


def _move_holding(ports: AccountPorts, intent: Intent) -> None:
    """Apply an intent's executed quantity to its epoch: size, entry price, reference, step, allocation."""
    store = ports.store
    if not intent.tracker_id:
        # A foreign share was flattened: no tracker held it.
        return
    epoch = store.trackers.epoch(intent.tracker_id, intent.symbol, intent.epoch)
    if epoch is None:
        raise Refused(N_("The journal names an epoch that does not exist: restore a backup."))
    store.trackers.put_epoch(filling.filled(epoch, intent, ports.clock()))


def _simulated(ports: AccountPorts, intent: Intent) -> OrderReport:
    """A shadow order meets the book that a paper account's would, with its fee, slippage and depth."""
    try:
        rule = ports.exchange.instruments().get(intent.symbol)
    except Transient:
        rule = None
    wanted = (intent.symbol, intent.side, intent.quantity)
    return ports.simulator.fill(*wanted, limit=intent.limit, mark=intent.mark, rule=rule)


def _unknown(ports: AccountPorts, intent: Intent) -> Intent:
    """Keep that nobody knows what became of an order; no entry leaves before the account was reconciled."""
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.halts.ask_reconcile(ports.credential_id, ports.clock(), lacking=False)
        return _update(ports, replace(intent, status=IntentStatus.UNKNOWN))


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
    reached(KillPoint.REFUSAL_RECORDED)
    if not isinstance(error, Transient) and not _told_before(ports, refused):
        severity = Severity.ALARM if intent.kind.exits else Severity.WARNING
        numbers = {"symbol": intent.symbol, "reason": str(error.text)}
        text = Text(N_("The exchange refused an order in %(symbol)s: %(reason)s"), numbers)
        tell(ports, "order_refused", text, severity=severity, tracker_id=intent.tracker_id, symbol=intent.symbol)
    if isinstance(error, CredentialRefused):
        raise error
    return refused


def _told_before(ports: AccountPorts, refused: Intent) -> bool:
    """Whether the last attempt of the same change was refused for the same reason; it is told again now and then."""
    change = (refused.symbol, refused.epoch, refused.step, refused.attempt - 1)
    newest = ports.store.journal.intents(ports.credential_id, limit=_LOOK_BACK, tracker_id=refused.tracker_id)
    last = next((each for each in newest if (each.symbol, each.epoch, each.step, each.attempt) == change), None)
    return last is not None and last.exchange_code == refused.exchange_code and refused.attempt % _TOLD_EVERY != 0
