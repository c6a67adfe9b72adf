"""PUT order: a resting LIMIT order's price and quantity change, and it queues anew (binance.md §4.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from nof1web.sim import book, checks, children, events, matching, news, room
from nof1web.sim.accounts import ZERO, Account
from nof1web.sim.crossing import meet
from nof1web.sim.ledger import Ledger
from nof1web.sim.listings import TRADING
from nof1web.sim.market import Market
from nof1web.sim.orders import (
    LIMIT,
    Amendment,
    Order,
    OrderRequest,
    Params,
    number,
    parse_reduce_only,
    parse_side,
)
from nof1web.sim.refusal import Refusal
from nof1web.sim.terms import GTX, NONE, parse_price_match, refuse_empty

MOST_AMENDMENTS = 10_000
_INT64 = re.compile(r"^-?[0-9]{1,19}\Z")


@dataclass(frozen=True, slots=True)
class AmendRequest:
    """What a resting order shall become: its whole `quantity`, filled parts included, and its `price`.

    `price` is 0 when `price_match` names it; `modify_id` is the caller's own number, echoed and kept.
    """

    side: str
    quantity: Decimal
    price: Decimal = ZERO
    price_match: str = NONE
    reduce_only: bool = False
    modify_id: int | None = None


def parse_amend(params: Params, *, hedge: bool) -> AmendRequest:
    """The change a request asks for; raises Refusal with the exchange's parameter codes."""
    side = parse_side(params)
    quantity = number(params, "quantity")
    match = parse_price_match(params, LIMIT)
    price = number(params, "price") if match == NONE else ZERO
    reduce_only = parse_reduce_only(params, hedge=hedge)
    modify_id = params.get("modifyId")
    if modify_id and (not _INT64.match(modify_id) or not -(2**63) <= int(modify_id) < 2**63):
        raise Refusal(-1130, "modifyId")
    refuse_empty(params)
    return AmendRequest(side, quantity, price, match, reduce_only, int(modify_id) if modify_id else None)


def amend(
    ledger: Ledger, market: Market, account: Account, order: Order, request: AmendRequest, *, now_ms: int
) -> Order:
    """Change a resting order and let it meet the book; raises Refusal and changes nothing when it is refused.

    It ends CANCELED when the new quantity is filled already, or when a GTX order would now take.
    """
    _check_order(market, order, request)
    price = request.price
    if request.price_match != NONE:
        price = book.matched_price(market, order.symbol, request.price_match, buying=order.sign > 0)
    if (price, request.quantity) == (order.price, order.quantity):
        raise Refusal(-5027)
    left = request.quantity - order.executed
    wanted = _wanted(order, quantity=left, price=price)
    _check_filters(market, request, wanted)
    if left > 0:
        _check_account(account, market, order, request, wanted)
    _note(ledger, order, request, price=price, now_ms=now_ms)
    if left <= 0:
        matching.end(ledger, order, "CANCELED", now_ms=now_ms)
        return order
    order.queue = ledger.next_id("order")
    met = meet(market, account, order, matching.fillable(account, order))
    if order.time_in_force == GTX and not met.is_empty:
        matching.end(ledger, order, "CANCELED", now_ms=now_ms)
        return order
    matching.trade_through(ledger, market, account, order, met, now_ms=now_ms)
    children.keep(ledger, order, now_ms=now_ms)
    matching.settle_after_fill(ledger, account, order.symbol, now_ms=now_ms)
    return order


def _check_order(market: Market, order: Order, request: AmendRequest) -> None:
    if market.listing(order.symbol).status != TRADING:
        raise Refusal(-5024)
    if order.type != LIMIT:
        raise Refusal(-5025)
    if not order.is_open:
        raise Refusal(-2013)
    if request.side != order.side:
        raise Refusal(-1117)
    if order.amended >= MOST_AMENDMENTS:
        raise Refusal(-5026)
    if request.reduce_only and not order.reduce_only:
        raise Refusal(-5047)


def _wanted(order: Order, *, quantity: Decimal, price: Decimal) -> OrderRequest:
    return OrderRequest(
        symbol=order.symbol,
        side=order.side,
        type=LIMIT,
        quantity=quantity,
        position_side=order.position_side,
        price=price,
        reduce_only=order.reduce_only,
    )


def _check_filters(market: Market, request: AmendRequest, wanted: OrderRequest) -> None:
    instrument = market.instruments[wanted.symbol]
    checks.check_quantity(request.quantity, instrument, market_order=False)
    checks.check_price(wanted.price, instrument)
    checks.check_percent_price(wanted, market.mark(wanted.symbol))


def _check_account(account: Account, market: Market, order: Order, request: AmendRequest, wanted: OrderRequest) -> None:
    least = market.instruments[order.symbol].min_notional
    # The stricter reading: even a reduce-only order is exempt only when the request says so once more.
    if request.quantity * wanted.price < least and not request.reduce_only:
        raise Refusal(-5029, f"{least.normalize():f}")
    with _without(account, order):
        checks.check_listing(account, market, wanted)
        if checks.closes_only(wanted):
            checks.reducible(account, market, wanted)
        room.check_room(account, market, wanted)


@contextmanager
def _without(account: Account, order: Order) -> Iterator[None]:
    resting = account.open_orders
    account.open_orders = {key: other for key, other in resting.items() if key != order.order_id}
    try:
        yield
    finally:
        account.open_orders = resting


def _note(ledger: Ledger, order: Order, request: AmendRequest, *, price: Decimal, now_ms: int) -> None:
    order.amended += 1
    amendment = Amendment(
        amendment_id=ledger.next_id("amendment"),
        account_id=order.account_id,
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        at_ms=now_ms,
        price_before=order.price,
        price_after=price,
        quantity_before=order.quantity,
        quantity_after=request.quantity,
        number=order.amended,
    )
    order.price, order.quantity, order.price_match = price, max(request.quantity, order.executed), request.price_match
    order.updated_ms = now_ms
    ledger.keep_amendment(amendment)
    ledger.keep_order(order)
    modify_id = "" if request.modify_id is None else str(request.modify_id)
    news.order_changed(ledger, order, events.AMENDMENT, now_ms=now_ms, modify_id=modify_id)
