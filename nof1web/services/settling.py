"""Unresolved intents: what became of an order whose answer never came (DESIGN §5 Sending, binance.md §7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core.clocks import ahead
from nof1web.core.records import Intent, IntentStatus, Severity
from nof1web.core.trading import Side
from nof1web.errors import N_, ExchangeError, Rejected, Text
from nof1web.services.dating import exchange_now, noted_at, signed_at
from nof1web.services.kill_points import KillPoint, reached
from nof1web.services.loading import live_quantities
from nof1web.services.ports import AccountPorts
from nof1web.services.sending import settle
from nof1web.services.telling import tell
from nof1web.services.unreadable import stop_refused

_ABSENCES = 2
_APART = timedelta(seconds=2)
"""how far apart two absences must be: reads may lag behind an order (binance.md §7)"""
_SKEW = timedelta(seconds=1)
_OLD = timedelta(seconds=60)
_AGAIN = timedelta(seconds=30)
"""how long an order isn't asked for again once the exchange refused to tell of it"""
_REFUSED = "refused"
_UNEXPLAINED = N_("the account traded this symbol at that moment, and no order of ours explains it.")


def settle_unresolved(ports: AccountPorts) -> datetime | None:
    """Ask the exchange about every unresolved intent; return when to ask again, None when all are resolved.

    An order is absent only when the exchange said so twice after its deadline, some time apart, and no unknown trade
    happened since.
    """
    waiting = settled = False
    for intent in ports.store.journal.unresolved(ports.credential_id):
        resolved = _settle(ports, intent)
        waiting, settled = waiting or not resolved, settled or resolved
    if settled:
        with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
            ports.store.halts.ask_reconcile(ports.credential_id, ports.clock(), lacking=False)
    return ports.clock() + timedelta(seconds=1) if waiting else None


def refused_symbols(ports: AccountPorts) -> set[str]:
    """Return the symbols of unresolved orders of which the exchange refuses to tell, as it does of a delisted one's."""
    waiting = ports.store.journal.unresolved(ports.credential_id)
    return {each.symbol for each in waiting if _REFUSED in each.explanation}


def _settle(ports: AccountPorts, intent: Intent) -> bool:
    """Resolve one intent if that is possible now; return whether it is resolved."""
    lately = intent.settled_at is not None and timedelta(0) <= ports.clock() - intent.settled_at < _AGAIN
    if _REFUSED in intent.explanation and lately:
        return False
    try:
        report = ports.exchange.order(intent.symbol, intent.client_order_id)
    except Rejected as error:
        return _refused(ports, intent, error)
    except ExchangeError as error:
        _tell_old(ports, intent, error.text)
        return False
    # After a restored backup an order the other way round may have had its id before.
    if report is not None and report.side in (None, intent.side):
        if report.status.terminal:
            # It was executed by its deadline, however late that is found out.
            shown = ports.store.journal.shown_by(ports.credential_id, intent.deadline_at, after=intent.written_no)
            settle(ports, replace(intent, settled_no=shown), report)
        return report.status.terminal
    if exchange_now(ports) <= intent.deadline_at + _SKEW:
        return False
    return _absent(ports, intent)


def _refused(ports: AccountPorts, intent: Intent, error: Rejected) -> bool:
    """Stop entries in the symbol; the order is over once a reading from after it has no more than is held.

    Nothing is entered in the symbol until a person has looked, so that nothing is sent twice. What the account has more
    keeps the order unknown until a person has closed it on the exchange.
    """
    stop_refused(ports, intent.symbol, error)
    now = ports.clock()
    kept = replace(intent, settled_at=now, explanation={**intent.explanation, _REFUSED: "yes"})
    over = exchange_now(ports) > intent.deadline_at + _SKEW and not _shows_more(ports, intent)
    if over:
        kept = replace(kept, status=IntentStatus.ABSENT, priced=True)
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.journal.update(kept)
    if not over:
        _tell_old(ports, kept, error.text)
    return over


def _shows_more(ports: AccountPorts, intent: Intent) -> bool:
    """Whether the account may have more on the order's side than is held: it has, or wasn't read long enough after."""
    snapshot = ports.store.credentials.snapshot(ports.credential_id)
    written_at = intent.created_at
    if ahead(written_at, ports.clock()):
        # By a clock that was put right since.
        written_at = noted_at(ports, signed_at(intent))
    if snapshot is None or snapshot[0].read_at < written_at + _OLD:
        return True
    long = (intent.side is Side.BUY) != intent.kind.exits
    live = live_quantities(snapshot[1], (), hedge=snapshot[0].hedge).get((intent.symbol, long), Decimal(0))
    epochs = ports.store.trackers.epochs(ports.credential_id, symbol=intent.symbol)
    held = sum((abs(each.quantity) for each in epochs if not each.shadow and (each.quantity > 0) == long), Decimal(0))
    return not intent.kind.exits and live > held


def _absent(ports: AccountPorts, intent: Intent) -> bool:
    """Count one more absence after the deadline; the second, some time later and with no unknown trade, proves it."""
    now = ports.clock()
    if intent.settled_at is not None and abs(now - intent.settled_at) < _APART:
        # What lags behind answers the same twice at once.
        return False
    # Until it is settled, its time is that of the last absence.
    counted = replace(intent, absences=intent.absences + 1, settled_at=now)
    proven = counted.absences >= _ABSENCES and not _unknown_trade(ports, intent)
    if proven:
        counted = replace(counted, status=IntentStatus.ABSENT, priced=True)
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.journal.update(counted)
    reached(KillPoint.ABSENCE_COUNTED)
    if not proven:
        _tell_old(ports, counted, Text(_UNEXPLAINED, {}))
    return proven


def _unknown_trade(ports: AccountPorts, intent: Intent) -> bool:
    """Whether the account traded the symbol until the intent's deadline, and the trade may be the intent's.

    One under another client id, a person's or another app's, is explained; one whose order isn't listed is not.
    """
    known = ports.store.journal.order_ids(ports.credential_id, intent.symbol)
    until = intent.deadline_at + _SKEW
    try:
        trades = ports.exchange.trades(intent.symbol, signed_at(intent) - _SKEW)
        in_time = (trade for trade in trades if trade.traded_at <= until and trade.side is intent.side)
        unknown = {trade.order_id for trade in in_time} - known
        listed = ports.exchange.orders(intent.symbol, min(unknown, key=int)) if unknown else ()
    except ExchangeError:
        return True
    return bool(unknown - {each.order_id for each in listed if each.client_order_id != intent.client_order_id})


def _tell_old(ports: AccountPorts, intent: Intent, reason: Text) -> None:
    if ports.clock() - intent.created_at < _OLD or intent.explanation.get("told"):
        return
    told = replace(intent, explanation={**intent.explanation, "told": "yes"})
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.journal.update(told)
    numbers = {"symbol": intent.symbol, "reason": str(reason)}
    text = Text(N_("It is still unknown whether an order in %(symbol)s was executed: %(reason)s"), numbers)
    tell(ports, "order_unknown", text, severity=Severity.ALARM, tracker_id=intent.tracker_id, symbol=intent.symbol)
