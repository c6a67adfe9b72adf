"""What the account shows beyond what is believed: recognised, taken over, stopped or left alone, and always told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core.drift import Reading
from nof1web.core.rounding import plain
from nof1web.core.trading import Account, Fill, Position, Side
from nof1web.errors import N_, CredentialRefused, ExchangeError, Rejected, Text
from nof1web.services.adopting import recently_closed
from nof1web.services.dating import since as asked_since
from nof1web.services.dating import there
from nof1web.services.doubts import doubts
from nof1web.services.ids import client_order_id
from nof1web.services.loading import live_quantities
from nof1web.services.ports import AccountPorts
from nof1web.services.recognising import Findings, Whose, recognise, stop_entries
from nof1web.services.settling import refused_symbols
from nof1web.services.telling import tell

_Key = tuple[str, bool]
_REPEAT = timedelta(days=1)
_RECENT = timedelta(days=30)
_ATTEMPTS = 100
"""how many attempts at an entry are looked for: every one but the last was refused"""
_BOUND = timedelta(seconds=60)
"""how long the lists of trades and orders may stay behind a position until a person has to look"""


@dataclass(frozen=True, slots=True)
class _Look:
    """A symbol that is looked at: from when on, by long or short side how much changed and `grew` beyond all known.

    `over`: what the lists lack was waited for long enough.
    """

    symbol: str
    since: datetime
    changed: Mapping[bool, Decimal]
    grew: Mapping[bool, Decimal]
    over: bool
    hedge: bool


def find_unknown(
    ports: AccountPorts,
    positions: Iterable[Position],
    earlier: Mapping[_Key, Reading],
    *,
    account: Account,
    undecided: frozenset[str] = frozenset(),
    until: datetime | None = None,
) -> Findings:
    """Explain each symbol in which the account is not as believed, by the trades nobody here journaled.

    Lost orders of ours are adopted; in symbols with orders of another installation, or of ours that can't be placed,
    entries stop. `earlier` is what was believed until now, own fills included. It was explained `until` a time: when
    that is before it, every symbol's trades since then are looked at. The database may lack what happened: what the
    account has is asked for although it was never read, and while a reconcile is due what would be entered next, too.
    """
    findings = Findings(account.read_no, unclear=set(undecided), refused=refused_symbols(ports), until=until)
    snapshot = ports.store.credentials.snapshot(ports.credential_id)
    known, late = snapshot is not None, snapshot is not None and until is not None and snapshot[0].read_at > until
    live = live_quantities(positions, (), hedge=account.hedge)
    pending = {intent.symbol for intent in ports.store.journal.unresolved(ports.credential_id)}
    lost = _may_be_lost(ports, known=known)
    relevant = {key[0] for key in live.keys() | earlier.keys()} & _followed(ports) | lost
    findings.unclear |= relevant & pending
    doubtful = {each.symbol: each.created_at for each in doubts(ports)}
    for symbol in sorted(relevant - findings.unclear):
        now = {long: live.get((symbol, long), Decimal(0)) for long in (True, False)}
        then = {long: earlier[symbol, long].quantity for long in (True, False) if (symbol, long) in earlier}
        changed = {long: now[long] - then.get(long, Decimal(0)) for long in now}
        since = min((each.at for key, each in earlier.items() if key[0] == symbol), default=None)
        if any(changed.values()) or late or symbol in lost or symbol in doubtful:
            since = (until if late else since) or _oldest(ports, symbol)
            since = min(since, doubtful.get(symbol, since))
            expected = {long: max(then.get(long, Decimal(0)), _holding(ports, symbol, long)) for long in now}
            grew = {long: max(now[long] - expected[long], Decimal(0)) if known else Decimal(0) for long in now}
            look = _Look(symbol, since, changed, grew, late and _long_asked(ports), account.hedge)
            _explain(ports, findings, look)
            if symbol in findings.unlisted or not isinstance(findings.failed.get(symbol), Rejected | None):
                # What nothing explains yet is not believed: it shows as grown again until something does.
                findings.believed |= {(symbol, long): expected[long] for long, more in grew.items() if more}
    _doubt(ports, findings, live)
    return findings


def _doubt(ports: AccountPorts, findings: Findings, live: Mapping[_Key, Decimal]) -> None:
    """Conclude nothing where an exit may have been executed unseen and something is left; hold up nothing else."""
    unsure = {each.symbol for each in doubts(ports) if live.get((each.symbol, each.side is Side.SELL))}
    findings.unclear |= unsure
    findings.refused |= unsure


def _explain(ports: AccountPorts, findings: Findings, look: _Look) -> None:
    symbol = look.symbol
    known = ports.store.journal.order_ids(ports.credential_id, symbol)
    try:
        trades = ports.exchange.trades(symbol, asked_since(ports, look.since))
        unknown = [trade for trade in trades if trade.order_id not in known]
        first = min((trade.order_id for trade in unknown), key=int, default=None)
        listed = ports.exchange.orders(symbol, first) if first is not None else ()
    except CredentialRefused:
        raise
    except ExchangeError as error:
        findings.unclear.add(symbol)
        findings.failed[symbol] = error
        return
    reports = {each.order_id: each for each in listed}
    by_order: dict[str, list[Fill]] = {}
    for trade in unknown:
        by_order.setdefault(trade.order_id, []).append(trade)
    found = {
        order_id: recognise(ports, findings, reports.get(order_id), fills) for order_id, fills in by_order.items()
    }
    if Whose.UNLISTED in found.values() or not _covered(ports, look, unknown):
        if not look.over:
            findings.unclear.add(symbol)
            findings.unlisted.add(symbol)
            return
        stop_entries(ports, symbol, Whose.UNLISTED)
    by_hand = [by_order[order_id] for order_id, each in found.items() if each is Whose.HAND]
    _tell_added(ports, symbol, by_hand, look.changed)


def _covered(ports: AccountPorts, look: _Look, unknown: Iterable[Fill]) -> bool:
    """Whether the trades nobody here journaled are as much as the position grew, what took from it counted off.

    What took from it shortly before the moment it is compared with may be in that already; in hedge mode it may be
    of the other side.
    """
    if not any(look.grew.values()):
        return True
    began_at, total = there(ports, look.since), dict.fromkeys((True, False), Decimal(0))
    for fill in unknown:
        buys = fill.side is Side.BUY
        total[buys] += fill.quantity
        if not look.hedge and fill.traded_at >= began_at:
            total[not buys] -= fill.quantity
    return all(total[long] >= more for long, more in look.grew.items() if more)


def _long_asked(ports: AccountPorts) -> bool:
    """Whether the account has been compared for so long that what is still unlisted will not be."""
    asked_at = ports.store.halts.reconcile_asked_at(ports.credential_id)
    return asked_at is not None and ports.clock() - asked_at > _BOUND


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


def tell_once(ports: AccountPorts, kind: str, symbol: str, text: Text) -> None:
    """Tell something of a symbol unless it was told within a day."""
    newest = ports.store.chronicle.events(limit=200, credential_id=ports.credential_id)
    since = ports.clock() - _REPEAT
    if not any((each.kind, each.symbol) == (kind, symbol) and each.at > since for each in newest):
        tell(ports, kind, text, symbol=symbol)


def _holding(ports: AccountPorts, symbol: str, long: bool) -> Decimal:
    """Return how much (unsigned) the trackers hold on a side of a symbol."""
    held = ports.store.trackers.epochs(ports.credential_id, symbol=symbol)
    mine = (abs(each.quantity) for each in held if not each.shadow and (each.quantity > 0) == long)
    return sum(mine, Decimal(0))


def _followed(ports: AccountPorts) -> set[str]:
    """Return the symbols a tracker holds, held lately, or may enter: a person's others are none of our business."""
    trackers = ports.store.trackers.all(ports.credential_id)
    signals = (ports.market.signal(each.source, each.agent) for each in trackers)
    shown = {position.symbol for signal in signals if signal for position in signal.positions}
    if ports.store.halts.reconcile_due(ports.credential_id):
        # A restored database may not know what was held when its agent closed it.
        shown |= {trade.symbol for each in trackers for trade in recently_closed(ports, each)}
    since = ports.clock() - _RECENT
    return shown | {each.symbol for each in ports.store.trackers.epochs(ports.credential_id, since=since)}


def _may_be_lost(ports: AccountPorts, *, known: bool) -> frozenset[str]:
    """Return the symbols to be entered next, or held, in which the database may lack what happened.

    While a reconcile is due these are all to be entered, and all that are held while orders may be lacking: two of
    those may have cancelled each other out. Before the first reading those in which an order has an id that the entry
    would have, or the exchange can't tell: a backup was restored from before it.
    """
    halts = ports.store.halts
    if known and not halts.reconcile_due(ports.credential_id):
        return frozenset()
    entered = {change[1] for change in _not_entered(ports) if known or _had_order(ports, change)}
    if halts.lacking_since(ports.credential_id) is not None:
        held = ports.store.trackers.epochs(ports.credential_id)
        entered |= {each.symbol for each in held if each.quantity and not each.shadow}
    return frozenset(entered)


def _had_order(ports: AccountPorts, change: tuple[str, str, str]) -> bool:
    """Whether any attempt at an entry was traded: those that were refused are not listed."""
    symbol = change[1]
    try:
        trades = ports.exchange.trades(symbol, asked_since(ports, _oldest(ports, symbol)))
        first = min((each.order_id for each in trades), key=int, default=None)
        listed = ports.exchange.orders(symbol, first) if first is not None else ()
    except CredentialRefused:
        raise
    except ExchangeError:
        return True
    ids = {client_order_id(ports.installation_code, *change, 0, attempt) for attempt in range(_ATTEMPTS)}
    return any(each.client_order_id in ids for each in listed)


def _not_entered(ports: AccountPorts) -> Iterator[tuple[str, str, str]]:
    """Yield the tracker, symbol and epoch of what a started tracker may enter, as far as is known here."""
    for each in (each for each in ports.store.trackers.all(ports.credential_id) if each.started):
        signal = ports.market.signal(each.source, each.agent)
        for position in signal.positions if signal else ():
            row = ports.store.trackers.epoch(each.id, position.symbol, position.epoch)
            if row is None or (row.state.enters and not row.quantity):
                yield each.id, position.symbol, position.epoch


def _oldest(ports: AccountPorts, symbol: str) -> datetime:
    """Return since when to look for trades in a symbol of which nothing was believed."""
    snapshot = ports.store.credentials.snapshot(ports.credential_id)
    return snapshot[0].read_at if snapshot else ports.clock() - timedelta(days=7)
