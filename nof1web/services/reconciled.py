"""Up to when the account is explained, and which of its positions are believed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core.clocks import ahead
from nof1web.core.trading import Account, Position
from nof1web.services.dating import put_back
from nof1web.services.ports import AccountPorts
from nof1web.services.recognising import Findings

_LOOK_BACK = timedelta(days=7)
"""how far back is looked where nothing was ever explained, or the last reading was noted by a clock that was ahead"""

_AGAIN, _SELDOM = timedelta(seconds=60), timedelta(minutes=5)


def compare_at(ports: AccountPorts) -> datetime | None:
    """Return when the account is to be compared (again), None while no reconcile is due: no signal may ask for it.

    Now where it was not read since that was asked for. Where a reading could not end it, a minute after that, then
    after as long as it has lasted already, up to five.
    """
    halts, now = ports.store.halts, ports.clock()
    asked_at = halts.reconcile_asked_at(ports.credential_id)
    if asked_at is None or not halts.reconcile_due(ports.credential_id):
        return None
    known = ports.store.credentials.snapshot(ports.credential_id)
    if known is None or not asked_at <= known[0].read_at <= now:
        return now
    return known[0].read_at + min(max(known[0].read_at - asked_at, _AGAIN), _SELDOM)


def explained_until(ports: AccountPorts) -> datetime | None:
    """Return up to when all is explained: the last reading's time, or before it where that left something unclear.

    By the clock here as it goes now: one that was put back since the last reading had noted that later.
    """
    snapshot = ports.store.credentials.snapshot(ports.credential_id)
    times = (snapshot[0].read_at if snapshot else None, ports.store.halts.reconciled_at(ports.credential_id))
    back = _put_back(ports, snapshot[0]) if snapshot else timedelta(0)
    noted = (at - back for at in times if at is not None)
    return min((ports.clock() - _LOOK_BACK if ahead(at, ports.clock()) else at for at in noted), default=None)


def _put_back(ports: AccountPorts, known: Account) -> timedelta:
    """Return by how much the clock here was put back since a reading."""
    began_at = ports.store.journal.began_at(ports.credential_id, known.read_no)
    return put_back(ports, known.read_at, began_at) if began_at is not None else timedelta(0)


def note(ports: AccountPorts, read_at: datetime, findings: Findings) -> None:
    """Note up to when all is explained: the reading's time, or as before it while something is unclear.

    Where the trades could not be read, or lag behind, no entry leaves until they are shown; symbols that are refused
    keep out only theirs. What was adopted is settled after the reading that shows it: only the next one tells it from a
    foreign share.
    """
    halts, credential_id = ports.store.halts, ports.credential_id
    unclear = findings.unclear - findings.refused
    holds_up = unclear & (findings.failed.keys() | findings.unlisted)
    if holds_up and not halts.reconcile_due(credential_id):
        halts.ask_reconcile(credential_id, read_at, lacking=False)
    done_at = (findings.until or read_at - _LOOK_BACK) if unclear else read_at
    halts.reconciled(credential_id, done_at, now=ports.clock())
    if findings.adopted:
        halts.ask_reconcile(credential_id, ports.clock(), lacking=False)


def believed_positions(positions: Iterable[Position], findings: Findings) -> tuple[Position, ...]:
    """Return what is kept of a reading: of a position whose growth nothing explains yet, as much as was known."""
    kept = []
    for position in positions:
        long = position.quantity > 0
        most = findings.believed.get((position.symbol, long), abs(position.quantity))
        if most:
            kept.append(replace(position, quantity=most if long else Decimal(0) - most))
    return tuple(kept)
