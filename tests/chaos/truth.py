"""What really is whose on an account: every trade in its order, shared out between this app and everybody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from nof1web.sim.accounts import Account, Trade
from nof1web.sim.orders import BUY, Order
from tests.chaos.hands import OURS

Key = tuple[str, str]
"""symbol and position side"""
ZERO = Decimal(0)
UNAWARE_MS = 60_000
"""for how long after a person's trade an order of ours may still go by what was before"""


@dataclass(slots=True)
class Share:
    """One position: the signed parts of it, when a person traded last, and what of theirs our orders took."""

    own: Decimal = ZERO
    foreign: Decimal = ZERO
    touched_ms: int = 0
    forced: bool = False
    taken: list[tuple[int, Decimal]] = field(default_factory=list)
    excused: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """Whose an account's positions are; `executed` is what our orders did, by client order id and side."""

    shares: dict[Key, Share]
    executed: dict[tuple[str, str], list[Decimal]]


def is_ours(order: Order) -> bool:
    """Whether this app sent an order, or the stop it is the child of."""
    return bool(OURS.fullmatch(order.client_order_id))


def truth_of(account: Account) -> Truth:
    """Share every trade out in its order: a person's reduction takes from their own part first (DESIGN §5 rule 8)."""
    shares: dict[Key, Share] = defaultdict(Share)
    for trade, order in _trades(account):
        share, delta = shares[trade.symbol, trade.position_side], _signed(trade)
        if not is_ours(order):
            share.touched_ms, share.forced = trade.at_ms, share.forced or bool(order.forced)
            _by_hand(share, delta)
        elif order.only_closes:
            _exit(share, delta, trade.at_ms)
        else:
            _enter(share, delta, trade.at_ms)
    executed: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for order in account.orders.values():
        if is_ours(order) and order.executed:
            executed[order.client_order_id, order.side].append(order.executed)
    return Truth(dict(shares), dict(executed))


def _trades(account: Account) -> Iterator[tuple[Trade, Order]]:
    for trade in sorted(account.trades, key=lambda each: each.trade_id):
        yield trade, account.orders[trade.order_id]


def _signed(trade: Trade) -> Decimal:
    return trade.quantity if trade.side == BUY else -trade.quantity


def _by_hand(share: Share, delta: Decimal) -> None:
    whole = share.own + share.foreign
    if not whole or (whole > 0) == (delta > 0):
        share.foreign += delta
        return
    for part in ("foreign", "own"):
        held = getattr(share, part)
        if held and (held > 0) != (delta > 0):
            less = min(abs(held), abs(delta)).copy_sign(delta)
            setattr(share, part, held + less)
            delta -= less
    share.foreign += delta


def _exit(share: Share, delta: Decimal, at_ms: int) -> None:
    own = min(abs(share.own), abs(delta)) if share.own and (share.own > 0) != (delta > 0) else ZERO
    share.own += own.copy_sign(delta)
    if own < abs(delta):
        _take(share, delta - own.copy_sign(delta), at_ms)


def _enter(share: Share, delta: Decimal, at_ms: int) -> None:
    if share.foreign and (share.foreign > 0) != (delta > 0):
        netted = min(abs(share.foreign), abs(delta)).copy_sign(delta)
        _take(share, netted, at_ms)
        delta -= netted
    share.own += delta


def _take(share: Share, delta: Decimal, at_ms: int) -> None:
    """An order of ours took from a person's part: nobody could know when they had traded only just before."""
    share.foreign += delta
    if share.touched_ms and at_ms - share.touched_ms <= UNAWARE_MS:
        share.excused = True
    else:
        share.taken.append((at_ms, delta))
