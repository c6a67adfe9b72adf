"""What fills cost: the account's trades are the source of truth for prices and fees (binance.md §0.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core.records import Intent
from nof1web.core.trading import Fill, Side
from nof1web.services.dating import signed_at, there
from nof1web.services.ports import AccountPorts
from nof1web.services.unreadable import Unreadable

_OVERLAP = timedelta(minutes=2)
"""how far the clock that the exchange compares timestamps with may be ahead of the one it dates trades by"""
_FORGOTTEN = timedelta(days=7)
"""how old an order of a foreign share may be that a restored database doesn't know"""


def price_fills(ports: AccountPorts, unreadable: Unreadable) -> int:
    """Price every executed intent that the trades explain by now; return how many. Others wait for the next sync."""
    unpriced = ports.store.journal.unpriced(ports.credential_id)
    done = 0
    for symbol in sorted({intent.symbol for intent in unpriced}):
        mine = [intent for intent in unpriced if intent.symbol == symbol]
        trades: tuple[Fill, ...] = ()
        with unreadable.reading(symbol):
            trades = ports.exchange.trades(symbol, min(_began_at(ports, each) for each in mine) - _OVERLAP)
        for intent in mine:
            fills = [trade for trade in trades if trade.order_id == intent.order_id]
            if fills and sum((fill.quantity for fill in fills), Decimal(0)) >= intent.executed:
                _price(ports, intent, fills)
                done += 1
    return done


def _began_at(ports: AccountPorts, intent: Intent) -> datetime:
    """Return from when on an intent may have been traded: one that never left is settled by an order of before."""
    if intent.sent_at is not None:
        return signed_at(intent)
    epoch = ports.store.trackers.epoch(intent.tracker_id, intent.symbol, intent.epoch)
    return min(signed_at(intent), there(ports, epoch.opened_at) if epoch else signed_at(intent) - _FORGOTTEN)


def by_fills(intent: Intent, fills: Sequence[Fill]) -> Intent:
    """Return an intent with the price, fee and profit of all its fills."""
    return replace(
        intent,
        price=average_price(fills),
        fee=sum((fill.fee for fill in fills), Decimal(0)),
        realised=sum((fill.realised for fill in fills), Decimal(0)),
        priced=True,
    )


def average_price(fills: Iterable[Fill]) -> Decimal:
    """Return the quantity-weighted price of fills."""
    fills = tuple(fills)
    quantity = sum((fill.quantity for fill in fills), Decimal(0))
    return sum((fill.quantity * fill.price for fill in fills), Decimal(0)) / quantity


def entry_price(intents: Sequence[Intent]) -> Decimal | None:
    """Return a holding's average entry from its epoch's intents, oldest first; exits leave it as it is."""
    quantity, entry = Decimal(0), None
    for intent in intents:
        signed = intent.executed if intent.side is Side.BUY else -intent.executed
        price = intent.price or intent.mark
        if not intent.kind.exits and intent.executed:
            entry = ((entry or Decimal(0)) * quantity + price * signed) / (quantity + signed)
        quantity += signed
    return entry


def _price(ports: AccountPorts, intent: Intent, fills: Sequence[Fill]) -> None:
    store = ports.store
    priced = by_fills(intent, fills)
    with store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        store.journal.update(priced)
        store.journal.add_fills(ports.credential_id, fills)
        epoch = store.trackers.epoch(intent.tracker_id, intent.symbol, intent.epoch)
        if epoch is None or not epoch.quantity:
            return
        history = [
            each
            for each in store.journal.intents(ports.credential_id, limit=200, tracker_id=intent.tracker_id)
            if (each.symbol, each.epoch) == (intent.symbol, intent.epoch)
        ]
        # A holding taken over from an earlier epoch has no opening order of its own: its entry stays.
        if history and not history[-1].kind.exits and history[-1].step == 0 and history[-1].kind.value == "open":
            store.trackers.put_epoch(replace(epoch, entry_price=entry_price(history[::-1])))
