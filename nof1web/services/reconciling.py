"""What the account shows beyond what is believed: recognised, taken over, stopped or left alone, and always told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from nof1web.core.drift import Reading
from nof1web.core.history import Severity
from nof1web.core.rounding import plain
from nof1web.core.trading import AlgoReport, Fill, Leg, OrderReport, Position, Side
from nof1web.errors import N_, CredentialRefused, ExchangeError, Text
from nof1web.services.adopting import Place, adopt, adopt_leg, places
from nof1web.services.loading import live_quantities
from nof1web.services.ports import AccountPorts
from nof1web.services.telling import tell

_Key = tuple[str, bool]
_OVERLAP = timedelta(seconds=5)
_REPEAT = timedelta(days=1)
_RECENT = timedelta(days=30)
_ID = re.compile(r"n([a-z0-9]{4})[a-z2-7]{31}")
_FORCED = ("autoclose-", "adl_autoclose", "settlement_autoclose-")
"""the exchange's own ids: liquidation, deleveraging, a symbol's end (binance.md §7)"""


class Whose(StrEnum):
    """Who sent an order, by its client id."""

    OURS = "ours"
    OTHER = "other_installation"
    EXCHANGE = "exchange"
    HAND = "hand"


@dataclass(slots=True)
class Findings:
    """What is known of trades nobody here journaled: by symbol the exchange's ids forced on the account, legs fired.

    In `unclear` symbols a query failed, so nothing may be concluded.
    """

    forced: dict[str, set[str]] = field(default_factory=dict)
    fired: dict[str, dict[str, Leg]] = field(default_factory=dict)
    unclear: set[str] = field(default_factory=set)
    adopted: int = 0


def whose(client_id: str, code: str) -> Whose:
    """Return who sent an order or leg with this client id; `code` is this installation's."""
    if client_id.startswith(_FORCED):
        return Whose.EXCHANGE
    match = _ID.fullmatch(client_id)
    if match is None:
        return Whose.HAND
    return Whose.OURS if match[1] == code else Whose.OTHER


def find_unknown(
    ports: AccountPorts,
    positions: Iterable[Position],
    earlier: Mapping[_Key, Reading],
    *,
    hedge: bool,
    undecided: frozenset[str] = frozenset(),
) -> Findings:
    """Explain each symbol in which the account is not as believed, by the trades nobody here journaled.

    Lost orders of ours are adopted; in symbols with orders of another installation, or of ours that can't be placed,
    entries stop. `earlier` is what was believed until now, own fills included; without any nothing is asked.
    """
    findings = Findings(unclear=set(undecided))
    if not earlier and not ports.store.trackers.epochs(ports.credential_id):
        return findings
    live = live_quantities(positions, (), hedge=hedge)
    pending = {intent.symbol for intent in ports.store.journal.unresolved(ports.credential_id)}
    relevant = {key[0] for key in live.keys() | earlier.keys()} & _followed(ports)
    for symbol in sorted(relevant - pending - undecided):
        now = {long: live.get((symbol, long), Decimal(0)) for long in (True, False)}
        then = {long: earlier[symbol, long].quantity for long in (True, False) if (symbol, long) in earlier}
        changed = {long: now[long] - then.get(long, Decimal(0)) for long in now}
        if any(changed.values()):
            since = min((each.at for key, each in earlier.items() if key[0] == symbol), default=None)
            _explain(ports, findings, symbol, (since or _oldest(ports, symbol), changed))
    return findings


def look_at_legs(
    ports: AccountPorts, symbol: str, listed: Iterable[AlgoReport], positions: Iterable[Position]
) -> int:
    """Recognise resting legs the journal doesn't know: adopt ours, stop entries for another installation's, leave
    others alone; return how many were adopted.
    """
    known = {each.client_algo_id for each in ports.store.journal.protections(ports.credential_id, open_only=False)}
    adopted = 0
    for report in (each for each in listed if each.client_algo_id not in known and each.status.resting):
        match whose(report.client_algo_id, ports.installation_code):
            case Whose.OURS:
                place = places(ports, symbol).get(report.client_algo_id)
                mark = next((each.mark for each in positions if each.symbol == symbol), None)
                kept = adopt_leg(ports, place, report, mark) if place and mark else None
                adopted += kept is not None
                if kept is None:
                    _stop_entries(ports, symbol, Whose.OURS)
            case Whose.OTHER:
                _stop_entries(ports, symbol, Whose.OTHER)
            case _:
                word = N_("A stop or target in %(symbol)s that this app did not place rests there; it is left alone.")
                _tell_once(ports, "foreign_protection", symbol, Text(word, {"symbol": symbol}))
    return adopted


def _explain(
    ports: AccountPorts, findings: Findings, symbol: str, change: tuple[datetime, Mapping[bool, Decimal]]
) -> None:
    since, changed = change
    known = ports.store.journal.order_ids(ports.credential_id, symbol)
    try:
        trades = ports.exchange.trades(symbol, since - _OVERLAP)
        unknown = [trade for trade in trades if trade.order_id not in known]
        if not unknown:
            return
        first = min((trade.order_id for trade in unknown), key=int)
        reports = {each.order_id: each for each in ports.exchange.orders(symbol, first)}
    except CredentialRefused:
        raise
    except ExchangeError:
        findings.unclear.add(symbol)
        return
    by_order: dict[str, list[Fill]] = {}
    for trade in unknown:
        by_order.setdefault(trade.order_id, []).append(trade)
    by_hand = [
        fills
        for order_id, fills in by_order.items()
        if _classify(ports, findings, reports.get(order_id), fills) is Whose.HAND
    ]
    _tell_added(ports, symbol, by_hand, changed)


def _classify(
    ports: AccountPorts, findings: Findings, report: OrderReport | None, fills: list[Fill]
) -> Whose:
    """Deal with one order nobody here journaled; return whose it is."""
    symbol, client_id = fills[0].symbol, report.client_order_id if report else ""
    found = whose(client_id, ports.installation_code)
    if found is Whose.EXCHANGE:
        findings.forced.setdefault(symbol, set()).add(fills[0].order_id)
    elif found is Whose.OTHER:
        _stop_entries(ports, symbol, found)
    elif found is Whose.OURS and report is not None:
        leg = _leg(ports, client_id)
        place = places(ports, symbol).get(client_id)
        if leg is not None:
            findings.fired.setdefault(symbol, {})[fills[0].order_id] = leg
        elif place is not None and place.step < 0:
            findings.fired.setdefault(symbol, {})[fills[0].order_id] = _leg_by_price(ports, place, fills[0])
        elif place is not None:
            adopt(ports, place, report, fills)
            findings.adopted += 1
            _tell_adopted(ports, place, fills)
        else:
            _stop_entries(ports, symbol, found)
    return found


def _leg(ports: AccountPorts, client_id: str) -> Leg | None:
    """Return which of our own legs an order is the child of; it carries the leg's id."""
    legs = ports.store.journal.protections(ports.credential_id, open_only=False)
    return next((each.leg for each in legs if each.client_algo_id == client_id), None)


def _leg_by_price(ports: AccountPorts, place: Place, fill: Fill) -> Leg:
    epoch = ports.store.trackers.epoch(place.tracker.id, place.symbol, place.epoch)
    entry = epoch.entry_price if epoch and epoch.entry_price else fill.price
    return Leg.STOP if (fill.price < entry) == (fill.side is Side.SELL) else Leg.TARGET


def _stop_entries(ports: AccountPorts, symbol: str, who: Whose) -> None:
    """Let nothing be entered in a symbol until a person has looked at it and resumed."""
    word = N_(
        "An order in %(symbol)s has this installation's mark, but nothing here explains it. Entries in %(symbol)s are "
        "stopped: compare the positions, then resume."
    )
    if who is Whose.OTHER:
        word = N_(
            "Another installation of this app trades %(symbol)s on the same account. Entries in %(symbol)s are "
            "stopped: take the key out of one of the two, then resume."
        )
    text = Text(word, {"symbol": symbol})
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        fresh = ports.store.halts.stop_symbol(ports.credential_id, symbol, text, ports.clock())
    if fresh:
        tell(ports, f"unknown_{who}", text, severity=Severity.ALARM, symbol=symbol)


def _tell_adopted(ports: AccountPorts, place: Place, fills: list[Fill]) -> None:
    quantity = plain(sum((each.quantity for each in fills), Decimal(0)))
    word = N_("An order of ours in %(symbol)s over %(quantity)s that was missing here was found and taken over.")
    text = Text(word, {"symbol": place.symbol, "quantity": quantity})
    tell(ports, "adopted", text, severity=Severity.WARNING, tracker_id=place.tracker.id, symbol=place.symbol)


def _tell_added(
    ports: AccountPorts, symbol: str, by_hand: list[list[Fill]], changed: Mapping[bool, Decimal]
) -> None:
    """A person added to a symbol that is held here: that part stays theirs."""
    held = [each for each in ports.store.trackers.epochs(ports.credential_id, symbol=symbol) if each.quantity]
    for long, more in changed.items():
        side = Side.BUY if long else Side.SELL
        if more > 0 and held and any(fills[0].side is side for fills in by_hand):
            word = N_("%(quantity)s %(symbol)s were added outside of this app: they are yours and left alone.")
            text = Text(word, {"symbol": symbol, "quantity": plain(more)})
            tell(ports, "added_by_hand", text, symbol=symbol)


def _tell_once(ports: AccountPorts, kind: str, symbol: str, text: Text) -> None:
    newest = ports.store.chronicle.events(limit=200, credential_id=ports.credential_id)
    since = ports.clock() - _REPEAT
    if not any((each.kind, each.symbol) == (kind, symbol) and each.at > since for each in newest):
        tell(ports, kind, text, symbol=symbol)


def _followed(ports: AccountPorts) -> set[str]:
    """Return the symbols a tracker holds, held lately, or may enter: a person's others are none of our business."""
    trackers = ports.store.trackers.all(ports.credential_id)
    signals = (ports.market.signal(each.source, each.agent) for each in trackers)
    shown = {position.symbol for signal in signals if signal for position in signal.positions}
    since = ports.clock() - _RECENT
    return shown | {each.symbol for each in ports.store.trackers.epochs(ports.credential_id, since=since)}


def _oldest(ports: AccountPorts, symbol: str) -> datetime:
    """Return since when to look for trades in a symbol of which nothing was believed."""
    snapshot = ports.store.credentials.snapshot(ports.credential_id)
    return snapshot[0].read_at if snapshot else ports.clock() - timedelta(days=7)
