"""Orders that were journaled as never executed, and turn up on the exchange after all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from nof1web.core import filling
from nof1web.core.records import Epoch, Intent, IntentStatus
from nof1web.core.trading import Fill, OrderReport
from nof1web.errors import N_, Refused
from nof1web.services.dating import noted_at
from nof1web.services.ports import AccountPorts
from nof1web.services.pricing import by_fills


def turned_up(ports: AccountPorts, intent: Intent, report: OrderReport, fills: Sequence[Fill]) -> Intent:
    """Settle an order taken for absent or refused by all its fills, and move its holding where a tracker has one.

    Refused when its change was carried out by other orders already, its tracker is gone, it closed more than is held,
    or a restored backup's journal gave its id to an order the other way round.
    """
    journal, at = ports.store.journal, noted_at(ports, fills[-1].traded_at)
    executed = sum((each.quantity for each in fills), Decimal(0))
    attempts = journal.attempts(intent.tracker_id, intent.symbol, intent.epoch, intent.step)
    epoch = ports.store.trackers.epoch(intent.tracker_id, intent.symbol, intent.epoch)
    fits = fills[0].side is intent.side and not _too_much(attempts, intent, executed)
    if not fits or (intent.tracker_id and not _takes(epoch, intent, executed)):
        raise Refused(
            N_("The order for step %(step)s of %(symbol)s is journaled already: settle it first."),
            step=intent.step,
            symbol=intent.symbol,
        )
    found = replace(
        intent,
        status=IntentStatus.FILLED if executed >= intent.quantity else IntentStatus.PARTIAL,
        executed=executed,
        order_id=report.order_id,
        exchange_code=None,
        settled_at=at,
        settled_no=journal.shown_by(ports.credential_id, fills[-1].traded_at, after=intent.written_no),
    )
    settled = by_fills(found, fills)
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence), durable=True):
        journal.update(settled)
        journal.add_fills(ports.credential_id, fills)
        if epoch is not None:
            ports.store.trackers.put_epoch(_taking(filling.filled(epoch, settled, at)))
    return settled


def _too_much(attempts: Iterable[Intent], late: Intent, executed: Decimal) -> bool:
    """Whether a step's attempts, oldest first, did so much that this one's fills are more than was ever wanted of it.

    A top-up asks for the rest alone: with what was done before it, it tells what the whole step wanted.
    """
    done = wanted = Decimal(0)
    for each in attempts:
        if each.shadow:
            return True
        # A step whose order never executed may have been decided again the other way round.
        if each.side is late.side:
            wanted = max(wanted, done + each.quantity)
            done += each.executed
    return done + executed > wanted


def _takes(epoch: Epoch | None, intent: Intent, executed: Decimal) -> bool:
    return epoch is not None and not (intent.kind.exits and executed > abs(epoch.quantity))


def _taking(epoch: Epoch) -> Epoch:
    """Return an epoch with what its holding needs set aside, where its entry was given up and nothing was."""
    if not epoch.quantity or not epoch.entry_price or epoch.allocation:
        return epoch
    return replace(epoch, allocation=abs(epoch.quantity) * epoch.entry_price / epoch.leverage)
