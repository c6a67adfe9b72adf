"""Orders meet the book: acceptance, fills, expiry, and what a fill does to the account."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from nof1web.sim import book, checks, children, events, news, room
from nof1web.sim.accounts import USDT, ZERO, Account, Income, Trade, apply_fill
from nof1web.sim.crossing import Crossing, meet
from nof1web.sim.fees import EIGHT, commission
from nof1web.sim.isolated import keep_within_wallet
from nof1web.sim.ledger import Ledger
from nof1web.sim.market import Market
from nof1web.sim.orders import MARKET, Order, OrderRequest
from nof1web.sim.refusal import Refusal
from nof1web.sim.terms import FOK, GTX, IOC, NONE, check_good_till


def place(ledger: Ledger, market: Market, account: Account, request: OrderRequest, *, now_ms: int) -> Order:
    """Accept an order and let it meet the book at once; raises Refusal and changes nothing when it is refused."""
    request, met = admit(market, account, request, now_ms=now_ms)
    order = _accept(ledger, account, request, now_ms)
    trade_through(ledger, market, account, order, met, now_ms=now_ms)
    if order.remaining and (request.type == MARKET or request.time_in_force in (IOC, FOK)) and order.is_open:
        end(ledger, order, "EXPIRED", now_ms=now_ms)
    children.keep(ledger, order, now_ms=now_ms)
    settle_after_fill(ledger, account, order.symbol, now_ms=now_ms)
    return order


def admit(market: Market, account: Account, request: OrderRequest, *, now_ms: int) -> tuple[OrderRequest, Crossing]:
    """The order with its price, and what it would meet at once; raises Refusal when it may not be placed."""
    request = priced(market, request)
    most = check(account, market, request, now_ms=now_ms)
    met = meet(market, account, request, min(request.quantity, most))
    if request.time_in_force == FOK and met.quantity < request.quantity:
        raise Refusal(-5021)
    if request.time_in_force == GTX and not met.is_empty:
        raise Refusal(-5022)
    if request.type == MARKET and met.is_empty:
        raise Refusal(-4131)
    return request, met


def priced(market: Market, request: OrderRequest) -> OrderRequest:
    """The order with the price its priceMatch means at this moment; raises -5041."""
    if request.price_match == NONE:
        return request
    price = book.matched_price(market, request.symbol, request.price_match, buying=request.sign > 0)
    return replace(request, price=price)


def check(account: Account, market: Market, request: OrderRequest, *, now_ms: int) -> Decimal:
    """Run every check an order has to pass; the largest quantity it may fill. Raises Refusal."""
    checks.check_listing(account, market, request)
    if not request.algo_id:
        # A conditional order's end was far enough away when it was accepted.
        check_good_till(request.good_till_ms, request.time_in_force, now_ms=now_ms)
    checks.check_filters(account, market, request)
    checks.check_client_id(account, request.client_order_id)
    most = checks.reducible(account, market, request) if checks.closes_only(request) else request.quantity
    room.check_room(account, market, request)
    return most


def trade_through(
    ledger: Ledger, market: Market, account: Account, order: Order, met: Crossing, *, now_ms: int
) -> None:
    """Let an order take what it met; what prevents a trade with itself ends as EXPIRED_IN_MATCH."""
    for other in met.expiring:
        end(ledger, other, "EXPIRED_IN_MATCH", now_ms=now_ms)
    for level in met.levels:
        book.take(market, order.symbol, level)
        fill(ledger, market, account, order, level, maker=False, now_ms=now_ms)
    if met.cut:
        end(ledger, order, "EXPIRED_IN_MATCH", now_ms=now_ms)


def match_resting(ledger: Ledger, market: Market, account: Account, *, now_ms: int) -> None:
    """Fill resting orders that the book has come to: at their own price as maker, and no more than it offers.

    The better price comes first, then who queued first.
    """
    waiting = sorted(account.open_orders.values(), key=lambda order: (-order.price * order.sign, order.place_in_queue))
    for order in waiting:
        if not order.is_open or not market.listing(order.symbol).matches:
            continue
        buying = order.sign > 0
        offers = book.offers(market, order.symbol, buying=buying)
        taken = book.sweep(fillable(account, order), order.price, offers, buying=buying)
        for level in taken:
            book.take(market, order.symbol, level)
            own = book.Level(order.price, level.quantity)
            fill(ledger, market, account, order, own, maker=True, now_ms=now_ms)
        if taken:
            children.keep(ledger, order, now_ms=now_ms)
            settle_after_fill(ledger, account, order.symbol, now_ms=now_ms)


def fill(
    ledger: Ledger,
    market: Market,
    account: Account,
    order: Order,
    level: book.Level,
    *,
    maker: bool,
    now_ms: int,
    execution: str = events.TRADE,
) -> None:
    """Book one fill: position, wallets, trade and income, and tell who watches."""
    position = account.position(order.symbol, order.position_side)
    delta = level.quantity * order.sign
    realised = apply_fill(position, account.config(order.symbol), delta, level.price).quantize(EIGHT)
    asset, fee = commission(account, market, level.quantity * level.price, maker=maker)
    account.credit(USDT, realised)
    account.credit(asset, -fee)
    keep_within_wallet(account, position)
    account.updated_ms = position.updated_ms = order.updated_ms = now_ms
    order.executed += level.quantity
    order.quote += level.quantity * level.price
    order.status = "PARTIALLY_FILLED" if order.remaining else "FILLED"
    trade = Trade(
        trade_id=ledger.next_id("trade"),
        account_id=account.account_id,
        order_id=order.order_id,
        symbol=order.symbol,
        side=order.side,
        position_side=order.position_side,
        price=level.price,
        quantity=level.quantity,
        realised=realised,
        commission=fee,
        maker=maker,
        at_ms=now_ms,
        commission_asset=asset,
    )
    _book(ledger, account, trade)
    news.order_changed(ledger, order, execution, now_ms=now_ms, trade=trade)
    moved = dict.fromkeys((USDT, asset), ZERO)
    news.account_changed(ledger, market, account, "ORDER", now_ms=now_ms, changes=moved, positions=(position,))


def _book(ledger: Ledger, account: Account, trade: Trade) -> None:
    ledger.keep_trade(trade)
    note_income(ledger, account, "COMMISSION", -trade.commission, trade=trade, asset=trade.commission_asset)
    if trade.realised:
        note_income(ledger, account, "REALIZED_PNL", trade.realised, trade=trade)
    ledger.touch(account)


def note_income(
    ledger: Ledger, account: Account, kind: str, amount: Decimal, *, trade: Trade, asset: str = USDT
) -> None:
    """Write down a change of a wallet that a fill caused (units of the asset, signed)."""
    tran_id = ledger.next_id("tran")
    income = Income(tran_id, account.account_id, trade.symbol, kind, amount, trade.at_ms, trade.trade_id, asset)
    ledger.keep_income(income)


def settle_after_fill(ledger: Ledger, account: Account, symbol: str, *, now_ms: int) -> None:
    """End what makes no sense any more: reduce-only orders and closePosition algos without a position to close."""
    for order in list(account.open_orders.values()):
        if order.symbol == symbol and order.is_open and order.only_closes and not fillable(account, order):
            end(ledger, order, "EXPIRED", now_ms=now_ms)
    for algo in list(account.open_algos.values()):
        held = account.quantity(symbol, algo.position_side)
        stranded = not held or (held > 0) == (algo.side == "BUY")
        if algo.symbol == symbol and algo.is_open and algo.close_position and stranded:
            algo.status, algo.updated_ms = "EXPIRED", now_ms
            ledger.keep_algo(algo)
            news.algo_changed(ledger, algo, now_ms=now_ms)


def end(ledger: Ledger, order: Order, status: str, *, now_ms: int, expired_for: str = "") -> None:
    """Take what is left of an order out of the book; `status` is CANCELED, EXPIRED or EXPIRED_IN_MATCH.

    `expired_for` is the stream's expiry reason where the order itself doesn't tell it.
    """
    order.status, order.updated_ms = status, now_ms
    children.keep(ledger, order, now_ms=now_ms)
    execution = events.EXPIRED if status == "EXPIRED_IN_MATCH" else status
    news.order_changed(ledger, order, execution, now_ms=now_ms, expired_for=expired_for)


def _accept(ledger: Ledger, account: Account, request: OrderRequest, now_ms: int) -> Order:
    order_id = ledger.next_id("order")
    order = Order(
        order_id=order_id,
        account_id=account.account_id,
        client_order_id=request.client_order_id or f"web_{order_id:x}",
        symbol=request.symbol,
        side=request.side,
        position_side=request.position_side,
        type=request.type,
        time_in_force=request.time_in_force,
        quantity=request.quantity,
        price=request.price,
        reduce_only=request.reduce_only or request.close_position,
        created_ms=now_ms,
        updated_ms=now_ms,
        close_position=request.close_position,
        algo_id=request.algo_id,
        price_match=request.price_match,
        self_trade_prevention=request.self_trade_prevention,
        good_till_ms=request.good_till_ms,
    )
    news.order_changed(ledger, order, events.NEW, now_ms=now_ms)
    return order


def fillable(account: Account, order: Order) -> Decimal:
    """What is left of a resting order; for one that only closes no more than the position it may reduce."""
    if not order.only_closes:
        return order.remaining
    held = account.quantity(order.symbol, order.position_side)
    against = abs(held) if held and (held > 0) != (order.sign > 0) else ZERO
    return min(order.remaining, against)
