"""Asking for an exit's id before it is sent: a restored database doesn't know what was sent since its backup."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nof1web.core.rounding import plain
from nof1web.core.snapshot import PlannedOrder
from nof1web.core.trading import OrderReport, OrderStatus
from nof1web.errors import N_, CredentialRefused, ExchangeError, Refused, Rejected
from nof1web.services.ids import client_order_id
from nof1web.services.ports import AccountPorts

_LONGEST = timedelta(seconds=60)
"""for how long an exit waits at most until it is certain what was sent"""
_ATTEMPTS = 3
"""of how many attempts is asked: what was refused, as for its age, left no order under the first one's id"""
_WAITS = N_("An exit in %(symbol)s waits until it is certain that it was not sent before.")


@dataclass(frozen=True, slots=True)
class Before:
    """What an exit's ids did on the exchange: the report to be settled in place of sending, and what shows it.

    `order` is the exit as it is to be journaled. `shown_by` is the number of the account's last reading where that was
    made since, else 0; `passed` is how many attempts to leave out, whose ids are taken.
    """

    order: PlannedOrder
    report: OrderReport | None = None
    shown_by: int = 0
    passed: int = 0


def sent_before(ports: AccountPorts, order: PlannedOrder) -> Before:
    """Return what was sent already of an exit, and which attempt it is to be sent as (DESIGN §5 Sending).

    Asked only while orders may be lacking here; entries wait for the account to be compared. Raises Refused where
    another order has the id, or while the exchange can't tell, which keeps no exit for long.
    """
    since = ports.store.halts.lacking_since(ports.credential_id)
    if not order.kind.exits or order.shadow or since is None:
        return Before(order)
    late = abs(ports.clock() - since) > _LONGEST
    passed = 0
    for attempt, client_id in enumerate(_next_ids(ports, order)):
        try:
            report = ports.exchange.order(order.symbol, client_id)
        except (CredentialRefused, Rejected):
            # Sending tells more.
            return Before(order, passed=passed)
        except ExchangeError as error:
            if late:
                return Before(order, passed=passed)
            raise Refused(_WAITS, symbol=order.symbol) from error
        if report is None:
            continue
        if _fits(ports, order, report):
            return Before(_as_sent(order, report), report, _shown_by(ports, since), attempt)
        if not late and (report.executed or not report.status.terminal):
            # The next sync may take it over: only then is it known how much is left to be closed.
            raise Refused(_WAITS, symbol=order.symbol)
        passed = attempt + 1
    return Before(order, passed=passed)


def _as_sent(order: PlannedOrder, report: OrderReport) -> PlannedOrder:
    """Return an exit as large as it was sent, where it was wholly executed and now would be larger.

    Its step is over then: what was sent after it has the ids of further steps, and the rest is decided anew.
    """
    if report.status is not OrderStatus.FILLED or report.executed >= order.quantity:
        return order
    delta = report.executed.copy_sign(order.delta)
    return replace(order, delta=delta, explanation={**order.explanation, "rest": plain(order.delta - delta)})


def _fits(ports: AccountPorts, order: PlannedOrder, report: OrderReport) -> bool:
    """Whether a finished order closed a part of what is held here at most."""
    epoch = ports.store.trackers.epoch(order.tracker_id, order.symbol, order.epoch)
    most = abs(epoch.quantity) if epoch is not None else order.quantity
    return report.status.terminal and report.side is order.side and 0 < report.executed <= most


def _shown_by(ports: AccountPorts, since: datetime) -> int:
    """Return the number of the account's last reading if it shows what was sent before a moment, else 0."""
    known = ports.store.credentials.snapshot(ports.credential_id)
    return known[0].read_no if known is not None and since <= known[0].read_at <= ports.clock() else 0


def _next_ids(ports: AccountPorts, order: PlannedOrder) -> tuple[str, ...]:
    """Return the ids that an order's next attempts are going to have."""
    change = (order.tracker_id, order.symbol, order.epoch)
    epoch = ports.store.trackers.epoch(*change)
    step = epoch.step if epoch is not None else 0
    last = ports.store.journal.intent(*change, step)
    first = 0 if last is None else last.attempt + 1
    attempts = range(first, first + _ATTEMPTS)
    return tuple(client_order_id(ports.installation_code, *change, step, each) for each in attempts)
