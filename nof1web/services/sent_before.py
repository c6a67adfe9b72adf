"""Asking for an exit's id before it is sent: a restored database doesn't know what was sent since its backup."""

from __future__ import annotations

from datetime import timedelta

from nof1web.core.snapshot import PlannedOrder
from nof1web.core.trading import OrderReport
from nof1web.errors import N_, CredentialRefused, ExchangeError, Refused, Rejected
from nof1web.services.ids import client_order_id
from nof1web.services.ports import AccountPorts

_LONGEST = timedelta(seconds=60)
"""for how long an exit waits at most for an exchange that doesn't answer"""
_WAITS = N_("An exit in %(symbol)s waits until it is certain that it was not sent before.")


def sent_before(ports: AccountPorts, order: PlannedOrder) -> OrderReport | None:
    """Return what an exit's id did on the exchange, None for an exit that is to be sent (DESIGN §5 Sending).

    Asked only while the account waits to be compared with the exchange; entries wait for that themselves. Raises
    Refused where another order has the id, or while the exchange can't tell, which keeps no exit for long.
    """
    halts = ports.store.halts
    if not order.kind.exits or order.shadow or not halts.reconcile_due(ports.credential_id):
        return None
    asked_at = halts.reconcile_asked_at(ports.credential_id)
    try:
        report = ports.exchange.order(order.symbol, _next_id(ports, order))
    except (CredentialRefused, Rejected):
        # Sending tells more.
        return None
    except ExchangeError as error:
        if asked_at is None or abs(ports.clock() - asked_at) > _LONGEST:
            return None
        raise Refused(_WAITS, symbol=order.symbol) from error
    if report is None or (report.status.terminal and not report.executed):
        return None
    epoch = ports.store.trackers.epoch(order.tracker_id, order.symbol, order.epoch)
    most = abs(epoch.quantity) if epoch is not None else order.quantity
    known = ports.store.credentials.snapshot(ports.credential_id)
    # A reading that may show it already is explained by the next sync.
    seen = known is not None and asked_at is not None and known[0].read_at >= asked_at
    if seen or report.side is not order.side or not report.status.terminal or report.executed > most:
        raise Refused(_WAITS, symbol=order.symbol)
    return report


def _next_id(ports: AccountPorts, order: PlannedOrder) -> str:
    """Return the id that an order is going to have."""
    change = (order.tracker_id, order.symbol, order.epoch)
    epoch = ports.store.trackers.epoch(*change)
    step = epoch.step if epoch is not None else 0
    last = ports.store.journal.intent(*change, step)
    return client_order_id(ports.installation_code, *change, step, 0 if last is None else last.attempt + 1)
