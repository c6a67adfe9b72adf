"""A book that runs dry: the next order fills only a share of what it would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from decimal import Decimal

from nof1web.sim import book, crossing
from nof1web.sim.accounts import Account
from nof1web.sim.market import Market
from nof1web.sim.orders import OrderRequest, parse_order
from nof1web.sim.refusal import Refusal
from nof1web.sim.routing import Call


def thin_for(call: Call, share: Decimal) -> AbstractContextManager[None]:
    """A context in which the book leaves a POST order only that share (0 to 1), rounded down to its step.

    At least one step stays. Anything but a well-formed order meets the book as it is.
    """
    if (call.method, call.path) != ("POST", "/fapi/v1/order"):
        return nullcontext()
    market = call.world.exchange.market
    try:
        request = parse_order(call.params, call.instruments, hedge=call.owner.hedge)
        reach = _reach(market, call.owner, request)
    except Refusal:
        return nullcontext()
    instrument = market.instruments[request.symbol]
    kept = max(instrument.step, instrument.floor_quantity(reach * share))
    return _thinned(market, request.symbol, kept, buying=request.sign > 0)


def _reach(market: Market, account: Account, request: OrderRequest) -> Decimal:
    asked = request.quantity
    if request.reduce_only:
        asked = min(asked, abs(account.quantity(request.symbol, request.position_side)))
    return crossing.meet(market, account, request, asked).quantity


@contextmanager
def _thinned(market: Market, symbol: str, kept: Decimal, *, buying: bool) -> Iterator[None]:
    hidden: list[book.Level] = []
    for level in list(book.offers(market, symbol, buying=buying)):
        shown = min(kept, level.quantity)
        kept -= shown
        if shown < level.quantity:
            hidden.append(book.Level(level.price, level.quantity - shown))
    for level in hidden:
        book.take(market, symbol, level)
    try:
        yield
    finally:
        for level in hidden:
            book.take(market, symbol, book.Level(level.price, -level.quantity))
