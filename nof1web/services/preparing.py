"""What an entry needs before it leaves: the account's modes as they were judged, margin mode, leverage (DESIGN §5)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from nof1web.core.records import OrderKind, Severity
from nof1web.core.snapshot import PlannedOrder, Snapshot
from nof1web.core.trading import MarginMode
from nof1web.errors import N_, AlreadyDone, Blocked, Refused, Text
from nof1web.services.kill_points import KillPoint, reached
from nof1web.services.loading import hedge_mode
from nof1web.services.ports import AccountPorts
from nof1web.services.telling import tell

_CANNOT_CHANGE = (-4047, -4048)
"""orders rest, or a position is open: the exchange keeps the symbol's margin mode (binance.md §6 E)"""
_NOW_HEDGE = N_("This account now uses hedge mode: from here on orders name the side of the position they belong to.")
_NOW_ONE_WAY = N_("This account now uses one-way mode: from here on a symbol has one position, long or short.")


class ModeChanged(Refused):
    """The account is in another position mode than the decision rests on: decide again."""


def prepare(ports: AccountPorts, snapshot: Snapshot, order: PlannedOrder) -> None:
    """Set leverage and margin mode where they differ, on a symbol we have nothing in; ExchangeError if it fails.

    ModeChanged when the account is in another position mode than what was decided rests on; it is asked for only while
    it can have changed, which no account with a position can (-4068). Refused when the symbol has another margin mode:
    the account is read again first.
    """
    if not _holds_anything(snapshot):
        _require_mode(ports)
    if order.kind is not OrderKind.OPEN or snapshot.shares(order.symbol):
        # Beside a holding or a foreign share both stay as the account has them (rule 7).
        return
    view = next(each for each in snapshot.trackers if each.tracker.id == order.tracker_id)
    present = ports.exchange.symbol_config(order.symbol)
    wanted = view.settings.margin_mode
    if wanted is None:
        _require_as_judged(ports, snapshot, order.symbol, present.margin_mode)
    elif present.margin_mode is not wanted:
        try:
            with suppress(AlreadyDone):
                ports.exchange.set_margin_mode(order.symbol, wanted)
            _forget_modes(ports)
        except Blocked as error:
            if error.exchange_code in _CANNOT_CHANGE:
                _tell_deferred(ports, order)
            raise
        reached(KillPoint.MARGIN_MODE_SET)
    if present.leverage != order.leverage:
        ports.exchange.set_leverage(order.symbol, order.leverage)
        reached(KillPoint.LEVERAGE_SET)


def _require_as_judged(ports: AccountPorts, snapshot: Snapshot, symbol: str, present: MarginMode) -> None:
    known = None if snapshot.account is None else snapshot.account.isolated
    if known is not None and (symbol in known) != (present is MarginMode.ISOLATED):
        _forget_modes(ports)
        ports.queue.sync(ports.user_id, ports.credential_id)
        raise Refused(
            N_("The margin mode of %(symbol)s was changed: the account is read again before anything is opened."),
            symbol=symbol,
        )


def _forget_modes(ports: AccountPorts) -> None:
    """Have the next sync read the margin modes anew; until then a stop has to be safe under either."""
    known = ports.store.credentials.snapshot(ports.credential_id)
    if known is not None:
        with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
            ports.store.credentials.put_snapshot(ports.credential_id, replace(known[0], isolated=None), known[1])


def _require_mode(ports: AccountPorts) -> None:
    """Keep the position mode the account has by now, and tell the person, before it is decided anew."""
    hedge, known = ports.exchange.hedged(), ports.store.credentials.snapshot(ports.credential_id)
    if known is None or hedge is hedge_mode(ports):
        return
    account, positions = known
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.credentials.put_snapshot(ports.credential_id, replace(account, hedge=hedge), positions)
    text = Text(_NOW_HEDGE if hedge else _NOW_ONE_WAY, {})
    tell(ports, "position_mode_changed", text, severity=Severity.WARNING)
    raise ModeChanged(text.template)


def _holds_anything(snapshot: Snapshot) -> bool:
    """Whether the account has a position as far as it is known, a stopped tracker's included."""
    own = (epoch for view in snapshot.trackers for epoch in view.epochs)
    held = any(epoch.quantity and not epoch.shadow for epoch in (*own, *snapshot.elsewhere))
    return held or any(position.quantity for position in snapshot.positions)


def _tell_deferred(ports: AccountPorts, order: PlannedOrder) -> None:
    """Once: the entry waits until the margin mode can be set, or its window ends."""
    newest = ports.store.chronicle.events(limit=50, credential_id=ports.credential_id)
    if any((each.kind, each.symbol) == ("margin_mode_deferred", order.symbol) for each in newest):
        return
    word = N_("The margin mode of %(symbol)s can't be set while orders of yours rest there: the entry waits for it.")
    text, whose = Text(word, {"symbol": order.symbol}), {"tracker_id": order.tracker_id, "symbol": order.symbol}
    tell(ports, "margin_mode_deferred", text, severity=Severity.WARNING, **whose)
