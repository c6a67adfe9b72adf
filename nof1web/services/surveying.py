"""Reading an account for as little weight as it takes: everything seldom, else only what a number asks for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from nof1web.core import overview as numbers
from nof1web.core.protection import breached
from nof1web.core.records import ProtectionStatus, Severity
from nof1web.core.trading import Account, Position
from nof1web.errors import N_, Text
from nof1web.services.dating import exchange_now
from nof1web.services.ports import AccountPorts
from nof1web.services.telling import tell

WHOLE = timedelta(minutes=30)
"""how long modes, leverages and liquidation prices serve without being read again, where syncs come each minute"""
LONGEST = timedelta(hours=6)
"""how long they serve at most: where syncs are stretched, so is this"""
LISTED = 2
"""symbols whose resting legs are listed per minute where nothing asks for it"""
MODE_REFUSED = (-4061, -1106, -4062)
"""an order was built for another position mode than the account's (binance.md §6 D)"""
_MINUTE = 60
_NOW_HEDGE = N_("This account now uses hedge mode: from here on orders name the side of the position they belong to.")
_NOW_ONE_WAY = N_("This account now uses one-way mode: from here on a symbol has one position, long or short.")


def survey(ports: AccountPorts, read_at: datetime, *, urgent: bool = False) -> tuple[Account, tuple[Position, ...]]:
    """Return the account as of `read_at`, with the reading's place among own orders: taken before anything is asked."""
    began_at = exchange_now(ports)
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        read_no = ports.store.journal.begin_reading(ports.credential_id, began_at)
    account, positions = _read(ports, read_at, urgent=urgent)
    return replace(account, read_no=read_no), positions


def _read(ports: AccountPorts, read_at: datetime, *, urgent: bool) -> tuple[Account, tuple[Position, ...]]:
    """Return the account as of `read_at`: v3/account each time (weight 5), positionRisk when that shows another
    position (5), and modes with both (20) when none are known, a refusal says that they changed, or after half an hour.

    Before an entry (`urgent`) the modes are left for later where some are known; OverBudget rather than wait.
    """
    known = ports.store.credentials.snapshot(ports.credential_id)
    if known is None or _modes_due(ports, known[0], read_at, urgent=urgent):
        account, positions = ports.exchange.account(), ports.exchange.positions()
        if known is not None and known[0].hedge is not account.hedge:
            tell_mode(ports, hedge=account.hedge)
        return replace(account, read_at=read_at, modes_at=read_at), positions
    seen = ports.exchange.overview(urgent=urgent)
    if numbers.other_margin_mode(seen, known[0]):
        known = replace(known[0], modes_at=None), known[1]
    account = numbers.account(seen, known[0], read_at)
    if numbers.changed(seen, known[1]):
        return account, ports.exchange.positions()
    return account, numbers.brought_up(seen, known[1])


def to_list(
    ports: AccountPorts, held: Collection[str], positions: Iterable[Position], read_at: datetime
) -> frozenset[str]:
    """Return the symbols whose resting legs a sync lists: those in doubt, and of the others two per minute in turn.

    In doubt are legs not yet verified or at whose trigger the mark is, symbols in which the account isn't as it was,
    and all when it isn't known or has to be reconciled.
    """
    known = ports.store.credentials.snapshot(ports.credential_id)
    rows = ports.store.journal.protections(ports.credential_id)
    legs = [each for each in rows if each.status is ProtectionStatus.RESTING]
    symbols = sorted({each.symbol for each in legs} | set(held))
    due = ports.store.halts.reconcile_due(ports.credential_id)
    if known is None or known[0].read_at > read_at or known[0].modes_at is None or due:
        return frozenset(symbols)
    minutes = max(1, int((read_at - known[0].read_at).total_seconds()) // _MINUTE)
    first, most = int(read_at.timestamp()) // _MINUTE * LISTED, min(len(symbols), LISTED * minutes)
    in_turn = {symbols[(first + place) % len(symbols)] for place in range(most)}
    marks = {each.symbol: each.mark for each in positions}
    unsure = {each.symbol for each in legs if not each.verified or breached(each, marks.get(each.symbol, each.trigger))}
    now, then = ({(each.symbol, each.quantity) for each in found} for found in (positions, known[1]))
    return frozenset(symbols) & (in_turn | unsure | {symbol for symbol, _ in now ^ then})


def trusted(account: Account | None, now: datetime) -> bool:
    """Whether an account's modes and leverages were read, or set by us, so lately that nobody is asked again."""
    return account is not None and account.modes_at is not None and timedelta(0) <= now - account.modes_at <= WHOLE


def tell_mode(ports: AccountPorts, *, hedge: bool) -> None:
    """Tell that the account's owner changed its position mode: it is kept, and orders are built for it."""
    text = Text(_NOW_HEDGE if hedge else _NOW_ONE_WAY, {})
    tell(ports, "position_mode_changed", text, severity=Severity.WARNING)


def _modes_due(ports: AccountPorts, account: Account, now: datetime, *, urgent: bool) -> bool:
    if account.modes_at is None or account.isolated is None:
        return True
    newest = ports.store.journal.intents(ports.credential_id, limit=20)
    refused = (each.settled_at for each in newest if each.exchange_code in MODE_REFUSED)
    if any(at is not None and at > account.modes_at for at in refused):
        return True
    stretch = max(1, int((now - account.read_at).total_seconds()) // _MINUTE)
    age = now - account.modes_at
    return not urgent and not timedelta(0) <= age <= min(WHOLE * stretch, LONGEST)
