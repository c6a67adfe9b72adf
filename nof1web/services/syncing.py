"""The full account sync: what the exchange says, against what we believe (DESIGN §5 rule 8). Its own, slower lane."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from nof1web.core.records import Credential, Epoch, EpochState, Protection, ProtectionStatus, Severity
from nof1web.core.rounding import plain
from nof1web.core.trading import AlgoReport, AlgoStatus, Fill, Leg, Position
from nof1web.errors import N_, Text
from nof1web.services import pricing
from nof1web.services.loading import credential_of
from nof1web.services.placing import cancel_all
from nof1web.services.ports import AccountPorts
from nof1web.services.telling import tell

_QUIET = timedelta(seconds=10)
_OVERLAP = timedelta(seconds=5)


def run_sync(ports: AccountPorts) -> dict[str, object]:
    """Read the account once and bring epochs, prices and protection into line; return what was found.

    Raises ExchangeError when the account can't be read: nothing is changed then.
    """
    credential = credential_of(ports)
    # Our own clock, from before the first read: what we did later is told apart from what the account shows.
    read_at = ports.clock()
    account = replace(ports.exchange.account(), read_at=read_at)
    positions = ports.exchange.positions()
    changed = _verify_protections(ports, positions)
    priced = pricing.price_fills(ports)
    explained = _explain_smaller(ports, positions)
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.credentials.put_snapshot(credential.id, account, positions)
    ports.bus.publish(ports.user_id, ports.store.chronicle.last_event_id())
    holds = any(epoch.quantity and not epoch.shadow for epoch in ports.store.trackers.epochs(credential.id))
    if changed or explained or holds:
        # What was lost has to be placed again, what is left over has to go, and no exit may wait for news that
        # never comes: whatever ended a cycle early, the next sync has it looked at again.
        ports.queue.cycle(ports.user_id, ports.credential_id)
    return {"equity": plain(account.equity), "positions": len(positions), "priced": priced, "explained": explained}


def needs_sync(ports: AccountPorts, credential: Credential, oldest: timedelta) -> bool:
    """Whether the last snapshot is missing or older than allowed."""
    snapshot = ports.store.credentials.snapshot(credential.id)
    return snapshot is None or ports.clock() - snapshot[0].read_at > oldest


def _verify_protections(ports: AccountPorts, positions: tuple[Position, ...]) -> bool:
    """Mark what the listing shows as verified; find out about what it lacks. Return whether anything was lacking."""
    mine = [
        each for each in ports.store.journal.protections(ports.credential_id) if each.status is ProtectionStatus.RESTING
    ]
    listed: dict[str, AlgoReport] = {}
    for symbol in sorted({each.symbol for each in mine}):
        listed |= {report.client_algo_id: report for report in ports.exchange.protections(symbol)}
    for each in mine:
        if each.client_algo_id in listed:
            if not each.verified:
                _put(ports, replace(each, verified=True))
        else:
            _missing_protection(ports, each, positions)
    return any(each.client_algo_id not in listed for each in mine)


def _missing_protection(ports: AccountPorts, protection: Protection, positions: tuple[Position, ...]) -> None:
    report = ports.exchange.protection(protection.client_algo_id)
    if report is None or report.status in (AlgoStatus.CANCELED, AlgoStatus.EXPIRED, AlgoStatus.REJECTED):
        _put(ports, replace(protection, status=ProtectionStatus.CANCELLED))
        numbers = {"symbol": protection.symbol}
        text = Text(N_("A stop or target of %(symbol)s was removed on the exchange; it is placed again."), numbers)
        if ports.store.trackers.epoch(protection.tracker_id, protection.symbol, protection.epoch):
            tell(ports, "protection_missing", text, severity=Severity.WARNING, symbol=protection.symbol)
    elif report.status is AlgoStatus.FINISHED:
        _fired(ports, protection, report, positions)


def _fired(ports: AccountPorts, protection: Protection, report: AlgoReport, positions: tuple[Position, ...]) -> None:
    """Own stop or target fired: the other leg goes first, the epoch is stopped, the holding shrinks by the fills.

    While the trades don't show the fills yet, nothing is concluded: the next sync asks again.
    """
    store = ports.store
    epoch = store.trackers.epoch(protection.tracker_id, protection.symbol, protection.epoch)
    trades = ports.exchange.trades(protection.symbol, protection.created_at - _OVERLAP)
    fills = [trade for trade in trades if trade.order_id == report.order_id]
    executed = sum((fill.quantity for fill in fills), Decimal(0))
    if epoch is not None and executed < min(protection.quantity, abs(epoch.quantity)):
        if _live(epoch, positions) < abs(epoch.quantity) - executed:
            return
        if not executed:
            # Triggered, but its order ended without a fill: the position is still there, and bare.
            _put(ports, replace(protection, status=ProtectionStatus.CANCELLED))
            return
    if epoch is not None:
        present = store.journal.protections(ports.credential_id)
        cancel_all(ports, epoch, present, fired=protection.client_algo_id)
    with store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        store.journal.put_protection(replace(protection, status=ProtectionStatus.FIRED))
        store.journal.add_fills(ports.credential_id, fills)
        if epoch is not None:
            store.trackers.put_epoch(_shrunk(ports, epoch, executed, EpochState.STOPPED))
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


def _explain_smaller(ports: AccountPorts, positions: tuple[Position, ...]) -> int:
    """Shrink holdings that the account no longer has, where trades of somebody else explain it; return how many."""
    explained = 0
    pending = {intent.symbol for intent in ports.store.journal.unresolved(ports.credential_id)}
    epochs = [
        epoch for epoch in ports.store.trackers.epochs(ports.credential_id) if epoch.quantity and not epoch.shadow
    ]
    for epoch in epochs:
        lacking = abs(epoch.quantity) - _live(epoch, positions)
        if lacking > 0 and epoch.symbol not in pending and not _just_traded(ports, epoch.symbol):
            explained += _explain(ports, epoch, lacking)
    return explained


def _live(epoch: Epoch, positions: tuple[Position, ...]) -> Decimal:
    """Return how much the account has on an epoch's side of its symbol, unsigned."""
    same_side = (
        each.quantity
        for each in positions
        if each.symbol == epoch.symbol and (each.quantity > 0) == (epoch.quantity > 0)
    )
    return abs(sum(same_side, Decimal(0)))


def _explain(ports: AccountPorts, epoch: Epoch, lacking: Decimal) -> bool:
    trades = ports.exchange.trades(epoch.symbol, epoch.opened_at - _OVERLAP)
    foreign = [
        trade for trade in trades if _is_foreign(ports, trade) and (trade.side.value == "BUY") == (epoch.quantity < 0)
    ]
    evidence = min(sum((trade.quantity for trade in foreign), Decimal(0)), lacking)
    if not evidence:
        return False
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.journal.add_fills(ports.credential_id, foreign)
        ports.store.trackers.put_epoch(_shrunk(ports, epoch, evidence, EpochState.DONE))
    numbers = {"symbol": epoch.symbol, "quantity": plain(evidence)}
    text = Text(
        N_("%(quantity)s of %(symbol)s were closed outside of this app; the rest still follows the agent's exit."),
        numbers,
    )
    tell(ports, "closed_by_hand", text, severity=Severity.WARNING, tracker_id=epoch.tracker_id, symbol=epoch.symbol)
    return True


def _is_foreign(ports: AccountPorts, trade: Fill) -> bool:
    journal = ports.store.journal
    return trade.order_id not in journal.order_ids(ports.credential_id, trade.symbol)


def _just_traded(ports: AccountPorts, symbol: str) -> bool:
    """Whether an own order on the symbol filled in the last 10 s: reads may lag behind it (binance.md §7)."""
    limit = ports.clock() - _QUIET
    newest = ports.store.journal.intents(ports.credential_id, limit=20)
    filled = (each for each in newest if each.executed and each.settled_at is not None and each.symbol == symbol)
    return any(each.settled_at is not None and each.settled_at > limit for each in filled)


def _shrunk(ports: AccountPorts, epoch: Epoch, executed: Decimal, state: EpochState) -> Epoch:
    """The epoch after `executed` of its holding went, never below zero."""
    left = max(abs(epoch.quantity) - executed, Decimal(0))
    share = left / abs(epoch.quantity) if epoch.quantity else Decimal(0)
    quantity = left if epoch.quantity > 0 else -left
    closed_at = ports.clock() if not left else None
    return replace(epoch, quantity=quantity, allocation=epoch.allocation * share, state=state, closed_at=closed_at)


def _put(ports: AccountPorts, row: Protection) -> None:
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.journal.put_protection(row)
