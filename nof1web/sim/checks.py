"""What is checked before an order is accepted: listing, filters, reduce-only (binance.md §4.1, §8)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.sim.accounts import BOTH, LONG, ZERO, Account
from nof1web.sim.margin import margins
from nof1web.sim.market import Market
from nof1web.sim.orders import MARKET, OrderRequest
from nof1web.sim.refusal import Refusal
from nof1web.sim.rules import PERCENT_DOWN, PERCENT_UP, Instrument


def check_listing(account: Account, market: Market, request: OrderRequest) -> None:
    """Refuse what the symbol's listing forbids: -4140 -4141 -4105 -4106 -4107 -4411."""
    listing = market.listing(request.symbol)
    listing.check(request.side, closing=closes_only(request), agreed=account.tradfi_agreed)


def check_filters(account: Account, market: Market, request: OrderRequest) -> None:
    """Refuse an order that breaks a filter of its symbol.

    One that closes a whole position (closePosition) may be of any size: nothing of it must be left unguarded.
    """
    instrument = market.instruments[request.symbol]
    market_order = request.type == MARKET
    if not request.close_position:
        check_quantity(request.quantity, instrument, market_order=market_order)
    mark = market.mark(request.symbol)
    if not market_order:
        check_price(request.price, instrument)
        check_percent_price(request, mark)
    notional = request.quantity * (mark if market_order else request.price)
    if notional < instrument.min_notional and not _is_exempt(account, request):
        raise Refusal(-4164, f"{instrument.min_notional.normalize():f}")


def check_quantity(quantity: Decimal, instrument: Instrument, *, market_order: bool) -> None:
    """Refuse a quantity outside LOT_SIZE or MARKET_LOT_SIZE: -4003 -1111 -4004 -4005 -4023."""
    if quantity <= 0:
        raise Refusal(-4003)
    if _places(quantity) > instrument.quantity_precision:
        raise Refusal(-1111)
    if quantity < instrument.step:
        raise Refusal(-4004)
    if quantity > (instrument.market_max_quantity if market_order else instrument.max_quantity):
        raise Refusal(-4005)
    if quantity % instrument.step:
        raise Refusal(-4023)


def check_price(price: Decimal, instrument: Instrument) -> None:
    """Refuse a price outside PRICE_FILTER: -4001 -1111 -4002 -4013 -4014."""
    if price <= 0:
        raise Refusal(-4001)
    if _places(price) > instrument.price_precision:
        raise Refusal(-1111)
    if price > instrument.max_price:
        raise Refusal(-4002)
    if price < instrument.min_price:
        raise Refusal(-4013)
    if price % instrument.tick:
        raise Refusal(-4014)


def check_percent_price(request: OrderRequest, mark: Decimal) -> None:
    """Refuse a limit price too far on the paying side of the mark: -4016 -4024."""
    if request.sign > 0 and request.price > mark * PERCENT_UP:
        raise Refusal(-4016, f"{mark * PERCENT_UP:.4f}")
    if request.sign < 0 and request.price < mark * PERCENT_DOWN:
        raise Refusal(-4024, f"{mark * PERCENT_DOWN:.4f}")


def check_client_id(account: Account, client_order_id: str) -> None:
    """Refuse an id that an open order carries (-4116); closed ones don't count."""
    if client_order_id and any(o.client_order_id == client_order_id for o in account.open_orders.values()):
        raise Refusal(-4116)


def closes_only(request: OrderRequest) -> bool:
    """Whether the order can only make a position smaller."""
    if request.position_side == BOTH:
        return request.reduce_only or request.close_position
    return (request.position_side == LONG) == (request.sign < 0)


def reducible(account: Account, market: Market, request: OrderRequest) -> Decimal:
    """How much an order that only closes may take away, resting ones considered: -2022 when nothing, -4118."""
    held = account.quantity(request.symbol, request.position_side)
    against = abs(held) if held and (held > 0) == (request.sign < 0) else ZERO
    if request.close_position and against:
        # It closes all there is; orders at rest that then close nothing expire.
        return against
    resting = sum(
        (
            order.remaining
            for order in account.open_orders.values()
            if order.symbol == request.symbol
            and order.position_side == request.position_side
            and order.side == request.side
            and (order.reduce_only or request.position_side != BOTH)
        ),
        ZERO,
    )
    free = against - resting
    if free <= 0 or (request.position_side != BOTH and request.quantity > free):
        raise Refusal(-2022)
    _check_combination(account, market, request, against=against, quantity=min(free, request.quantity))
    return free


def _check_combination(
    account: Account, market: Market, request: OrderRequest, *, against: Decimal, quantity: Decimal
) -> None:
    # Resting orders of the same side may open: together with this one they would turn the position round.
    opening = sum(
        (
            order.remaining
            for order in account.open_orders.values()
            if order.symbol == request.symbol
            and order.position_side == request.position_side
            and order.side == request.side
            and not order.only_closes
        ),
        ZERO,
    )
    beyond = opening + quantity - against
    if not opening or beyond <= 0:
        return
    price = request.price or market.mark(request.symbol)
    if beyond * price / account.config(request.symbol).leverage > margins(account, market).available:
        raise Refusal(-4118)


def _is_exempt(account: Account, request: OrderRequest) -> bool:
    if request.reduce_only or request.close_position:
        return True
    # In hedge mode only the close of a whole position is known to pass below the minimum.
    held = account.quantity(request.symbol, request.position_side)
    return closes_only(request) and request.quantity >= abs(held) > 0


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
