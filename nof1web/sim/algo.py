"""The algo service: conditional orders accepted, triggered, turned into regular orders (binance.md §3)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.sim import checks, matching, news
from nof1web.sim.accounts import BOTH, LONG, Account
from nof1web.sim.algo_orders import MARK_PRICE, PRICED, TRAILING, AlgoOrder, AlgoRequest
from nof1web.sim.ledger import Ledger
from nof1web.sim.market import Market, Quote
from nof1web.sim.orders import BUY, LIMIT, MARKET, OrderRequest
from nof1web.sim.refusal import Refusal
from nof1web.sim.rules import MAX_OPEN_ALGO_ORDERS, PERCENT_DOWN, PERCENT_UP, TRIGGER_PROTECT, Instrument
from nof1web.sim.terms import NONE, check_good_till


def place(ledger: Ledger, market: Market, account: Account, request: AlgoRequest, *, now_ms: int) -> AlgoOrder:
    """Accept a conditional order; no margin is checked before it triggers. Raises Refusal."""
    instrument = market.instruments[request.symbol]
    closing = request.reduce_only or request.close_position or _closes_hedged(request)
    market.listing(request.symbol).check(request.side, closing=closing, agreed=account.tradfi_agreed)
    check_good_till(request.good_till_ms, request.time_in_force, now_ms=now_ms)
    _check_numbers(request, instrument)
    _check_account(account, request)
    _check_prices(request, market.quotes[request.symbol])
    algo_id = ledger.next_id("algo")
    algo = AlgoOrder(
        algo_id=algo_id,
        account_id=account.account_id,
        client_algo_id=request.client_algo_id or f"algo_{algo_id:x}",
        symbol=request.symbol,
        side=request.side,
        type=request.type,
        position_side=request.position_side,
        time_in_force="GTE_GTC" if request.close_position else request.time_in_force,
        quantity=request.quantity,
        trigger=request.trigger,
        price=request.price,
        working_type=request.working_type,
        reduce_only=request.reduce_only or request.close_position,
        close_position=request.close_position,
        price_protect=request.price_protect,
        activate_price=request.activate_price,
        callback_rate=request.callback_rate,
        created_ms=now_ms,
        updated_ms=now_ms,
        price_match=request.price_match,
        self_trade_prevention=request.self_trade_prevention,
        good_till_ms=request.good_till_ms,
    )
    price = _working_price(algo.working_type, market.quotes[algo.symbol])
    if algo.type == TRAILING:
        if not algo.activate_price:
            _follow(algo, price)
    elif algo.crossed(price):
        raise Refusal(-2021)
    ledger.touch(account)
    _keep(ledger, algo, now_ms)
    return algo


def cancel(ledger: Ledger, algo: AlgoOrder, *, now_ms: int) -> None:
    """Take a conditional order back; raises -2011 when it no longer waits."""
    if not algo.is_open:
        raise Refusal(-2011)
    algo.status, algo.updated_ms = "CANCELED", now_ms
    _keep(ledger, algo, now_ms)


def trigger_due(ledger: Ledger, market: Market, account: Account, *, now_ms: int) -> None:
    """Fire every conditional order of an account whose price has come."""
    for algo in list(account.open_algos.values()):
        # An order fired earlier in this loop may have closed the position this one was waiting for.
        if not algo.is_open or not market.listing(algo.symbol).matches:
            continue
        if _is_due(ledger, algo, market.quotes[algo.symbol]):
            _fire(ledger, market, account, algo, now_ms=now_ms)


def _check_numbers(request: AlgoRequest, instrument: Instrument) -> None:
    if not request.close_position:
        market_order = request.type not in PRICED
        checks.check_quantity(request.quantity, instrument, market_order=market_order)
    if request.type in PRICED and request.price_match == NONE:
        checks.check_price(request.price, instrument)
    if request.type == TRAILING:
        if request.activate_price:
            checks.check_price(request.activate_price, instrument)
        return
    if request.trigger <= 0:
        raise Refusal(-4006)
    if request.trigger > instrument.max_price:
        raise Refusal(-4007)
    # Stricter than the testnet, which once took such a price: others report this refusal.
    checks.check_price(request.trigger, instrument)


def _check_account(account: Account, request: AlgoRequest) -> None:
    resting = account.open_algos.values()
    if len(resting) >= MAX_OPEN_ALGO_ORDERS:
        raise Refusal(-4045)
    if request.client_algo_id and any(a.client_algo_id == request.client_algo_id for a in resting):
        raise Refusal(-4116)
    if not request.close_position:
        return
    if request.position_side != BOTH and (request.position_side == LONG) == (request.side == "BUY"):
        raise Refusal(-4061)
    held = account.quantity(request.symbol, request.position_side)
    if not held or (held > 0) == (request.side == "BUY"):
        raise Refusal(-4509)
    for other in resting:
        same = (other.symbol, other.position_side, other.side) == (request.symbol, request.position_side, request.side)
        if same and other.close_position and other.type == request.type:
            raise Refusal(-4130)


def _check_prices(request: AlgoRequest, quote: Quote) -> None:
    buying = request.side == BUY
    if request.activate_price:
        now = _working_price(request.working_type, quote)
        if request.activate_price >= now if buying else request.activate_price <= now:
            raise Refusal(-4135)
    if request.type not in PRICED or request.price_match != NONE:
        return
    highest, lowest = request.trigger * PERCENT_UP, request.trigger * PERCENT_DOWN
    if buying and request.price > highest:
        raise Refusal(-4183, f"{highest:.4f}")
    if not buying and request.price < lowest:
        raise Refusal(-4184, f"{lowest:.4f}")


def _closes_hedged(request: AlgoRequest) -> bool:
    return request.position_side != BOTH and (request.position_side == LONG) != (request.side == BUY)


def _working_price(working_type: str, quote: Quote) -> Decimal:
    return quote.mark if working_type == MARK_PRICE else quote.last


def _is_due(ledger: Ledger, algo: AlgoOrder, quote: Quote) -> bool:
    price = _working_price(algo.working_type, quote)
    if algo.type == TRAILING and _is_active(algo, price) and _follow(algo, price):
        ledger.keep_algo(algo)
    waits = algo.type == TRAILING and not algo.extreme
    apart = abs(quote.mark - quote.last) > quote.mark * TRIGGER_PROTECT
    return not waits and algo.crossed(price) and not (algo.price_protect and apart)


def _is_active(algo: AlgoOrder, price: Decimal) -> bool:
    """Whether a trailing stop follows the price: from its activatePrice on, without one from the start."""
    if algo.extreme or not algo.activate_price:
        return True
    return price >= algo.activate_price if algo.side == "SELL" else price <= algo.activate_price


def _follow(algo: AlgoOrder, price: Decimal) -> bool:
    """Let a trailing stop's trigger follow a better price; whether it was one."""
    selling, best = algo.side == "SELL", algo.extreme
    if best and (price <= best if selling else price >= best):
        return False
    distance = algo.callback_rate / 100
    algo.extreme = price
    algo.trigger = price * (1 - distance if selling else 1 + distance)
    return True


def _fire(ledger: Ledger, market: Market, account: Account, algo: AlgoOrder, *, now_ms: int) -> None:
    algo.status, algo.triggered_ms, algo.updated_ms = "TRIGGERING", now_ms, now_ms
    _keep(ledger, algo, now_ms)
    request = _child(account, algo)
    try:
        _refuse_if_told(ledger, account)
        matching.place(ledger, market, account, request, now_ms=now_ms)
    except Refusal as refusal:
        algo.status, algo.reason = "REJECTED", refusal.message
        _keep(ledger, algo, now_ms)
        ledger.touch(account)


def _refuse_if_told(ledger: Ledger, account: Account) -> None:
    left = ledger.refuse_triggers.get(account.account_id, 0)
    if left > 0:
        ledger.refuse_triggers[account.account_id] = left - 1
        raise Refusal(-2010)


def _keep(ledger: Ledger, algo: AlgoOrder, now_ms: int) -> None:
    ledger.keep_algo(algo)
    news.algo_changed(ledger, algo, now_ms=now_ms)


def _child(account: Account, algo: AlgoOrder) -> OrderRequest:
    quantity = algo.quantity
    if algo.close_position:
        quantity = abs(account.quantity(algo.symbol, algo.position_side))
    limit = algo.type in PRICED
    # Ids of regular and of conditional orders are apart: one may be in use as the other.
    taken = any(order.client_order_id == algo.client_algo_id for order in account.open_orders.values())
    return OrderRequest(
        symbol=algo.symbol,
        side=algo.side,
        type=LIMIT if limit else MARKET,
        quantity=quantity,
        position_side=algo.position_side,
        price=algo.price,
        time_in_force=algo.time_in_force if limit else "GTC",
        reduce_only=algo.reduce_only and algo.position_side == BOTH,
        client_order_id="" if taken else algo.client_algo_id,
        close_position=algo.close_position,
        algo_id=algo.algo_id,
        price_match=algo.price_match,
        self_trade_prevention=algo.self_trade_prevention,
        good_till_ms=algo.good_till_ms if limit else 0,
    )
