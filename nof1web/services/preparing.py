"""What an entry needs before it leaves: its symbol's margin mode and leverage (DESIGN §5)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from nof1web.core.records import OrderKind, Severity
from nof1web.core.snapshot import PlannedOrder, Snapshot
from nof1web.core.trading import Account, MarginMode
from nof1web.errors import N_, AlreadyDone, Blocked, Text
from nof1web.services.fencing import require_claim
from nof1web.services.kill_points import KillPoint, reached
from nof1web.services.ports import AccountPorts
from nof1web.services.surveying import trusted
from nof1web.services.telling import tell

_CANNOT_CHANGE = (-4047, -4048)
"""orders rest, or a position is open: the exchange keeps the symbol's margin mode (binance.md §6 E)"""


def prepare(ports: AccountPorts, snapshot: Snapshot, order: PlannedOrder) -> None:
    """Set leverage and margin mode where they differ, on a symbol we have nothing in; ExchangeError if it fails.

    Nothing is read for it (weight 2 at most): what was read or set lately is trusted, what wasn't is set again, and an
    order built for another position mode than the account's is refused by the exchange, which has the account read
    anew. LeaseLost before anything is set by a worker whose claim is over.
    """
    if order.kind is not OrderKind.OPEN or snapshot.shares(order.symbol):
        # Beside a holding or a foreign share both stay as the account has them (rule 7).
        return
    view = next(each for each in snapshot.trackers if each.tracker.id == order.tracker_id)
    wanted, known = view.settings.margin_mode, _known(ports)
    if wanted is not None and (known is None or _mode(known, order.symbol) is not wanted):
        require_claim(ports)
        try:
            with suppress(AlreadyDone):
                ports.exchange.set_margin_mode(order.symbol, wanted)
        except Blocked as error:
            if error.exchange_code in _CANNOT_CHANGE:
                _tell_deferred(ports, order)
            raise
        _note_mode(ports, order.symbol, wanted)
        reached(KillPoint.MARGIN_MODE_SET)
    if known is None or known.leverages is None or known.leverages.at(order.symbol) != order.leverage:
        require_claim(ports)
        ports.exchange.set_leverage(order.symbol, order.leverage)
        _note_leverage(ports, order.symbol, order.leverage)
        reached(KillPoint.LEVERAGE_SET)


def _known(ports: AccountPorts) -> Account | None:
    """Return the account where its modes and leverages are known well enough, else None."""
    found = ports.store.credentials.snapshot(ports.credential_id)
    return found[0] if found is not None and trusted(found[0], ports.clock()) else None


def _mode(account: Account, symbol: str) -> MarginMode | None:
    if account.isolated is None:
        return None
    return MarginMode.ISOLATED if symbol in account.isolated else MarginMode.CROSSED


def _note_mode(ports: AccountPorts, symbol: str, mode: MarginMode) -> None:
    def noted(account: Account) -> Account:
        others = (account.isolated or frozenset()) - {symbol}
        isolated = others | {symbol} if mode is MarginMode.ISOLATED else others
        return account if account.isolated is None else replace(account, isolated=isolated)

    _note(ports, noted)


def _note_leverage(ports: AccountPorts, symbol: str, leverage: int) -> None:
    def noted(account: Account) -> Account:
        known = account.leverages
        return account if known is None else replace(account, leverages=known.having(symbol, leverage))

    _note(ports, noted)


def _note(ports: AccountPorts, change: Callable[[Account], Account]) -> None:
    """Keep what was just set as part of what is known of the account."""
    known = ports.store.credentials.snapshot(ports.credential_id)
    if known is not None:
        with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
            ports.store.credentials.put_snapshot(ports.credential_id, change(known[0]), known[1])


def _tell_deferred(ports: AccountPorts, order: PlannedOrder) -> None:
    """Once: the entry waits until the margin mode can be set, or its window ends."""
    newest = ports.store.chronicle.events(limit=50, credential_id=ports.credential_id)
    if any((each.kind, each.symbol) == ("margin_mode_deferred", order.symbol) for each in newest):
        return
    word = N_("The margin mode of %(symbol)s can't be set while orders of yours rest there: the entry waits for it.")
    text, whose = Text(word, {"symbol": order.symbol}), {"tracker_id": order.tracker_id, "symbol": order.symbol}
    tell(ports, "margin_mode_deferred", text, severity=Severity.WARNING, **whose)
