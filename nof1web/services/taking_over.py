"""Orders of ours that could only close, found on the exchange: which holding they were for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from nof1web.core import filling
from nof1web.core.exits import stub
from nof1web.core.planned import EpochChange
from nof1web.core.records import Epoch, EpochState
from nof1web.core.signals import SignalPosition
from nof1web.core.trading import Fill, Side
from nof1web.errors import N_, Refused
from nof1web.services.ports import AccountPorts


def holding_of(
    ports: AccountPorts, key: tuple[str, str, str], fills: Sequence[Fill], shown: SignalPosition | None, at: datetime
) -> Epoch:
    """Return the epoch (tracker, symbol, epoch) of an order that closed something, with the holding it was sent for.

    Where it holds nothing, it took over the holding of another epoch of its tracker first (rule 5, rebalance): so it
    does here. Refused when no holding is as large as what the order closed. Joins the caller's transaction.
    """
    tracker_id, symbol, _ = key
    known = ports.store.trackers.epoch(*key)
    closed = sum((each.quantity if each.side is Side.BUY else -each.quantity for each in fills), Decimal(0))
    if known is not None and known.quantity:
        if _covers(known, closed):
            return known
        raise _none(symbol)
    held = ports.store.trackers.epochs(ports.credential_id, symbol=symbol)
    mine = (each for each in held if each.tracker_id == tracker_id and not each.shadow)
    old = next((each for each in mine if each.quantity and _covers(each, closed)), None)
    if old is None:
        raise _none(symbol)
    ports.store.trackers.put_epoch(filling.handed_over(old, at))
    return filling.changed(known, _change(key, old, closed, shown), old, at)


def _change(key: tuple[str, str, str], old: Epoch, closed: Decimal, shown: SignalPosition | None) -> EpochChange:
    """Return the taking over that was decided before the order, as far as it can be told from the agent's present."""
    ratio, left = old.ratio, abs(old.quantity + closed)
    if left and shown is not None and shown.quantity:
        ratio = left / abs(shown.quantity)
    return EpochChange(
        *key,
        EpochState.LIVE,
        shown or stub(old),
        old.shadow,
        takes_over=old.epoch,
        ratio=ratio,
        leverage=old.leverage,
        allocation=old.allocation,
    )


def _covers(epoch: Epoch, closed: Decimal) -> bool:
    return (epoch.quantity > 0) != (closed > 0) and abs(epoch.quantity) >= abs(closed)


def _none(symbol: str) -> Refused:
    return Refused(N_("No holding is as large as what an order in %(symbol)s closed."), symbol=symbol)
