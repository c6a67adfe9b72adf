"""Whether an account has room for an order: number of orders, bracket, margin (binance.md §4.1, §8)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.sim import book
from nof1web.sim.accounts import ZERO, Account
from nof1web.sim.checks import closes_only
from nof1web.sim.margin import initial_margin, margins
from nof1web.sim.market import Market
from nof1web.sim.orders import MARKET, Order, OrderRequest
from nof1web.sim.refusal import Refusal
from nof1web.sim.rules import MAX_OPEN_ORDERS, TAKER_FEE
from nof1web.sim.terms import FOK, IOC


def check_room(account: Account, market: Market, request: OrderRequest) -> None:
    """Refuse an order over the number of orders, the bracket or the margin: -2025 -2027 -2019.

    What only closes needs neither bracket nor margin, and no place among the orders when it can't rest.
    """
    only_closes = closes_only(request)
    passing = request.type == MARKET or request.time_in_force in (IOC, FOK)
    if len(account.open_orders) >= MAX_OPEN_ORDERS and not (only_closes and passing):
        raise Refusal(-2025)
    if only_closes:
        return
    pending = _pending(account, request)
    price = _fill_price(market, request)
    _check_bracket(account, market, request, pending=pending, price=price)
    # What rests on this side already may have closed the position before this order does.
    resting = sum((order.remaining for order in pending), ZERO)
    held = account.quantity(request.symbol, request.position_side)
    against = abs(held) if held and (held > 0) != (request.sign > 0) else ZERO
    closing = min(max(ZERO, against - resting), request.quantity)
    if closing == request.quantity:
        return
    needed = _cost(account, market, request, opening=request.quantity - closing, price=price)
    if needed - _freed(account, market, request, closing) > margins(account, market).available:
        raise Refusal(-2019)


def _pending(account: Account, request: OrderRequest) -> list[Order]:
    wanted = (request.symbol, request.position_side, request.side)
    return [o for o in account.open_orders.values() if (o.symbol, o.position_side, o.side) == wanted]


def _fill_price(market: Market, request: OrderRequest) -> Decimal:
    """The price an order is expected to fill at: its own, for MARKET the best on offer."""
    if request.type != MARKET:
        return request.price
    symbol = request.symbol
    return book.best(market.quotes[symbol], market.instruments[symbol], buying=request.sign > 0)


def _check_bracket(
    account: Account, market: Market, request: OrderRequest, *, pending: list[Order], price: Decimal
) -> None:
    # Each order at its own price and the position at the mark, as where the leverage is chosen.
    mark = market.mark(request.symbol)
    held = account.quantity(request.symbol, request.position_side) * mark
    opening = sum((o.remaining * o.price for o in pending if not o.only_closes), ZERO)
    after = abs(held + request.sign * (opening + request.quantity * price))
    leverage = account.config(request.symbol).leverage
    if after > abs(held) and after > market.instruments[request.symbol].notional_cap(leverage):
        raise Refusal(-2027)


def _cost(account: Account, market: Market, request: OrderRequest, *, opening: Decimal, price: Decimal) -> Decimal:
    """Initial margin of what is opened, the taker fee, and what the price is worse than the mark (USDT)."""
    mark = market.mark(request.symbol)
    bound = max(price, mark) if request.type == MARKET else price
    open_loss = request.quantity * max(ZERO, request.sign * (price - mark))
    return opening * bound / account.config(request.symbol).leverage + request.quantity * price * TAKER_FEE + open_loss


def _freed(account: Account, market: Market, request: OrderRequest, closing: Decimal) -> Decimal:
    if not closing:
        return ZERO
    position = account.position(request.symbol, request.position_side)
    share = closing / abs(position.quantity)
    if account.is_isolated(request.symbol):
        return (position.isolated_wallet + position.unrealised(market.mark(request.symbol))) * share
    return initial_margin(account, position, market.mark(request.symbol)) * share
