"""Unresolved intents: what became of an order whose answer never came (DESIGN §5 Sending, binance.md §7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from nof1web.core.records import Intent, IntentStatus, Severity
from nof1web.errors import N_, ExchangeError, Text
from nof1web.services.kill_points import KillPoint, reached
from nof1web.services.ports import AccountPorts
from nof1web.services.sending import settle
from nof1web.services.telling import tell

_ABSENCES = 2
_SKEW = timedelta(seconds=1)
_OLD = timedelta(seconds=60)
_UNEXPLAINED = N_("the account traded this symbol at that moment, and no order of ours explains it.")


def settle_unresolved(ports: AccountPorts) -> datetime | None:
    """Ask the exchange about every unresolved intent; return when to ask again, None when all are resolved.

    An order is absent only when the exchange said so twice after its deadline and no unknown trade happened since.
    """
    waiting = settled = False
    for intent in ports.store.journal.unresolved(ports.credential_id):
        resolved = _settle(ports, intent)
        waiting, settled = waiting or not resolved, settled or resolved
    if settled:
        with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
            ports.store.halts.ask_reconcile(ports.credential_id, ports.clock())
    return ports.clock() + timedelta(seconds=1) if waiting else None


def _settle(ports: AccountPorts, intent: Intent) -> bool:
    """Resolve one intent if that is possible now; return whether it is resolved."""
    try:
        report = ports.exchange.order(intent.symbol, intent.client_order_id)
    except ExchangeError as error:
        _tell_old(ports, intent, error.text)
        return False
    if report is not None:
        if report.status.terminal:
            settle(ports, intent, report)
        return report.status.terminal
    server_at = datetime.fromtimestamp(ports.exchange.server_ms() / 1000, UTC)
    if server_at <= intent.deadline_at + _SKEW:
        return False
    return _absent(ports, intent)


def _absent(ports: AccountPorts, intent: Intent) -> bool:
    """Count one more absence after the deadline; the second, with no unknown trade, proves it."""
    counted = replace(intent, absences=intent.absences + 1)
    proven = counted.absences >= _ABSENCES and not _unknown_trade(ports, intent)
    if proven:
        counted = replace(counted, status=IntentStatus.ABSENT, settled_at=ports.clock(), priced=True)
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.journal.update(counted)
    reached(KillPoint.ABSENCE_COUNTED)
    if not proven:
        _tell_old(ports, counted, Text(_UNEXPLAINED, {}))
    return proven


def _unknown_trade(ports: AccountPorts, intent: Intent) -> bool:
    """Whether the account traded the symbol until the intent's deadline under an order id nothing else explains."""
    known = ports.store.journal.order_ids(ports.credential_id, intent.symbol)
    until = intent.deadline_at + _SKEW
    try:
        trades = ports.exchange.trades(intent.symbol, intent.created_at - _SKEW)
    except ExchangeError:
        return True
    in_time = (trade for trade in trades if trade.traded_at <= until and trade.side is intent.side)
    return any(trade.order_id not in known for trade in in_time)


def _tell_old(ports: AccountPorts, intent: Intent, reason: Text) -> None:
    if ports.clock() - intent.created_at < _OLD or intent.explanation.get("told"):
        return
    told = replace(intent, explanation={**intent.explanation, "told": "yes"})
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.journal.update(told)
    numbers = {"symbol": intent.symbol, "reason": str(reason)}
    text = Text(N_("It is still unknown whether an order in %(symbol)s was executed: %(reason)s"), numbers)
    tell(ports, "order_unknown", text, severity=Severity.ALARM, tracker_id=intent.tracker_id, symbol=intent.symbol)
