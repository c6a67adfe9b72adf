"""Orders, conditional orders, trades and income as the exchange writes them (binance.md §3, §4.4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from nof1web.sim.accounts import ZERO, Income, Trade
from nof1web.sim.algo_orders import AlgoOrder
from nof1web.sim.orders import MARKET, Amendment, Order
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
        **_order_tail(order, instrument, order.status if result else "NEW", nothing="0.00"),
    }


def amend_answer(order: Order, instruments: Instruments, *, modify_id: int | None) -> Json:
    """The answer to PUT order; `modifyId` is there when the request had one."""
    echo = {} if modify_id is None else {"modifyId": modify_id}
    return {**order_answer(order, instruments, result=True), "pair": order.symbol, **echo}


def order_full(order: Order, instruments: Instruments) -> Json:
    """An order as GET order, openOrders and allOrders show it."""
    instrument = instruments[order.symbol]
    average = order.quote / order.executed if order.executed else ZERO
    return {
        "avgPrice": places(average, 5),
        "clientOrderId": order.client_order_id,
        "cumQuote": places(order.quote, 5),
        "executedQty": quantity(order.executed, instrument),
        **_order_tail(order, instrument, order.status, nothing="0"),
        "time": order.created_ms,
    }


def order_listed(order: Order, instruments: Instruments) -> Json:
    """An order as allOrders shows it."""
    executed = quantity(order.executed, instruments[order.symbol])
    return {**order_full(order, instruments), "cumBase": executed, "pair": order.symbol}


def amendment(item: Amendment, instruments: Instruments) -> Json:
    """A change of an order as orderAmendment shows it."""
    instrument = instruments[item.symbol]
    before, after = item.quantity_before, item.quantity_after
    return {
        "amendmentId": item.amendment_id,
        "symbol": item.symbol,
        "pair": item.symbol,
        "orderId": item.order_id,
        "clientOrderId": item.client_order_id,
        "time": item.at_ms,
        "amendment": {
            "price": {"before": price(item.price_before, instrument), "after": price(item.price_after, instrument)},
            "origQty": {"before": quantity(before, instrument), "after": quantity(after, instrument)},
            "count": item.number,
        },
    }


def _order_tail(order: Order, instrument: Instrument, status: str, *, nothing: str) -> Json:
    return {
        "orderId": order.order_id,
        "origQty": quantity(order.quantity, instrument),
        "origType": order.type,
        "price": nothing if order.type == MARKET else price(order.price, instrument),
        "reduceOnly": order.reduce_only,
        "side": order.side,
        "positionSide": order.position_side,
        "status": status,
        "stopPrice": nothing,
        "closePosition": order.close_position,
        "symbol": order.symbol,
        "timeInForce": order.time_in_force,
        "type": order.type,
        "updateTime": order.updated_ms,
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "priceMatch": order.price_match,
        "selfTradePreventionMode": order.self_trade_prevention,
        "goodTillDate": order.good_till_ms,
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
        "selfTradePreventionMode": algo.self_trade_prevention,
        "workingType": algo.working_type,
        "priceMatch": algo.price_match,
        "closePosition": algo.close_position,
        "priceProtect": algo.price_protect,
        "reduceOnly": algo.reduce_only,
        "activatePrice": plain(algo.activate_price) if algo.activate_price else "",
        "callbackRate": plain(algo.callback_rate) if algo.callback_rate else "",
        "createTime": algo.created_ms,
        "updateTime": algo.updated_ms,
        "triggerTime": algo.triggered_ms,
        "goodTillDate": algo.good_till_ms,
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
        "commissionAsset": item.commission_asset,
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
        "asset": item.asset,
        "info": str(item.trade_id) if item.trade_id else item.kind,
        "time": item.at_ms,
        "tranId": item.tran_id,
        "tradeId": str(item.trade_id) if item.trade_id else "",
    }
