"""Exits taken for absent that left beside a person's own share: whether they were executed is not certain for a while.

The exchange's answers, orders and trades may all lag; only the position tells then (DESIGN §5 rule 7, Sending).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core.clocks import ahead
from nof1web.core.own_fills import BESIDE, settled_since
from nof1web.core.records import Intent, IntentStatus
from nof1web.core.rounding import plain
from nof1web.core.snapshot import PlannedOrder, Snapshot
from nof1web.services.dating import there
from nof1web.services.loading import live_quantities
from nof1web.services.ports import AccountPorts

NEWEST = 200
_CERTAIN = "not_executed"
_LONGEST = timedelta(hours=1)
"""for how long an exit waits at most: by then whatever lagged is shown"""


def noted(ports: AccountPorts, snapshot: Snapshot, order: PlannedOrder) -> PlannedOrder:
    """Return an exit with what the account has on its side, where a part of that is a person's own, else as it is."""
    long, known = order.delta < 0, ports.store.credentials.snapshot(ports.credential_id)
    share = abs(snapshot.foreign.get((order.symbol, long), Decimal(0)))
    if known is None or not share:
        return order
    told = f"{plain(share + _held(ports, order.symbol, long))} {there(ports, known[0].read_at).isoformat()}"
    return replace(order, explanation={**order.explanation, BESIDE: told})


def found_beside(ports: AccountPorts, order: PlannedOrder) -> PlannedOrder:
    """Return a lost exit that is adopted as it would have been `noted`, by the last reading and own fills since."""
    long, known = order.delta < 0, ports.store.credentials.snapshot(ports.credential_id)
    if known is None or not order.kind.exits:
        return order
    account, positions = known
    newest = ports.store.journal.intents(ports.credential_id, limit=NEWEST)
    since = (each for each in newest if settled_since(each, account.read_no))
    quantity = live_quantities(positions, since, hedge=account.hedge).get((order.symbol, long), Decimal(0))
    if quantity <= _held(ports, order.symbol, long):
        return order
    told = f"{plain(quantity)} {there(ports, account.read_at).isoformat()}"
    return replace(order, explanation={**order.explanation, BESIDE: told})


def had(intent: Intent) -> tuple[Decimal, datetime]:
    """Return what the account had (unsigned) on a `noted` exit's side when it left, and when that was read, there."""
    quantity, read_at = intent.explanation[BESIDE].split()
    return Decimal(quantity), datetime.fromisoformat(read_at)


def doubts(ports: AccountPorts) -> tuple[Intent, ...]:
    """Return the exits that may have been executed unseen, the newest first; none where nothing is held any more."""
    held = {each.symbol for each in ports.store.trackers.epochs(ports.credential_id) if each.quantity}
    newest = ports.store.journal.intents(ports.credential_id, limit=NEWEST)
    return tuple(each for each in newest if each.symbol in held and _doubtful(each, ports.clock()))


def dispelled(ports: AccountPorts, intent: Intent) -> None:
    """Keep that an exit certainly was not executed."""
    certain = replace(intent, explanation={**intent.explanation, _CERTAIN: "yes"})
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.journal.update(certain)


def _held(ports: AccountPorts, symbol: str, long: bool) -> Decimal:
    held = ports.store.trackers.epochs(ports.credential_id, symbol=symbol)
    return sum((abs(each.quantity) for each in held if not each.shadow and (each.quantity > 0) == long), Decimal(0))


def _doubtful(intent: Intent, now: datetime) -> bool:
    absent = intent.status is IntentStatus.ABSENT and BESIDE in intent.explanation
    lately = now - intent.created_at < _LONGEST and not ahead(intent.created_at, now)
    return absent and lately and _CERTAIN not in intent.explanation
