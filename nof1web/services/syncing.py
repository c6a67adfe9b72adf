"""The full account sync: what the exchange says, against what we believe (DESIGN §5 rule 8). Its own, slower lane."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core.records import Credential, Epoch, EpochState, Protection, ProtectionStatus, Severity
from nof1web.core.rounding import plain
from nof1web.core.trading import AlgoReport, AlgoStatus, Fill, Leg, Position, Side
from nof1web.errors import N_, Text
from nof1web.services import explaining, legs, pricing, reconciled, reconciling, surveying
from nof1web.services.dating import noted_at, since
from nof1web.services.loading import credential_of, is_fresh
from nof1web.services.placing import GONE, cancel_others, put, young
from nof1web.services.ports import AccountPorts
from nof1web.services.telling import tell
from nof1web.services.unreadable import Unreadable, tell_unreadable

_Listed = dict[str, tuple[AlgoReport, ...]]
_LATELY = timedelta(hours=1)
"""how long a leg is looked for once nothing is held"""
_PUT_BACK = timedelta(days=1)
"""by how much the clock here may have been put back since a leg was written; its fills are known by their order"""


def run_sync(ports: AccountPorts, *, urgent: bool = False, in_cycle: bool = False) -> dict[str, object]:
    """Read the account once and bring epochs, prices and protection into line; return what was found.

    Raises ExchangeError when the account can't be read: nothing is changed then. Before an entry it is `urgent`:
    OverBudget at once where the shared budget has nothing left for it. `in_cycle`: the one it is part of looks at what
    is held, so no other is asked for just for that.
    """
    credential = credential_of(ports)
    # From before the first read: what we did later is told apart from what the account shows.
    read_at = ports.clock()
    account, positions = surveying.survey(ports, read_at, urgent=urgent)
    before, until = explaining.believed(ports), reconciled.explained_until(ports)
    told = ports.store.chronicle.last_event_id()
    unreadable = Unreadable()
    held = _lately_held(ports)
    listing = surveying.to_list(ports, held, positions, read_at)
    changed, undecided, listed = _verify_protections(ports, positions, listing, unreadable)
    findings = reconciling.find_unknown(
        ports, positions, before.earlier, account=account, undecided=undecided, until=until
    )
    unreadable.errors.update(findings.failed)
    looked_at = listing & held
    changed = bool(_look_at_legs(ports, positions, (looked_at, listed), unreadable) or findings.adopted) or changed
    priced = pricing.price_fills(ports, unreadable)
    explained = explaining.explain_smaller(ports, positions, read_at, before, findings)
    tell_unreadable(ports, unreadable, until or read_at)
    findings.refused |= unreadable.refused
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        believed = reconciled.believed_positions(positions, findings)
        ports.store.credentials.put_snapshot(credential.id, account, believed, now=ports.clock())
        reconciled.note(ports, read_at, findings)
    ports.bus.publish(ports.user_id, ports.store.chronicle.last_event_id())
    if changed or explained or (_held(ports) and not in_cycle) or ports.store.journal.unresolved(credential.id):
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


def _held(ports: AccountPorts) -> bool:
    return any(epoch.quantity and not epoch.shadow for epoch in ports.store.trackers.epochs(ports.credential_id))


def needs_sync(ports: AccountPorts, credential: Credential, oldest: timedelta) -> bool:
    """Whether the last snapshot is missing or older than allowed."""
    snapshot = ports.store.credentials.snapshot(credential.id)
    return snapshot is None or not is_fresh(snapshot[0], ports.clock(), oldest)


def _drift(ports: AccountPorts, after: int) -> list[dict[str, str]]:
    """Return what was told since an event: everything in which the account was not as believed, oldest first."""
    events = ports.store.chronicle.events(after=after, credential_id=ports.credential_id)
    return [{"kind": each.kind, "symbol": each.symbol, "message": str(each.text)} for each in reversed(events)]


def _lately_held(ports: AccountPorts) -> frozenset[str]:
    epochs = ports.store.trackers.epochs(ports.credential_id, since=ports.clock() - _LATELY)
    return frozenset(each.symbol for each in epochs if not each.shadow and (each.quantity or each.step))


def _look_at_legs(
    ports: AccountPorts,
    positions: tuple[Position, ...],
    found: tuple[frozenset[str], _Listed],
    unreadable: Unreadable,
) -> int:
    """Recognise what rests in the symbols that are or were lately held; return how many legs count again."""
    held, listed = found
    adopted = 0
    for symbol in sorted(held - unreadable.errors.keys()):
        with unreadable.reading(symbol):
            rows = listed.get(symbol) or ports.exchange.protections(symbol)
            adopted += legs.look_at_legs(ports, symbol, rows, positions)
    return adopted


def _verify_protections(
    ports: AccountPorts, positions: tuple[Position, ...], listing: frozenset[str], unreadable: Unreadable
) -> tuple[bool, frozenset[str], _Listed]:
    """Mark what the listing shows as verified; find out about what it lacks.

    Return whether anything was lacking, the symbols in which it can't be told yet what became of it, and what rests
    by symbol.
    """
    mine = [
        each for each in ports.store.journal.protections(ports.credential_id) if each.status is ProtectionStatus.RESTING
    ]
    lists: _Listed = {}
    for symbol in sorted({each.symbol for each in mine} & listing):
        with unreadable.reading(symbol):
            lists[symbol] = ports.exchange.protections(symbol)
    listed = {report.client_algo_id for rows in lists.values() for report in rows}
    lacking = [each for each in mine if each.client_algo_id not in listed and each.symbol in lists]
    for each in mine:
        if each.client_algo_id in listed and not each.verified:
            put(ports, replace(each, verified=True))
    undecided = set(unreadable.errors)
    for each in lacking:
        told = False
        with unreadable.reading(each.symbol):
            told = _missing_protection(ports, each, positions)
        undecided |= set() if told else {each.symbol}
    return bool(lacking), frozenset(undecided), lists


def _missing_protection(ports: AccountPorts, protection: Protection, positions: tuple[Position, ...]) -> bool:
    """Find out what became of a leg that rests no more; return whether that can be told now."""
    report = ports.exchange.protection(protection.client_algo_id)
    if report is None and young(ports, protection):
        return False
    if report is None or report.status in GONE:
        put(ports, replace(protection, status=ProtectionStatus.CANCELLED))
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
    trades = ports.exchange.trades(protection.symbol, since(ports, protection.created_at) - _PUT_BACK)
    fills = tuple(trade for trade in trades if trade.order_id == report.order_id)
    epoch = _holder(ports, protection, report.order_id, fills)
    executed = sum((fill.quantity for fill in fills), Decimal(0))
    if not executed and (epoch is None or not epoch.quantity):
        # What it stood for was gone before it triggered.
        put(ports, replace(protection, status=ProtectionStatus.CANCELLED))
        return True
    if epoch is not None and executed < min(protection.quantity, abs(epoch.quantity)):
        gone = explaining.live(epoch, positions) < abs(epoch.quantity) - executed
        if not _ended(ports, protection, report, executed, unlisted=not gone):
            return False
        if not executed:
            # Its order ended without a fill: the position is still there, and bare, or somebody had closed it before.
            put(ports, replace(protection, status=ProtectionStatus.CANCELLED))
            return True
    if epoch is not None:
        present = store.journal.protections(ports.credential_id)
        cancel_others(ports, present, protection)
        if epoch.epoch != protection.epoch and executed >= abs(epoch.quantity):
            # What took the holding over has legs of its own.
            cancel_others(ports, present, replace(protection, epoch=epoch.epoch))
    with store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        store.journal.put_protection(replace(protection, status=ProtectionStatus.FIRED, order_id=report.order_id))
        store.journal.add_fills(ports.credential_id, fills)
        if epoch is not None:
            store.trackers.put_epoch(_stopped(epoch, protection, fills, ports.clock()))
    _tell_fired(ports, protection)
    return True


def _tell_fired(ports: AccountPorts, protection: Protection) -> None:
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


def _holder(ports: AccountPorts, protection: Protection, order_id: str, fills: tuple[Fill, ...]) -> Epoch | None:
    """Return the epoch whose holding a leg closes: its own, or the tracker's next one, which took the holding over.

    The agent's new epoch has the holding from its first order on; the old leg may fire before the new one rests. What
    was filled before a holding was opened took nothing of it: one that is taken over is as old as it was.
    """
    store = ports.store
    epoch = store.trackers.epoch(protection.tracker_id, protection.symbol, protection.epoch)
    booked = order_id in store.journal.order_ids(ports.credential_id, protection.symbol)
    if booked or (epoch is not None and epoch.quantity):
        return epoch
    long = protection.side is Side.SELL
    for each in store.trackers.epochs(ports.credential_id, symbol=protection.symbol):
        mine = each.tracker_id == protection.tracker_id and not each.shadow
        older = fills and noted_at(ports, fills[0].traded_at) < each.opened_at <= ports.clock()
        if mine and each.quantity and (each.quantity > 0) == long and not older:
            return each
    return epoch


def _ended(
    ports: AccountPorts, protection: Protection, report: AlgoReport, executed: Decimal, *, unlisted: bool
) -> bool:
    """Whether a triggered leg's order is over with no more fills than were shown; `unlisted`: also if it isn't listed.

    One that isn't listed for a second time is over, too.
    """
    orders = ports.exchange.orders(protection.symbol, report.order_id) if report.order_id else ()
    order = next((each for each in orders if each.order_id == report.order_id), None)
    if order is not None:
        return order.status.terminal and order.executed <= executed
    if protection.verified:
        put(ports, replace(protection, verified=False))
    return unlisted or not protection.verified


def _stopped(epoch: Epoch, protection: Protection, fills: tuple[Fill, ...], at: datetime) -> Epoch:
    """Return the epoch after its own stop or target fired; over even when a part of its holding is left."""
    order_id = fills[0].order_id if fills else ""
    found = explaining.own_trigger(epoch, protection.leg, order_id, fills, at)
    return replace(explaining.shrunk(epoch, found, at), state=EpochState.STOPPED)
