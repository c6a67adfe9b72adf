"""ccxt raises its own classes of errors for what the exchange refuses, and for its troubles."""

from __future__ import annotations

from typing import Any

import ccxt

from tests.clients import ccxt_trader
from tests.clients.ccxt_trader import BTC, Trader
from tests.clients.scenario import Steps, refused

step = Steps()
ORDER = "/fapi/v1/order"


def raw(trader: Trader, **params: Any) -> dict[str, Any]:
    """An order in the exchange's own words, which ccxt neither rounds nor completes."""
    side = {"positionSide": "LONG"} if trader.hedge else {}
    return {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01", **side, **params}


@step
def too_little_margin(trader: Trader) -> None:
    poor = trader.another(10)
    poor.load_markets()
    refused(ccxt.InsufficientFunds, -2019, poor.create_order, BTC, "market", "buy", 0.1, None, trader.opening)


@step
def an_order_that_breaks_a_filter(trader: Trader) -> None:
    place = trader.client.fapiPrivatePostOrder
    limit = {"type": "LIMIT", "timeInForce": "GTC"}
    refused(ccxt.InvalidOrder, -4164, place, raw(trader, quantity="0.0002"))
    refused(ccxt.BadRequest, -1111, place, raw(trader, quantity="0.01234567"))
    refused(ccxt.BadRequest, -4005, place, raw(trader, quantity="121"))
    refused(ccxt.BadRequest, -4014, place, raw(trader, **limit, price="59000.05"))
    refused(ccxt.BadRequest, -4016, place, raw(trader, **limit, price="70000"))
    refused(ccxt.BadRequest, -1102, place, raw(trader, quantity=""))
    refused(ccxt.BadRequest, -4015, place, raw(trader, newClientOrderId="x" * 40))


@step
def a_side_that_does_not_fit_the_position_mode(trader: Trader) -> None:
    wrong = "BOTH" if trader.hedge else "LONG"
    refused(ccxt.OperationRejected, -4061, trader.client.fapiPrivatePostOrder, raw(trader, positionSide=wrong))


@step
def reduce_only_on_a_flat_account(trader: Trader) -> None:
    place = trader.client.fapiPrivatePostOrder
    if trader.hedge:
        refused(ccxt.BadRequest, -1106, place, raw(trader, side="SELL", reduceOnly="true"))
        refused(ccxt.InvalidOrder, -2022, place, raw(trader, side="SELL"))
    else:
        refused(ccxt.InvalidOrder, -2022, place, raw(trader, side="SELL", reduceOnly="true"))


@step
def an_unknown_symbol(trader: Trader) -> None:
    refused(ccxt.BadSymbol, -1121, trader.client.fapiPrivatePostOrder, raw(trader, symbol="NOPEUSDT"))


@step
def an_order_nobody_placed(trader: Trader) -> None:
    refused(ccxt.OrderNotFound, -2013, trader.client.fetch_order, "1", BTC)
    refused(ccxt.OrderNotFound, -2011, trader.client.cancel_order, "1", BTC)
    refused(ccxt.OrderNotFound, -2013, trader.client.fetch_order, "1", BTC, {"trigger": True})
    refused(ccxt.OrderNotFound, -2011, trader.client.cancel_order, "1", BTC, {"trigger": True})


@step
def a_leverage_beyond_the_ladder(trader: Trader) -> None:
    refused(ccxt.BadRequest, -4028, trader.client.set_leverage, 125, ccxt_trader.DOGE)


@step
def a_key_that_is_not_known(trader: Trader) -> None:
    refused(
        ccxt.AuthenticationError, -2015, ccxt_trader.client(trader.url, "a" * 64, trader.secret).fetch_position_mode
    )
    refused(ccxt.AuthenticationError, -2014, ccxt_trader.client(trader.url, "short", trader.secret).fetch_position_mode)


@step
def a_key_without_the_permission(trader: Trader) -> None:
    reader = trader.another(permissions={"enableFutures": False})
    reader.load_markets()
    refused(ccxt.AuthenticationError, -2015, reader.fapiPrivatePostOrder, raw(trader))


@step
def a_wrong_signature(trader: Trader) -> None:
    forger = ccxt_trader.client(trader.url, trader.key, "b" * 64)
    refused(ccxt.AuthenticationError, -1022, forger.fetch_position_mode)


@step
def a_clock_that_is_wrong(trader: Trader) -> None:
    read = trader.client.fapiPrivateGetPositionSideDual
    now = trader.client.milliseconds()
    refused(ccxt.InvalidNonce, -1021, read, {"timestamp": now - 20_000})
    refused(ccxt.InvalidNonce, -1021, read, {"timestamp": now + 20_000})


@step
def a_window_that_is_too_long(trader: Trader) -> None:
    refused(ccxt.ExchangeError, -1131, trader.client.fapiPrivateGetPositionSideDual, {"recvWindow": 60_001})


@step
def too_many_requests(trader: Trader) -> None:
    for kind in ("http_429", "http_418"):
        trader.controls.fault("/fapi/v1/time", kind)
        refused(ccxt.DDoSProtection, -1003, trader.client.fetch_time)
        assert trader.client.fetch_time()


@step
def too_much_weight(trader: Trader) -> None:
    trader.controls.post("/sim/market", weight_limit=1)
    refused(ccxt.DDoSProtection, -1003, trader.client.fapiPrivateV3GetBalance)
    trader.controls.post("/sim/market", weight_limit=6000)
    assert trader.client.fapiPrivateV3GetBalance()


@step
def a_window_that_ends_before_the_engine(trader: Trader) -> None:
    trader.controls.fault(ORDER, "slow", method="POST", seconds="2")
    wish = raw(trader, newClientOrderId="ccxt-late", recvWindow=1800)
    refused(ccxt.BadRequest, -5028, trader.client.fapiPrivatePostOrder, wish)
    refused(ccxt.OrderNotFound, -2013, trader.client.fetch_order, "", BTC, {"clientOrderId": "ccxt-late"})


@step
def throttling_spares_what_makes_a_position_smaller(trader: Trader) -> None:
    trader.order("market", "buy", 0.01)
    trader.controls.fault(ORDER, "throttled_1008", method="POST")
    assert trader.order("market", "sell", 0.01, closing=True)["status"] == "closed"
    refused(ccxt.OperationFailed, -1008, trader.order, "market", "buy", 0.01)


@step
def troubles_of_the_exchange(trader: Trader) -> None:
    place = trader.client.fapiPrivatePostOrder
    for kind, raised, code in (
        ("timeout_1007", ccxt.RequestTimeout, -1007),
        ("throttled_1008", ccxt.OperationFailed, -1008),
    ):
        trader.controls.fault(ORDER, kind, method="POST")
        refused(raised, code, place, raw(trader))
    for code in (-1000, -1001, -1006):
        trader.controls.fault(ORDER, "reject", method="POST", code=code)
        refused(ccxt.OperationFailed, code, place, raw(trader))
    trader.controls.fault(ORDER, "reject", method="POST", code=-1015)
    refused(ccxt.DDoSProtection, -1015, place, raw(trader))


@step
def an_answer_that_says_nothing_of_the_outcome(trader: Trader) -> None:
    place = trader.client.fapiPrivatePostOrder
    trader.controls.fault(ORDER, "http_503_unavailable", method="POST")
    refused(ccxt.ExchangeNotAvailable, 503, place, raw(trader, newClientOrderId="ccxt-gone"))
    refused(ccxt.OrderNotFound, -2013, trader.client.fetch_order, "", BTC, {"clientOrderId": "ccxt-gone"})
    trader.controls.fault(ORDER, "http_503_unknown", method="POST")
    refused(ccxt.OperationFailed, "Unknown error", place, raw(trader, newClientOrderId="ccxt-unknown"))
    assert trader.client.fetch_order("", BTC, {"clientOrderId": "ccxt-unknown"})["status"] == "closed"


@step
def an_answer_that_is_lost(trader: Trader) -> None:
    trader.controls.fault(ORDER, "lose_answer", method="POST")
    try:
        trader.client.fapiPrivatePostOrder(raw(trader, newClientOrderId="ccxt-lost"))
    except ccxt.NetworkError:
        found = trader.client.fetch_order("", BTC, {"clientOrderId": "ccxt-lost"})
        assert found["status"] == "closed"
    else:
        raise AssertionError("the answer was not lost")
