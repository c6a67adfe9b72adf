"""The full account sync: what the exchange says, against what we believe (DESIGN §5 rule 8). Its own, slower lane."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core.records import Credential, Epoch, EpochState, Protection, ProtectionStatus, Severity
from nof1web.core.rounding import plain
from nof1web.core.trading import Account, AlgoReport, AlgoStatus, Fill, Leg, Position
from nof1web.errors import N_, Text
from nof1web.services import explaining, pricing, reconciling
from nof1web.services.loading import credential_of
from nof1web.services.placing import cancel_others
from nof1web.services.ports import AccountPorts
from nof1web.services.telling import tell

_OVERLAP = timedelta(seconds=5)
_MODES_SECONDS = 600


def run_sync(ports: AccountPorts) -> dict[str, object]:
    """Read the account once and bring epochs, prices and protection into line; return what was found.

    Raises ExchangeError when the account can't be read: nothing is changed then.
    """
    credential = credential_of(ports)
    # Our own clock, from before the first read: what we did later is told apart from what the account shows.
    read_at = ports.clock()
    account = _account(ports, read_at)
    positions = ports.exchange.positions()
    before = explaining.believed(ports)
    told = ports.store.chronicle.last_event_id()
    changed, undecided, listed = _verify_protections(ports, positions)
    findings = reconciling.find_unknown(ports, positions, before.earlier, hedge=account.hedge, undecided=undecided)
    changed = bool(_look_at_legs(ports, positions, listed) or findings.adopted) or changed
    priced = pricing.price_fills(ports)
    explained = explaining.explain_smaller(ports, positions, read_at, before, findings)
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.credentials.put_snapshot(credential.id, account, positions)
        ports.store.halts.reconciled(credential.id, read_at)
        if findings.adopted:
            # Settled after the reading that shows them: only the next one tells them from a foreign share.
            ports.store.halts.ask_reconcile(credential.id, ports.clock())
    ports.bus.publish(ports.user_id, ports.store.chronicle.last_event_id())
    holds = any(epoch.quantity and not epoch.shadow for epoch in ports.store.trackers.epochs(credential.id))
    if changed or explained or holds or ports.store.journal.unresolved(credential.id):
        # What was lost has to be placed again, what is left over has to go, an order without an answer may have
        # opened something bare, and no exit may wait for news that never comes: whatever ended a cycle early, the
        # next sync has it looked at again.
        ports.queue.cycle(ports.user_id, ports.credential_id)
    return {
        "equity": plain(account.equity),
        "positions": len(positions),
        "priced": priced,
        "explained": explained,
        "adopted": findings.adopted,
        "drift": _drift(ports, told),
    }


def _account(ports: AccountPorts, read_at: datetime) -> Account:
    """Read the account; its margin modes only when none are known, else once in each ten minutes.

    They are read anew before anything is opened (services/preparing.py), and a position's can't change.
    """
    known = ports.store.credentials.snapshot(ports.credential_id)
    isolated = known[0].isolated if known is not None else None
    due = known is None or isolated is None or _part(known[0].read_at) != _part(read_at)
    account = replace(ports.exchange.account(margin_modes=due), read_at=read_at)
    return account if due or account.isolated is not None else replace(account, isolated=isolated)


def _part(at: datetime) -> int:
    return int(at.timestamp()) // _MODES_SECONDS


def needs_sync(ports: AccountPorts, credential: Credential, oldest: timedelta) -> bool:
    """Whether the last snapshot is missing or older than allowed."""
    snapshot = ports.store.credentials.snapshot(credential.id)
    return snapshot is None or ports.clock() - snapshot[0].read_at > oldest


def _drift(ports: AccountPorts, after: int) -> list[dict[str, str]]:
    """Return what was told since an event: everything in which the account was not as believed, oldest first."""
    events = ports.store.chronicle.events(after=after, credential_id=ports.credential_id)
    return [{"kind": each.kind, "symbol": each.symbol, "message": str(each.text)} for each in reversed(events)]


def _look_at_legs(
    ports: AccountPorts, positions: tuple[Position, ...], listed: dict[str, tuple[AlgoReport, ...]]
) -> int:
    """Recognise what rests in the symbols that are held; return how many lost legs were adopted."""
    epochs = ports.store.trackers.epochs(ports.credential_id)
    held = sorted({each.symbol for each in epochs if each.quantity and not each.shadow})
    lists = {symbol: listed.get(symbol) or ports.exchange.protections(symbol) for symbol in held}
    return sum(reconciling.look_at_legs(ports, symbol, rows, positions) for symbol, rows in lists.items())


def _verify_protections(
    ports: AccountPorts, positions: tuple[Position, ...]
) -> tuple[bool, frozenset[str], dict[str, tuple[AlgoReport, ...]]]:
    """Mark what the listing shows as verified; find out about what it lacks.

    Return whether anything was lacking, the symbols in which it can't be told yet what became of it, and what rests
    by symbol.
    """
    mine = [
        each for each in ports.store.journal.protections(ports.credential_id) if each.status is ProtectionStatus.RESTING
    ]
    lists = {symbol: ports.exchange.protections(symbol) for symbol in sorted({each.symbol for each in mine})}
    listed = {report.client_algo_id for rows in lists.values() for report in rows}
    lacking = [each for each in mine if each.client_algo_id not in listed]
    for each in mine:
        if each.client_algo_id in listed and not each.verified:
            _put(ports, replace(each, verified=True))
    undecided = {each.symbol for each in lacking if not _missing_protection(ports, each, positions)}
    return bool(lacking), frozenset(undecided), lists


def _missing_protection(ports: AccountPorts, protection: Protection, positions: tuple[Position, ...]) -> bool:
    """Find out what became of a leg that rests no more; return whether that can be told now."""
    report = ports.exchange.protection(protection.client_algo_id)
    if report is None or report.status in (AlgoStatus.CANCELED, AlgoStatus.EXPIRED, AlgoStatus.REJECTED):
        _put(ports, replace(protection, status=ProtectionStatus.CANCELLED))
        numbers = {"symbol": protection.symbol}
        text = Text(N_("A stop or target of %(symbol)s was removed on the exchange; it is placed again."), numbers)
        if ports.store.trackers.epoch(protection.tracker_id, protection.symbol, protection.epoch):
            tell(ports, "protection_missing", text, severity=Severity.WARNING, symbol=protection.symbol)
        return True
    return report.status is AlgoStatus.FINISHED and _fired(ports, protection, report, positions)


def _fired(ports: AccountPorts, protection: Protection, report: AlgoReport, positions: tuple[Position, ...]) -> bool:
    """Own stop or target fired: the other leg goes first, the epoch is stopped, the holding shrinks by the fills.

    While the trades don't show the fills yet, nothing is concluded (False): the next sync asks again.
    """
    store = ports.store
    epoch = store.trackers.epoch(protection.tracker_id, protection.symbol, protection.epoch)
    trades = ports.exchange.trades(protection.symbol, protection.created_at - _OVERLAP)
    fills = tuple(trade for trade in trades if trade.order_id == report.order_id)
    executed = sum((fill.quantity for fill in fills), Decimal(0))
    if epoch is not None and executed < min(protection.quantity, abs(epoch.quantity)):
        if explaining.live(epoch, positions) < abs(epoch.quantity) - executed:
            return False
        if not executed:
            # Triggered, but its order ended without a fill: the position is still there, and bare.
            _put(ports, replace(protection, status=ProtectionStatus.CANCELLED))
            return True
    if epoch is not None:
        present = store.journal.protections(ports.credential_id)
        cancel_others(ports, present, protection)
    with store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        store.journal.put_protection(replace(protection, status=ProtectionStatus.FIRED))
        store.journal.add_fills(ports.credential_id, fills)
        if epoch is not None:
            store.trackers.put_epoch(_stopped(epoch, protection, fills, ports.clock()))
    word = N_("The stop of %(symbol)s was hit at %(trigger)s: the position is closed.")
    if protection.leg is Leg.TARGET:
        word = N_("The target of %(symbol)s was reached at %(trigger)s: the position is closed.")
    numbers = {"symbol": protection.symbol, "trigger": plain(protection.trigger)}
    tell(
        ports,
        f"{protection.leg}_fired",
        Text(word, numbers),
        severity=Severity.WARNING,
        tracker_id=protection.tracker_id,
        symbol=protection.symbol,
    )
    return True


def _stopped(epoch: Epoch, protection: Protection, fills: tuple[Fill, ...], at: datetime) -> Epoch:
    """Return the epoch after its own stop or target fired; over even when a part of its holding is left."""
    order_id = fills[0].order_id if fills else ""
    found = explaining.own_trigger(epoch, protection.leg, order_id, fills, at)
    return replace(explaining.shrunk(epoch, found, at), state=EpochState.STOPPED)


def _put(ports: AccountPorts, row: Protection) -> None:
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.journal.put_protection(row)
