"""What each tracker should hold against what it holds, per symbol, with the reason for each difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from nof1web.core.book import shown
from nof1web.core.records import Epoch, Tracker, Verdict
from nof1web.core.refusals import Code, words
from nof1web.core.settings import of
from nof1web.core.signals import SignalPosition
from nof1web.errors import N_, Text
from nof1web.services.books import Book
from nof1web.services.ports import Ports
from nof1web.services.stores import TenantStore

_ZERO = Decimal(0)
_EIGHT = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class StandingRow:
    """One tracker in one symbol. Quantities are signed; `target` is None where no size was decided, or
    nothing is followed.

    `holding` is the tracker's share, `live` what the account has on that side, `delta` what is missing to the target.
    """

    credential: str
    tracker_id: str
    tracker: str
    symbol: str
    agent_quantity: Decimal
    target: Decimal | None
    holding: Decimal
    live: Decimal
    shadow: bool
    code: str
    reason: Text

    @property
    def delta(self) -> Decimal | None:
        """The signed change that would bring the holding to its target."""
        return None if self.target is None else self.target - self.holding


@dataclass(frozen=True, slots=True)
class Standing:
    """A credential's rows, and for how much of the time each tracker's holdings were protected, in % by name."""

    rows: tuple[StandingRow, ...]
    covers: Mapping[str, Decimal]


def standing(p: Ports, store: TenantStore, book: Book) -> Standing:
    """Return a credential's actual against its target, by tracker and symbol."""
    rows = [row for tracker in book.trackers for row in _rows(p, store, book, tracker)]
    covers = ((each.name, store.covers.get(each.id)) for each in book.trackers)
    shares = {name: cover.share for name, cover in covers if cover is not None}
    return Standing(tuple(rows), {name: share for name, share in shares.items() if share is not None})


def _rows(p: Ports, store: TenantStore, book: Book, tracker: Tracker) -> Iterator[StandingRow]:
    signal = p.market.signal(tracker.source, tracker.agent) if tracker.started else None
    agents = {each.symbol: each for each in shown(signal, p.clock())} if signal else {}
    held = {each.symbol: each for each in book.epochs if each.tracker_id == tracker.id and each.quantity}
    verdicts = {each.symbol: each for each in store.chronicle.verdicts(tracker.id)}
    for symbol in sorted(agents.keys() | held.keys()):
        position, epoch = agents.get(symbol), held.get(symbol)
        quantity = _turned(tracker, position)
        known = epoch or (store.trackers.epoch(tracker.id, symbol, position.epoch) if position else None)
        target, holding = _target(known, quantity), epoch.quantity if epoch else _ZERO
        target = target if tracker.started else None
        code, reason = _reason(store, book, tracker, (symbol, target, holding), verdicts.get(symbol))
        mine = (each.quantity for each in book.live if each.symbol == symbol)
        live = sum((each for each in mine if _same(each, holding)), _ZERO)
        yield StandingRow(
            book.credential.name, tracker.id, tracker.name, symbol, quantity, target, holding, live,
            bool(epoch and epoch.shadow), code, reason,
        )


def _same(live: Decimal, holding: Decimal) -> bool:
    return not holding or (live > 0) == (holding > 0)


def _turned(tracker: Tracker, position: SignalPosition | None) -> Decimal:
    if position is None:
        return _ZERO
    return -position.quantity if of(tracker).reverse else position.quantity


def _target(epoch: Epoch | None, quantity: Decimal) -> Decimal | None:
    """Return ratio × the agent's quantity; what may not be entered any more has what is held as its target."""
    if not quantity:
        return _ZERO
    if epoch is None or epoch.ratio is None:
        return None
    if not epoch.state.enters:
        return min((epoch.ratio * abs(quantity)).quantize(_EIGHT), abs(epoch.quantity)).copy_sign(quantity)
    # A ratio is a quotient of 28 digits: no exchange knows more than eight places.
    return (epoch.ratio * quantity).quantize(_EIGHT)


def _reason(
    store: TenantStore,
    book: Book,
    tracker: Tracker,
    figures: tuple[str, Decimal | None, Decimal],
    verdict: Verdict | None,
) -> tuple[str, Text]:
    """Return why a holding is not (or is) its target: what stops it now before what was decided last."""
    symbol, target, holding = figures
    flattens = store.flattens.open(book.credential.id) if book.flattening else ()
    if any(each.covers(tracker.id, symbol) for each in flattens):
        return Code.FLATTENING, words(Code.FLATTENING, {"symbol": symbol})
    if target is not None and target == holding:
        return Code.ON_TARGET, words(Code.ON_TARGET, {"quantity": f"{holding.normalize():f}"})
    stopped = book.stopped.get(symbol)
    if stopped is not None:
        return Code.SYMBOL_STOPPED, stopped
    if not tracker.started:
        return "tracker_stopped", Text(N_("The tracker is stopped: nothing is opened or closed for it."))
    if not book.credential.state.polls:
        numbers = {"state": str(book.credential.state)}
        return Code.STATE_STOPS_ALL, words(Code.STATE_STOPS_ALL, numbers)
    if verdict is not None:
        return verdict.code, words(verdict.code, verdict.numbers)
    return "undecided", Text(N_("Nothing was decided yet: the next cycle does."))
