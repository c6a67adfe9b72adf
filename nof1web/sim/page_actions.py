"""What the forms of an account do: money, orders, closing, cancelling, settings, keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_DOWN, Decimal

from nof1web.sim.accounts import BOTH, CROSSED, ISOLATED, Account
from nof1web.sim.margin import margins, withdrawable
from nof1web.sim.orders import BUY, MARKET, SELL, OrderRequest
from nof1web.sim.page_account import account_of, page, path_of
from nof1web.sim.page_fields import BadField, Fields, read_fields
from nof1web.sim.page_format import price, quantity, short
from nof1web.sim.page_home import key_page, wanted_public_key
from nof1web.sim.page_notices import go
from nof1web.sim.page_ticket import outcome, place
from nof1web.sim.page_view import language, problem
from nof1web.sim.refusal import Refusal
from nof1web.sim.routing import Answer, Call, whole_of
from nof1web.sim.rules import ASSETS

LEAST_TRANSFER, MOST_TRANSFER = Decimal("0.00000001"), Decimal(10_000_000)
# A sentence of page_notices with its values.
Said = tuple[str, Mapping[str, str]]
Action = Callable[[Call, Account, Fields], Said]


def transfer(call: Call, account: Account, fields: Fields) -> Said:
    """Deposit or withdraw an asset."""
    asset = fields.one_of("asset", ASSETS)
    amount = fields.decimal("amount", "amount_error", least=LEAST_TRANSFER, most=MOST_TRANSFER)
    if amount != amount.quantize(LEAST_TRANSFER):
        raise BadField("amount", "amount_error")
    withdrawing = fields.one_of("direction", ("deposit", "withdraw")) == "withdraw"
    if withdrawing and amount > (most := _withdrawable(call, account, asset)):
        raise BadField("amount", "too_much", most=short(most), asset=asset)
    moved = -amount if withdrawing else amount
    call.world.exchange.deposit(account.account_id, asset, moved, now_ms=call.now_ms)
    return "withdrew" if withdrawing else "deposited", {"amount": short(amount), "asset": asset}


def close(call: Call, account: Account, fields: Fields) -> Said:
    """Close a position at market, or as much of it as one market order may."""
    symbol, side = fields.one_of("symbol", call.instruments), fields.one_of("position_side", account.sides())
    instrument, held = call.instruments[symbol], account.quantity(symbol, side)
    request = OrderRequest(
        symbol=symbol,
        side=SELL if held > 0 else BUY,
        type=MARKET,
        quantity=min(abs(held), instrument.market_max_quantity),
        position_side=side,
        reduce_only=side == BOTH,
    )
    if not held:
        raise Refusal(-2022)
    order = call.world.exchange.place_order(account.account_id, request, now_ms=call.now_ms)
    said = "closed" if not account.quantity(symbol, side) else "closed_partly"
    values = {"quantity": quantity(order.executed, instrument), "asked": quantity(abs(held), instrument)}
    average = order.quote / order.executed if order.executed else order.price
    return said, {**values, "symbol": symbol, "price": price(average, instrument)}


def cancel(call: Call, account: Account, fields: Fields) -> Said:
    """Cancel a resting or a conditional order."""
    exchange, key = call.world.exchange, whole_of(fields.text("number")) or 0
    order, algo = account.orders.get(key), account.algos.get(key)
    if order is not None:
        exchange.cancel_order(account.account_id, order, now_ms=call.now_ms)
        return "cancelled", {"symbol": order.symbol}
    if algo is None:
        raise Refusal(-2011)
    exchange.cancel_algo(algo, now_ms=call.now_ms)
    return "cancelled", {"symbol": algo.symbol}


def change_symbol(call: Call, account: Account, fields: Fields) -> Said:
    """Choose a symbol's leverage, or its margin type."""
    symbol = fields.one_of("symbol", call.instruments)
    if fields.one_of("set", ("leverage", "margin_type")) == "margin_type":
        kind = fields.one_of("margin_type", (CROSSED, ISOLATED))
        call.world.exchange.set_margin_type(account.account_id, symbol, kind, now_ms=call.now_ms)
        return "margin_type", {"symbol": symbol, "kind": kind}
    most = call.instruments[symbol].max_leverage
    text = fields.text("leverage")
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= most):
        raise BadField("leverage", "leverage_error", symbol=symbol, most=str(most))
    call.world.exchange.set_leverage(account.account_id, symbol, int(text), now_ms=call.now_ms)
    return "leverage", {"symbol": symbol, "leverage": str(int(text))}


def change_mode(call: Call, account: Account, fields: Fields) -> Said:
    """Choose the position mode or the asset mode."""
    mode = fields.one_of("mode", ("hedge", "one_way", "multi_assets", "single_asset"))
    if mode in ("hedge", "one_way"):
        call.world.exchange.set_hedge(account.account_id, hedge=mode == "hedge")
    else:
        call.world.exchange.set_multi_assets(account.account_id, on=mode == "multi_assets", now_ms=call.now_ms)
    return mode, {}


def order(call: Call, account: Account, fields: Fields) -> Said:
    """Place what the ticket asks for."""
    return outcome(place(call, account, fields), call.instruments)


def make_key(call: Call) -> Answer:
    """POST /accounts/<id>/keys: another key, whose secret this one answer shows."""
    account, fields = account_of(call), read_fields(call)
    try:
        public_key = wanted_public_key(fields)
    except BadField as error:
        return page(call, status=422, problem=problem(call, "keys", fields, error))
    return key_page(call, account, public_key, back=path_of(account))


def _withdrawable(call: Call, account: Account, asset: str) -> Decimal:
    market = call.world.exchange.market
    free = withdrawable(account, market, margins(account, market), asset)
    return free.quantize(LEAST_TRANSFER, ROUND_DOWN)


def _posted(form: str, action: Action) -> Callable[[Call], Answer]:
    def post(call: Call) -> Answer:
        account, fields = account_of(call), read_fields(call)
        try:
            said, values = action(call, account, fields)
        except (BadField, Refusal) as error:
            return page(call, status=422, problem=problem(call, form, fields, error))
        return go(call, path_of(account), language(call), said, **values)

    return post


ACTIONS: dict[str, Callable[[Call], Answer]] = {
    "transfers": _posted("transfer", transfer),
    "orders": _posted("ticket", order),
    "close": _posted("held", close),
    "cancel": _posted("resting", cancel),
    "symbols": _posted("symbols", change_symbol),
    "mode": _posted("mode", change_mode),
    "keys": make_key,
}
