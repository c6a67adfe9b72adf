"""ccxt protects a position with conditional orders of every type."""

from __future__ import annotations

import ccxt

from tests.clients.ccxt_trader import BTC, ETH, Trader
from tests.clients.scenario import Steps, refused, until

step = Steps()
# How ccxt is told each type: its order type, its limit price, and what makes it conditional.
KINDS = {
    "STOP_MARKET": ("market", None, {"stopLossPrice": 55_000}),
    "TAKE_PROFIT_MARKET": ("market", None, {"takeProfitPrice": 66_000}),
    "STOP": ("limit", 54_900, {"stopLossPrice": 55_000}),
    "TAKE_PROFIT": ("limit", 66_100, {"takeProfitPrice": 66_000}),
    "TRAILING_STOP_MARKET": ("market", None, {"trailingPercent": 1.5, "trailingTriggerPrice": 65_000}),
}
WAITING = {"trigger": True}


def whole_position(trader: Trader, kind: str, trigger: str, **more: str) -> dict[str, str]:
    """What a closePosition order for the long position is made of."""
    side = {"positionSide": "LONG"} if trader.hedge else {}
    made = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "type": kind, "triggerPrice": trigger}
    return {**made, "closePosition": "true", **side, **more}


@step
def every_type_is_placed(trader: Trader) -> None:
    for kind, (shape, price, condition) in KINDS.items():
        order = trader.order(shape, "sell", 0.005, price, closing=True, **condition)
        assert (order["status"], order["info"]["orderType"]) == ("open", kind), order["info"]


@step
def waiting_orders_are_listed_apart(trader: Trader) -> None:
    assert trader.client.fetch_open_orders(BTC) == []
    waiting = trader.client.fetch_open_orders(BTC, params=WAITING)
    assert [row["info"]["orderType"] for row in waiting] == list(KINDS)
    assert len(trader.client.fetch_open_orders(params=WAITING)) == len(KINDS)


@step
def one_is_found_by_its_id(trader: Trader) -> None:
    first = trader.client.fetch_open_orders(BTC, params=WAITING)[0]
    shown = trader.client.fetch_order(first["id"], BTC, WAITING)
    assert (shown["triggerPrice"], shown["amount"], shown["side"]) == (55_000, 0.005, "sell")


@step
def one_is_found_and_cancelled_by_the_clients_id(trader: Trader) -> None:
    params = {"stopLossPrice": 54_000, "clientOrderId": "ccxt-stop-1"}
    trader.order("market", "sell", 0.005, closing=True, **params)
    by_name = {"trigger": True, "clientOrderId": "ccxt-stop-1"}
    assert trader.client.fetch_order("", BTC, by_name)["triggerPrice"] == 54_000
    assert trader.client.cancel_order("", BTC, by_name)["info"]["code"] == "200"
    assert trader.client.fetch_order("", BTC, by_name)["status"] == "canceled"


@step
def all_are_cancelled(trader: Trader) -> None:
    trader.client.cancel_all_orders(BTC, WAITING)
    assert trader.client.fetch_open_orders(BTC, params=WAITING) == []
    assert {row["status"] for row in trader.client.fetch_orders(BTC, params=WAITING)} == {"canceled"}


@step
def one_that_would_trigger_at_once_is_refused(trader: Trader) -> None:
    stop = {"stopLossPrice": 65_000}
    refused(ccxt.OrderImmediatelyFillable, -2021, trader.order, "market", "sell", 0.005, closing=True, **stop)


@step
def the_whole_position_is_protected_once(trader: Trader) -> None:
    place = trader.client.fapiPrivatePostAlgoOrder
    stop = place(whole_position(trader, "STOP_MARKET", "55000", workingType="MARK_PRICE", priceProtect="true"))
    assert stop["closePosition"] is True and stop["algoStatus"] == "NEW"
    assert place(whole_position(trader, "TAKE_PROFIT_MARKET", "66000"))["algoStatus"] == "NEW"
    refused(ccxt.ExchangeError, -4130, place, whole_position(trader, "STOP_MARKET", "54000"))


@step
def a_quantity_beside_close_position_is_refused(trader: Trader) -> None:
    wish = whole_position(trader, "STOP_MARKET", "54000", quantity="0.001")
    refused(ccxt.BadRequest, -4137, trader.client.fapiPrivatePostAlgoOrder, wish)


@step
def a_triggered_order_closes_and_the_rest_expires(trader: Trader) -> None:
    trader.controls.prices(BTCUSDT="54990")
    until(lambda: trader.held() == 0)
    rows = until(lambda: [r for r in trader.client.fetch_orders(BTC, params=WAITING) if r["info"]["actualOrderId"]])
    child = trader.client.fetch_order(rows[0]["info"]["actualOrderId"], BTC)
    assert child["status"] == "closed" and child["filled"] == 0.015
    last = [row["info"]["algoStatus"] for row in trader.client.fetch_orders(BTC, params=WAITING)][-2:]
    assert last == ["FINISHED", "EXPIRED"]
    trader.controls.prices(BTCUSDT="60000")


@step
def close_position_without_a_position_is_refused(trader: Trader) -> None:
    wish = whole_position(trader, "STOP_MARKET", "55000")
    refused(ccxt.ExchangeError, -4509, trader.client.fapiPrivatePostAlgoOrder, wish)


@step
def a_trailing_stop_follows_and_triggers(trader: Trader) -> None:
    trader.client.create_order(ETH, "market", "buy", 1, None, trader.opening)
    trader.client.create_order(ETH, "market", "sell", 1, None, {**trader.closing, "trailingPercent": 1})
    for price in ("3060", "3100", "3065"):
        trader.controls.prices(ETHUSDT=price)
    until(lambda: trader.held(ETH) == 0)
    trader.controls.prices(ETHUSDT="3000")


@step
def conditional_orders_are_refused_on_the_old_endpoint(trader: Trader) -> None:
    side = {"positionSide": "LONG"} if trader.hedge else {}
    wish = {
        "symbol": "BTCUSDT",
        "side": "SELL",
        "type": "STOP_MARKET",
        "stopPrice": "55000",
        "quantity": "0.01",
        **side,
    }
    refused(ccxt.InvalidOrder, -4120, trader.client.fapiPrivatePostOrder, wish)
