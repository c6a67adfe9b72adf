"""The user-data stream's events as the exchange writes them (binance.md §3, §4.4, Appendix B)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.sim import events
from nof1web.sim.accounts import USDT, ZERO, Trade
from nof1web.sim.events import AccountEvent, AlgoEvent, BalanceNews, ConfigEvent, Event, MarginCall, OrderEvent
from nof1web.sim.events import PositionNews as News
from nof1web.sim.orders import MARKET, Order
from nof1web.sim.render import Json, places, plain, price, quantity
from nof1web.sim.rules import TAKER_FEE, Instruments

EXPIRED_KEY = "listenKeyExpired"
NAMES = frozenset(
    {
        "ORDER_TRADE_UPDATE",
        "TRADE_LITE",
        "ACCOUNT_UPDATE",
        "ALGO_UPDATE",
        "ACCOUNT_CONFIG_UPDATE",
        "MARGIN_CALL",
        EXPIRED_KEY,
    }
)
_EIGHT = Decimal("0.00000001")


def messages(event: Event, instruments: Instruments) -> list[Json]:
    """What an event is on the wire: a fill is a TRADE_LITE and then an ORDER_TRADE_UPDATE, all else one message.

    Each fill of an order has messages of its own, and an ACCOUNT_UPDATE of reason ORDER of its own after them.
    """
    match event:
        case OrderEvent():
            update = _order_update(event, instruments)
            return [_trade_lite(event, instruments), update] if event.execution == events.TRADE else [update]
        case AlgoEvent():
            return [_algo_update(event, instruments)]
        case AccountEvent():
            return [_account_update(event)]
        case ConfigEvent():
            return [_config_update(event)]
        case MarginCall():
            return [_margin_call(event)]


def expired_key(key: str, now_ms: int) -> Json:
    """The last a listen key tells."""
    return {"e": EXPIRED_KEY, "E": now_ms, "listenKey": key}


def _head(name: str, at_ms: int) -> Json:
    return {"e": name, "E": at_ms, "T": at_ms}


def _eight(value: Decimal) -> str:
    return places(value, 8)


def _order_update(event: OrderEvent, instruments: Instruments) -> Json:
    """ORDER_TRADE_UPDATE: AP and cr belong to trailing stops, which live in the algo service, and stay "0"."""
    order = event.order
    average = order.quote / order.executed if order.executed else ZERO
    instrument = instruments[order.symbol]
    body: Json = {
        "s": order.symbol,
        "c": order.client_order_id,
        "S": order.side,
        "o": order.type,
        "f": order.time_in_force,
        "q": quantity(order.quantity, instrument),
        "p": "0" if order.type == MARKET else plain(order.price),
        "ap": plain(average.quantize(Decimal("0.00001"))),
        "sp": "0",
        "x": event.execution,
        "X": order.status,
        "i": order.order_id,
        "z": plain(order.executed),
        **_fill(event.trade),
        "T": event.at_ms,
        "b": plain(event.bids),
        "a": plain(event.asks),
        "R": order.reduce_only,
        "wt": "CONTRACT_PRICE",
        "ot": order.type,
        "ps": order.position_side,
        "cp": order.close_position,
        "AP": "0",
        "cr": "0",
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": order.self_trade_prevention,
        "pm": order.price_match,
        "gtd": order.good_till_ms,
        "er": _expiry_reason(event),
    }
    if event.modify_id:
        body["M"] = event.modify_id
    return {**_head("ORDER_TRADE_UPDATE", event.at_ms), "o": body}


def _fill(trade: Trade | None) -> Json:
    if trade is None:
        return {"l": "0", "L": "0", "n": "0", "N": USDT, "t": 0, "m": False, "rp": "0"}
    return {
        "l": plain(trade.quantity),
        "L": plain(trade.price),
        "n": plain(trade.commission),
        "N": trade.commission_asset,
        "t": trade.trade_id,
        "m": trade.maker,
        "rp": plain(trade.realised),
    }


def _expiry_reason(event: OrderEvent) -> str:
    """The documented er: 1 and 3 would trade with itself, 2 IOC, 4 nothing left to reduce, 9 MARKET; 0 for GTD."""
    order = event.order
    if event.expired_for or event.execution != events.EXPIRED:
        return event.expired_for or "0"
    if order.status == "EXPIRED_IN_MATCH":
        return "3" if order.time_in_force == "IOC" else "1"
    if order.type == MARKET:
        return "9"
    if order.time_in_force == "IOC":
        return "2"
    has_run_out = 0 < order.good_till_ms <= event.at_ms
    return "4" if order.only_closes and not has_run_out else "0"


def _trade_lite(event: OrderEvent, instruments: Instruments) -> Json:
    order, trade = event.order, event.trade
    if trade is None:
        raise ValueError("an execution TRADE has a trade")
    instrument = instruments[order.symbol]
    return {
        **_head("TRADE_LITE", event.at_ms),
        "s": order.symbol,
        "q": quantity(order.quantity, instrument),
        "p": _limit(order, instruments),
        "m": trade.maker,
        "c": order.client_order_id,
        "S": order.side,
        "L": price(trade.price, instrument),
        "l": quantity(trade.quantity, instrument),
        "t": trade.trade_id,
        "i": order.order_id,
    }


def _limit(order: Order, instruments: Instruments) -> str:
    return "0.00" if order.type == MARKET else price(order.price, instruments[order.symbol])


def _algo_update(event: AlgoEvent, instruments: Instruments) -> Json:
    """ALGO_UPDATE: act is "0" until it triggered (as in the docs), ia whether a trailing stop follows the price."""
    algo = event.algo
    fired = bool(algo.actual_order_id)
    limit = algo.type in ("STOP", "TAKE_PROFIT")
    body = {
        "caid": algo.client_algo_id,
        "aid": algo.algo_id,
        "at": "CONDITIONAL",
        "o": algo.type,
        "s": algo.symbol,
        "S": algo.side,
        "ps": algo.position_side,
        "f": algo.time_in_force,
        "q": plain(algo.quantity),
        "X": algo.status,
        "ai": str(algo.actual_order_id) if fired else "",
        "ap": places(algo.actual_price, 5),
        "aq": places(algo.actual_quantity, 5),
        "act": ("LIMIT" if limit else "MARKET") if fired else "0",
        "tp": plain(algo.trigger),
        "p": plain(algo.price),
        "V": algo.self_trade_prevention,
        "wt": algo.working_type,
        "pm": algo.price_match,
        "cp": algo.close_position,
        "pP": algo.price_protect,
        "R": algo.reduce_only,
        "tt": algo.triggered_ms,
        "gtd": algo.good_till_ms,
        "rm": algo.reason,
        "ia": bool(algo.extreme),
    }
    return {**_head("ALGO_UPDATE", event.at_ms), "o": body}


def _account_update(event: AccountEvent) -> Json:
    body: Json = {
        "m": event.reason,
        "B": [_balance(each) for each in event.balances],
        "P": [_position(each) for each in event.positions],
    }
    if event.symbol:
        body["S"] = event.symbol
    return {**_head("ACCOUNT_UPDATE", event.at_ms), "a": body}


def _balance(news: BalanceNews) -> Json:
    return {"a": news.asset, "wb": _eight(news.wallet), "cw": _eight(news.cross_wallet), "bc": plain(news.change)}


def _position(news: News) -> Json:
    position = news.position
    even = position.entry_price * (1 + TAKER_FEE.copy_sign(position.quantity))
    return {
        "s": position.symbol,
        "pa": plain(position.quantity),
        "ep": plain(position.entry_price.quantize(_EIGHT)),
        "bep": plain(even.quantize(_EIGHT)),
        "cr": plain(position.realised.quantize(_EIGHT)),
        "up": plain(news.unrealised.quantize(_EIGHT)),
        "mt": "isolated" if news.isolated else "cross",
        "iw": plain(position.isolated_wallet.quantize(_EIGHT)),
        "ps": position.side,
        "ma": USDT,
    }


def _config_update(event: ConfigEvent) -> Json:
    head = _head("ACCOUNT_CONFIG_UPDATE", event.at_ms)
    if event.multi_assets is not None:
        return {**head, "ai": {"j": event.multi_assets}}
    return {**head, "ac": {"s": event.symbol, "l": event.leverage}}


def _margin_call(event: MarginCall) -> Json:
    """MARGIN_CALL carries E and no T; here the margin type is CROSSED or ISOLATED."""
    rows = [
        {
            "s": news.position.symbol,
            "ps": news.position.side,
            "pa": plain(news.position.quantity),
            "mt": "ISOLATED" if news.isolated else "CROSSED",
            "iw": plain(news.position.isolated_wallet.quantize(_EIGHT)),
            "mp": plain(news.mark),
            "up": plain(news.unrealised.quantize(_EIGHT)),
            "mm": plain(maintenance.quantize(_EIGHT)),
        }
        for news, maintenance in zip(event.positions, event.maintenance, strict=True)
    ]
    return {"e": "MARGIN_CALL", "E": event.at_ms, "cw": _eight(event.cross_wallet), "p": rows}
