"""Controls that meddle with accounts and symbols by hand, as a user or the exchange itself would."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from nof1web.sim import render
from nof1web.sim.accounts import BOTH, USDT, Account
from nof1web.sim.algo_orders import parse_algo
from nof1web.sim.controls import MOST_MONEY, BadControl, Wish, guarded, price_of, signed_amount, text_of, whole
from nof1web.sim.orders import ALGO_TYPES, BUY, MARKET, SELL, OrderRequest, parse_order
from nof1web.sim.routing import Call, Route, Routes


def deposit(call: Call, wish: Wish) -> Any:
    """POST /sim/deposit {account_id, amount, asset?}: units of the asset (USDT); below 0 takes out."""
    asset = text_of(wish, "asset", USDT)
    size = signed_amount(wish.get("amount"), "amount", most=MOST_MONEY)
    account = call.world.exchange.deposit(text_of(wish, "account_id"), asset, size, now_ms=call.now_ms)
    return {"account_id": account.account_id, "asset": asset, "balance": render.plain(account.balance(asset))}


def change_symbols(call: Call, wish: Wish) -> Any:
    """POST /sim/symbols {"BTCUSDT": {"status"?, "control"?, "tradfi"?}, …} or {"delist": "XRPUSDT"}."""
    exchange = call.world.exchange
    if "delist" in wish:
        exchange.delist(text_of(wish, "delist"), now_ms=call.now_ms)
        call.world.save(market=True)
        return {"delisted": wish["delist"]}
    changed = {}
    for symbol, change in wish.items():
        if not isinstance(change, dict) or set(change) - {"status", "control", "tradfi"}:
            raise BadControl(f"{symbol} needs a status, a control or tradfi")
        now = exchange.set_listing(symbol, **{name: _listed(name, value) for name, value in change.items()})
        changed[symbol] = {"status": now.status, "control": now.control, "tradfi": now.tradfi}
    call.world.save(market=True)
    return changed


def deleverage(call: Call, wish: Wish) -> Any:
    """POST /sim/adl {account_id, symbol, position_side?, price?}: close a whole position as deleveraging does."""
    name, symbol, side = text_of(wish, "account_id"), text_of(wish, "symbol"), text_of(wish, "position_side", BOTH)
    price = price_of(call, symbol, wish["price"]) if "price" in wish else None
    call.world.exchange.auto_deleverage(name, symbol, side, price=price, now_ms=call.now_ms)
    return {"account_id": name, "symbol": symbol, "position_side": side}


def order_by_hand(call: Call, wish: Wish) -> Any:
    """POST /sim/orders {account_id, place: {…} | cancel: orderId | cancel_algo: algoId | close: symbol}.

    `place` takes the parameters of POST order, or of POST algoOrder for a conditional type; `close` sends market
    orders against all the account holds of a symbol. No key, no signature, no limits: the account's owner at a screen.
    """
    account = call.world.exchange.account(text_of(wish, "account_id"))
    if isinstance(wish.get("place"), dict):
        return _place(call, account, {name: _param(value) for name, value in wish["place"].items()})
    if "cancel" in wish:
        order = account.orders.get(whole(wish["cancel"], "cancel"))
        if order is None:
            raise BadControl("no such order")
        ended = call.world.exchange.cancel_order(account.account_id, order, now_ms=call.now_ms)
        return render.order_full(ended, call.instruments)
    if "cancel_algo" in wish:
        algo = account.algos.get(whole(wish["cancel_algo"], "cancel_algo"))
        if algo is None:
            raise BadControl("no such conditional order")
        return render.algo_full(call.world.exchange.cancel_algo(algo, now_ms=call.now_ms), call.instruments)
    if "close" in wish:
        return _close(call, account, text_of(wish, "close"))
    raise BadControl("an order by hand needs place, cancel, cancel_algo or close")


def _place(call: Call, account: Account, params: dict[str, str]) -> Any:
    exchange, name = call.world.exchange, account.account_id
    if params.get("type") in ALGO_TYPES:
        wanted = parse_algo({"algoType": "CONDITIONAL", **params}, call.instruments, hedge=account.hedge)
        return render.algo_full(exchange.place_algo(name, wanted, now_ms=call.now_ms), call.instruments)
    request = parse_order(params, call.instruments, hedge=account.hedge)
    return render.order_full(exchange.place_order(name, request, now_ms=call.now_ms), call.instruments)


def _close(call: Call, account: Account, symbol: str) -> Any:
    closed = []
    for position in [each for each in account.live_positions() if each.symbol == symbol]:
        left, most = abs(position.quantity), call.instruments[symbol].market_max_quantity
        side = SELL if position.quantity > 0 else BUY
        while left > 0:
            request = _closing(symbol, side, min(left, most), position.side)
            order = call.world.exchange.place_order(account.account_id, request, now_ms=call.now_ms)
            closed.append(render.order_full(order, call.instruments))
            left = left - order.executed if order.executed else Decimal(0)
    return closed


def _closing(symbol: str, side: str, quantity: Decimal, position_side: str) -> OrderRequest:
    return OrderRequest(
        symbol=symbol,
        side=side,
        type=MARKET,
        quantity=quantity,
        position_side=position_side,
        reduce_only=position_side == BOTH,
    )


def _listed(name: str, value: object) -> Any:
    """What a symbol's listing is set to: `tradfi` yes or no, the others by name; None leaves it as it is."""
    if value is not None and not isinstance(value, bool if name == "tradfi" else str):
        raise BadControl(f"{name} must be {'true or false' if name == 'tradfi' else 'a text'}")
    return value


def _param(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


ROUTES: Routes = {
    ("POST", "/sim/deposit"): Route(guarded(deposit)),
    ("POST", "/sim/symbols"): Route(guarded(change_symbols)),
    ("POST", "/sim/adl"): Route(guarded(deleverage)),
    ("POST", "/sim/orders"): Route(guarded(order_by_hand)),
}
