"""Sending an exit again beside a person's own share: only once the position shows that the first did nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate, dropwhile

from nof1web.core.clocks import undated
from nof1web.core.drift import APART, QUIET
from nof1web.core.records import Intent
from nof1web.core.rounding import plain
from nof1web.core.snapshot import PlannedOrder, Snapshot
from nof1web.core.trading import Fill, OrderReport, Side
from nof1web.errors import N_, CredentialRefused, ExchangeError, Refused, Text
from nof1web.services.beside import just_read
from nof1web.services.dating import signed_at
from nof1web.services.doubts import NEWEST, dispelled, doubts, had, noted
from nof1web.services.loading import hedge_mode, live_quantities
from nof1web.services.ports import AccountPorts
from nof1web.services.reconciling import tell_once
from nof1web.services.syncing import run_sync

_SEEN = "seen"
_OLD = timedelta(seconds=60)
_WAITS = N_(
    "An exit in %(symbol)s waits until it is certain that the one before it was not executed: it would close what you "
    "hold there of your own."
)


def only_once(ports: AccountPorts, snapshot: Snapshot, order: PlannedOrder) -> PlannedOrder:
    """Return an exit as it is to be sent; Refused while another one, taken for absent, may have closed as much already.

    Beside a person's own share it would take from that (DESIGN §5 rule 7). It waits for two readings of the position,
    2 s apart and 10 s after the absence, that agree and show that the other was not executed. Entries pass.
    """
    if not order.kind.exits or order.shadow or not order.tracker_id:
        return order
    for each in doubts(ports):
        if (each.symbol, each.side) == (order.symbol, order.side) and not _certain(ports, snapshot, each):
            if ports.clock() - each.created_at > _OLD:
                tell_once(ports, "order_unknown", order.symbol, Text(_WAITS, {"symbol": order.symbol}))
            raise Refused(_WAITS, symbol=order.symbol)
    return noted(ports, snapshot, order)


def _certain(ports: AccountPorts, snapshot: Snapshot, doubt: Intent) -> bool:
    """Whether an exit is known not to have been executed; where it seems that it was, the sync looks for its trades."""
    try:
        live = _live(ports, doubt)
        if not _agrees(ports, doubt, live):
            return False
        if _undone(doubt, live, _expected(ports, doubt)):
            dispelled(ports, doubt)
            return True
        if not just_read(ports, snapshot):
            run_sync(ports)
    except CredentialRefused:
        raise
    except ExchangeError:
        # A wrong order costs a person's own share, a late one doesn't.
        return False
    return False


def _live(ports: AccountPorts, doubt: Intent) -> Decimal:
    positions = ports.exchange.positions(doubt.symbol)
    live = live_quantities(positions, (), hedge=hedge_mode(ports))
    return live.get((doubt.symbol, doubt.side is Side.SELL), Decimal(0))


def _agrees(ports: AccountPorts, doubt: Intent, live: Decimal) -> bool:
    """Whether an earlier reading showed the same; else this one is kept to compare the next with."""
    now = ports.clock()
    settled_at = undated(doubt, now).settled_at
    if settled_at is not None and now - settled_at < QUIET:
        return False
    before, _, at = doubt.explanation.get(_SEEN, "").partition(" ")
    if before == plain(live):
        return abs(now - datetime.fromisoformat(at)) >= APART
    seen = {**doubt.explanation, _SEEN: f"{plain(live)} {now.isoformat()}"}
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.journal.update(replace(doubt, explanation=seen))
    return False


def _undone(doubt: Intent, live: Decimal, expected: tuple[Decimal, ...]) -> bool:
    """Whether a position is as if an exit had done nothing: as large as first expected, or just as otherwise expected.

    The latter doesn't count where any expectation makes it so with the exit executed.
    """
    if not expected:
        return False
    return live >= expected[0] or (live in expected and live + doubt.quantity not in expected)


def _expected(ports: AccountPorts, doubt: Intent) -> tuple[Decimal, ...]:
    """Return what the position would be had the exit done nothing, others' trades included; empty: not known yet.

    Which of these the reading shows that the exit was noted with, clocks tell only roughly: after a minute follows what
    it would be if that showed all of them, all but the newest, all but the newest two, and so on. The first is then the
    largest of these that is possible: what took from it may be shown, and would hide that the exit did, too.
    """
    quantity, read_at = had(doubt)
    newest = ports.store.journal.intents(ports.credential_id, limit=NEWEST)
    # What was sent before it is in the quantity it was noted with.
    sent_before = dropwhile(lambda each: each.client_order_id != doubt.client_order_id, newest)
    earlier = {each.order_id for each in sent_before if each.symbol == doubt.symbol}
    shown = ports.exchange.trades(doubt.symbol, read_at)
    trades = [each for each in shown if each.traded_at >= read_at and each.order_id not in earlier]
    first = min((each.order_id for each in trades), key=int, default=None)
    listed = {each.order_id: each for each in ports.exchange.orders(doubt.symbol, first)} if first else {}
    ids = {each.order_id for each in trades}
    if ids - listed.keys() or any(listed[each].client_order_id == doubt.client_order_id for each in ids):
        return ()
    hedge = hedge_mode(ports)
    if ports.clock() - doubt.created_at <= _OLD:
        return (quantity + sum(_changes(doubt, trades, listed, hedge=hedge)),)
    # What a person added before the exit is taken for shown.
    after = [each for each in trades if each.side is doubt.side or each.traded_at >= signed_at(doubt)]
    possible, any_shown = (
        tuple(accumulate(reversed(_changes(doubt, each, listed, hedge=hedge)), initial=quantity))
        for each in (after, trades)
    )
    return max(possible), *any_shown


def _changes(
    doubt: Intent, trades: Iterable[Fill], listed: dict[str, OrderReport], *, hedge: bool
) -> list[Decimal]:
    """Return by how much (signed) each trade changed an exit's side; in hedge mode only by orders of that side."""
    adding = ((each, each.side is not doubt.side) for each in trades)
    return [
        each.quantity if adds else -each.quantity
        for each, adds in adding
        if not hedge or adds is not listed[each.order_id].closing
    ]
