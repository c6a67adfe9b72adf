"""Orders, conditional orders, trades and income as the exchange writes them (binance.md §3, §4.4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from nof1web.sim.accounts import ZERO, Income, Trade
from nof1web.sim.algo_orders import AlgoOrder
from nof1web.sim.orders import MARKET, Order
from nof1web.sim.rules import Instrument, Instruments

Json = dict[str, Any]


def places(value: Decimal, count: int) -> str:
    """A number with a fixed count of decimals; what rounds to nothing carries no minus."""
    text = f"{value:.{count}f}"
    return text if text.strip("-0.") else text.removeprefix("-")


def plain(value: Decimal) -> str:
    """A number without trailing zeros and without an exponent."""
    text = f"{value:f}"
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if short == "-0" else short


def quantity(value: Decimal, instrument: Instrument) -> str:
    """A quantity in the instrument's own decimals."""
    return places(value, instrument.quantity_precision)


def price(value: Decimal, instrument: Instrument) -> str:
    """A price in the instrument's own decimals."""
    return places(value, instrument.price_precision)


def order_answer(order: Order, instruments: Instruments, *, result: bool) -> Json:
    """The answer to POST and DELETE order: no avgPrice, no cumQuote; an ACK shows the order as just accepted."""
    instrument = instruments[order.symbol]
    executed = quantity(order.executed if result else ZERO, instrument)
    return {
        "clientOrderId": order.client_order_id,
        "cumQty": executed,
        "executedQty": executed,
        **_order_tail(order, instrument, order.status if result else "NEW"),
    }


def order_full(order: Order, instruments: Instruments) -> Json:
    """An order as GET order, openOrders and allOrders show it."""
    instrument = instruments[order.symbol]
    average = order.quote / order.executed if order.executed else ZERO
    return {
        "avgPrice": places(average, 5),
        "clientOrderId": order.client_order_id,
        "cumQuote": places(order.quote, 5),
        "executedQty": quantity(order.executed, instrument),
        **_order_tail(order, instrument, order.status),
        "time": order.created_ms,
    }


def _order_tail(order: Order, instrument: Instrument, status: str) -> Json:
    return {
        "orderId": order.order_id,
        "origQty": quantity(order.quantity, instrument),
        "origType": order.type,
        "price": "0.00" if order.type == MARKET else price(order.price, instrument),
        "reduceOnly": order.reduce_only,
        "side": order.side,
        "positionSide": order.position_side,
        "status": status,
        "stopPrice": "0.00",
        "closePosition": order.close_position,
        "symbol": order.symbol,
        "timeInForce": order.time_in_force,
        "type": order.type,
        "updateTime": order.updated_ms,
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "goodTillDate": 0,
    }


def algo_answer(algo: AlgoOrder, instruments: Instruments) -> Json:
    """A conditional order as POST algoOrder answers it."""
    instrument = instruments[algo.symbol]
    return {
        "algoId": algo.algo_id,
        "clientAlgoId": algo.client_algo_id,
        "algoType": "CONDITIONAL",
        "orderType": algo.type,
        "symbol": algo.symbol,
        "side": algo.side,
        "positionSide": algo.position_side,
        "timeInForce": algo.time_in_force,
        "quantity": quantity(algo.quantity, instrument),
        "algoStatus": algo.status,
        "triggerPrice": price(algo.trigger, instrument),
        "price": price(algo.price, instrument),
        "icebergQuantity": None,
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "workingType": algo.working_type,
        "priceMatch": "NONE",
        "closePosition": algo.close_position,
        "priceProtect": algo.price_protect,
        "reduceOnly": algo.reduce_only,
        "activatePrice": plain(algo.activate_price) if algo.activate_price else "",
        "callbackRate": plain(algo.callback_rate) if algo.callback_rate else "",
        "createTime": algo.created_ms,
        "updateTime": algo.updated_ms,
        "triggerTime": algo.triggered_ms,
        "goodTillDate": 0,
    }


def algo_full(algo: AlgoOrder, instruments: Instruments) -> Json:
    """A conditional order as the queries show it, with the regular order it became."""
    fired = bool(algo.actual_order_id)
    limit = algo.type in ("STOP", "TAKE_PROFIT")
    return {
        **algo_answer(algo, instruments),
        "actualOrderId": str(algo.actual_order_id) if fired else "",
        "actualPrice": places(algo.actual_price, 5),
        "actualType": ("LIMIT" if limit else "MARKET") if fired else "",
        "actualQty": quantity(algo.actual_quantity, instruments[algo.symbol]),
        "tpTriggerPrice": "0.000",
        "tpPrice": "0.000",
        "slTriggerPrice": "0.000",
        "slPrice": "0.000",
        "tpOrderType": "",
    }


def trade(item: Trade, instruments: Instruments) -> Json:
    """A fill as userTrades shows it."""
    instrument = instruments[item.symbol]
    return {
        "buyer": item.side == "BUY",
        "commission": places(item.commission, 8),
        "commissionAsset": "USDT",
        "id": item.trade_id,
        "maker": item.maker,
        "orderId": item.order_id,
        "price": price(item.price, instrument),
        "qty": quantity(item.quantity, instrument),
        "quoteQty": plain(item.quantity * item.price),
        "baseQty": quantity(item.quantity, instrument),
        "marginAsset": "USDT",
        "realizedPnl": places(item.realised, 8),
        "side": item.side,
        "positionSide": item.position_side,
        "symbol": item.symbol,
        "pair": item.symbol,
        "time": item.at_ms,
    }


def income(item: Income) -> Json:
    """A change of the wallet as income shows it."""
    return {
        "symbol": item.symbol,
        "incomeType": item.kind,
        "income": places(item.amount, 8),
        "asset": "USDT",
        "info": str(item.trade_id) if item.trade_id else item.kind,
        "time": item.at_ms,
        "tranId": item.tran_id,
        "tradeId": str(item.trade_id) if item.trade_id else "",
    }
