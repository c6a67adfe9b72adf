"""Orders for a holding that a stop or target of ours may have closed already, unseen since the account was read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta

from nof1web.core.records import Protection, ProtectionStatus
from nof1web.core.snapshot import PlannedOrder, Snapshot
from nof1web.errors import CredentialRefused, ExchangeError
from nof1web.services.loading import is_fresh
from nof1web.services.placing import young
from nof1web.services.ports import AccountPorts
from nof1web.services.syncing import run_sync

_FRESH = timedelta(seconds=5)


def looked_first(ports: AccountPorts, snapshot: Snapshot, orders: Iterable[PlannedOrder]) -> bool:
    """Sync where an exit could take a person's own share; return whether that was tried: decide anew then."""
    return looked_at(ports, snapshot, {order.symbol for order in orders if order.kind.exits and not order.shadow})


def looked_at(ports: AccountPorts, snapshot: Snapshot, symbols: Collection[str]) -> bool:
    """Sync where an exit in one of these symbols could take a person's own share; return whether that was tried.

    It could where a stop or target of ours rests, which may have fired since the account was read (DESIGN §5 rule 7).
    """
    legs = {each.symbol for each in ports.store.journal.protections(ports.credential_id)}
    if just_read(ports, snapshot) or not any(snapshot.shares(symbol) for symbol in legs.intersection(symbols)):
        return False
    try:
        run_sync(ports)
    except CredentialRefused:
        raise
    except ExchangeError:
        # No exit waits for news that don't come.
        return True
    return True


def fired_meanwhile(ports: AccountPorts, snapshot: Snapshot, symbol: str, *, exits: bool) -> bool:
    """Ask whether a stop or target of ours in a symbol rests no more, and sync then; True: no order leaves now.

    It may have fired, whatever the price did since: an increase would buy back what it closed (DESIGN §5 rule 8), an
    exit beside a person's own share would take from that (rule 7). Weight 1 for each leg; an increase right after a
    reading asks nothing. Where nobody can tell, ExchangeError for an increase; an exit doesn't wait.
    """
    asks = snapshot.shares(symbol) or _unclear(ports) if exits else not just_read(ports, snapshot)
    try:
        return bool(asks) and _synced_for(ports, symbol)
    except CredentialRefused:
        raise
    except ExchangeError:
        if not exits:
            raise
        return False


def fired_before(ports: AccountPorts, symbol: str) -> bool:
    """Ask the same before a leg is placed beside a person's own share; True: none is placed now.

    Whichever leg fired closed the holding: another one would rest over what isn't the holding's (DESIGN §5 rule 7). It
    waits, too, where nobody can tell.
    """
    try:
        return _synced_for(ports, symbol)
    except CredentialRefused:
        raise
    except ExchangeError:
        return True


def _synced_for(ports: AccountPorts, symbol: str) -> bool:
    """Sync where a leg of ours in a symbol is taken for resting and rests no more; return whether that was done."""
    legs = (each for each in ports.store.journal.protections(ports.credential_id) if each.symbol == symbol)
    # The pieces of a large leg fire together.
    resting = {
        (each.tracker_id, each.epoch, each.leg, each.trigger): each
        for each in legs
        if each.status is ProtectionStatus.RESTING
    }
    if all(_rests(ports, leg) for leg in resting.values()):
        return False
    run_sync(ports)
    return True


def _rests(ports: AccountPorts, leg: Protection) -> bool:
    report = ports.exchange.protection(leg.client_algo_id)
    return young(ports, leg) if report is None else report.status.resting


def _unclear(ports: AccountPorts) -> bool:
    """Whether the last reading left something unexplained: a share that nobody opened may not be seen as one then."""
    known = ports.store.credentials.snapshot(ports.credential_id)
    until = ports.store.halts.reconciled_at(ports.credential_id)
    return known is not None and until is not None and until < known[0].read_at


def just_read(ports: AccountPorts, snapshot: Snapshot) -> bool:
    """Whether the account was read so lately, or never, that reading it tells nothing new."""
    known = ports.store.credentials.snapshot(ports.credential_id)
    return known is None or is_fresh(known[0], snapshot.now, _FRESH)
