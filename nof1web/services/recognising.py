"""Whose an order is that nobody here journaled as executed: ours to take over, or a reason to stop entries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nof1web.core.history import Severity
from nof1web.core.rounding import plain
from nof1web.core.trading import Fill, Leg, OrderReport, Side
from nof1web.errors import N_, ExchangeError, Refused, Text
from nof1web.services.adopting import Place, adopt, places
from nof1web.services.late_fills import turned_up
from nof1web.services.ports import AccountPorts
from nof1web.services.telling import tell

_ID = re.compile(r"n([a-z0-9]{4})[a-z2-7]{31}")
_FORCED = ("autoclose-", "adl_autoclose", "settlement_autoclose-")
"""the exchange's own ids: liquidation, deleveraging, a symbol's end (binance.md §7)"""


class Whose(StrEnum):
    """Who sent an order, by its client id; or that it isn't listed yet, or not all of its fills."""

    OURS = "ours"
    OTHER = "other_installation"
    EXCHANGE = "exchange"
    HAND = "hand"
    UNLISTED = "unlisted"


_WHY = {
    Whose.OURS: N_(
        "An order in %(symbol)s has this installation's mark, but nothing here explains it. Entries in %(symbol)s are "
        "stopped: compare the positions, then resume."
    ),
    Whose.OTHER: N_(
        "Another installation of this app trades %(symbol)s on the same account. Entries in %(symbol)s are "
        "stopped: take the key out of one of the two, then resume."
    ),
    Whose.UNLISTED: N_(
        "The position in %(symbol)s and the trades the exchange lists for it do not agree. Entries in %(symbol)s are "
        "stopped: compare the positions, then resume."
    ),
}
"""what is told when entries in a symbol stop, by who is behind it"""


@dataclass(slots=True)
class Findings:
    """What is known of trades nobody here journaled: by symbol the exchange's ids forced on the account, legs fired.

    In `unclear` symbols a query `failed`, an order waits for its answer, or the lists are behind the position
    (`unlisted`), so nothing may be concluded; those among the `refused` hold up nothing but themselves. `ours` are
    orders with our mark that moved no holding. `believed` is how much of a position (by symbol and whether long) is
    kept in place of a reading that nothing explains yet; up to `until` everything was explained. `read_no` is the
    reading's number among own orders.
    """

    read_no: int
    forced: dict[str, set[str]] = field(default_factory=dict)
    fired: dict[str, dict[str, Leg]] = field(default_factory=dict)
    ours: dict[str, set[str]] = field(default_factory=dict)
    unclear: set[str] = field(default_factory=set)
    unlisted: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    failed: dict[str, ExchangeError] = field(default_factory=dict)
    believed: dict[tuple[str, bool], Decimal] = field(default_factory=dict)
    until: datetime | None = None
    adopted: int = 0


def whose(client_id: str, code: str) -> Whose:
    """Return who sent an order or leg with this client id; `code` is this installation's."""
    if client_id.startswith(_FORCED):
        return Whose.EXCHANGE
    match = _ID.fullmatch(client_id)
    if match is None:
        return Whose.HAND
    return Whose.OURS if match[1] == code else Whose.OTHER


def recognise(ports: AccountPorts, findings: Findings, report: OrderReport | None, fills: Sequence[Fill]) -> Whose:
    """Deal with one order nobody here journaled as executed, by all its fills shown; return whose it is.

    One of ours is taken over as a whole or not yet: once its order is known, no later fill would be looked for.
    """
    if report is None:
        return Whose.UNLISTED
    found = whose(report.client_order_id, ports.installation_code)
    symbol, order_id = fills[0].symbol, fills[0].order_id
    if found is Whose.EXCHANGE:
        findings.forced.setdefault(symbol, set()).add(order_id)
    elif found is Whose.OTHER:
        stop_entries(ports, symbol, found)
    elif found is Whose.OURS:
        if not report.status.terminal or report.executed != sum((fill.quantity for fill in fills), Decimal(0)):
            findings.ours.setdefault(symbol, set()).add(order_id)
            return Whose.UNLISTED
        _take_over(ports, findings, report, fills)
    return found


def stop_entries(ports: AccountPorts, symbol: str, who: Whose) -> None:
    """Let nothing be entered in a symbol until a person has looked at it and resumed."""
    text = Text(_WHY[who], {"symbol": symbol})
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        fresh = ports.store.halts.stop_symbol(ports.credential_id, symbol, text, ports.clock())
    if fresh:
        tell(ports, f"unknown_{who}", text, severity=Severity.ALARM, symbol=symbol)


def _take_over(ports: AccountPorts, findings: Findings, report: OrderReport, fills: Sequence[Fill]) -> None:
    """Let an order of ours move its holding, or say which leg fired; entries stop where no holding can take it."""
    symbol, order_id, client_id = fills[0].symbol, fills[0].order_id, report.client_order_id
    leg = _leg(ports, client_id)
    journaled = None if leg else ports.store.journal.intent_of(client_id)
    place = None if leg or journaled else places(ports, symbol).get(client_id)
    if place is not None and place.step < 0:
        leg = _leg_by_price(ports, place, fills[0])
    if leg is not None:
        findings.fired.setdefault(symbol, {})[order_id] = leg
        return
    try:
        if journaled is not None:
            turned_up(ports, journaled, report, fills)
        elif place is not None:
            adopt(ports, place, report, fills, read_no=findings.read_no)
        else:
            raise Refused(_WHY[Whose.OURS], symbol=symbol)
    except Refused:
        # Its change was carried out by another order, or its tracker is gone: no holding can take these fills.
        findings.ours.setdefault(symbol, set()).add(order_id)
        stop_entries(ports, symbol, Whose.OURS)
        return
    findings.adopted += 1
    _tell_adopted(ports, journaled.tracker_id if journaled else place.tracker.id if place else "", fills)


def _leg(ports: AccountPorts, client_id: str) -> Leg | None:
    """Return which of our own legs an order is the child of; it carries the leg's id."""
    legs = ports.store.journal.protections(ports.credential_id, open_only=False)
    return next((each.leg for each in legs if each.client_algo_id == client_id), None)


def _leg_by_price(ports: AccountPorts, place: Place, fill: Fill) -> Leg:
    epoch = ports.store.trackers.epoch(place.tracker.id, place.symbol, place.epoch)
    entry = epoch.entry_price if epoch and epoch.entry_price else fill.price
    return Leg.STOP if (fill.price < entry) == (fill.side is Side.SELL) else Leg.TARGET


def _tell_adopted(ports: AccountPorts, tracker_id: str, fills: Sequence[Fill]) -> None:
    symbol, quantity = fills[0].symbol, plain(sum((each.quantity for each in fills), Decimal(0)))
    word = N_("An order of ours in %(symbol)s over %(quantity)s that was missing here was found and taken over.")
    text = Text(word, {"symbol": symbol, "quantity": quantity})
    tell(ports, "adopted", text, severity=Severity.WARNING, tracker_id=tracker_id, symbol=symbol)
