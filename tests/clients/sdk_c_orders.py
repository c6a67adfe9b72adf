"""The SDK places, asks for, amends and cancels regular orders."""

from __future__ import annotations

import time

from binance_common.errors import BadRequestError

from tests.clients.scenario import Steps, refused
from tests.clients.sdk_trader import BTC, Trader

step = Steps()


def resting(trader: Trader, price: str = "59000", **more: str) -> int:
    """The id of a new order that rests in the book."""
    order = trader.order("BUY", "LIMIT", "0.01", price=price, time_in_force="GTC", **more)
    assert order.status == "NEW"
    return int(order.order_id)


@step
def a_market_order_fills(trader: Trader) -> None:
    order = trader.order("BUY", "MARKET", "0.02", new_client_order_id="sdk-market-1")
    assert (order.status, float(order.executed_qty), float(order.cum_qty)) == ("FILLED", 0.02, 0.02)
    shown = trader.ask("query_order", BTC, orig_client_order_id="sdk-market-1")
    assert shown.order_id == order.order_id and 60_000 <= float(shown.avg_price) < 60_100
    assert trader.held() == "0.0200"


@step
def an_acknowledged_order_is_new(trader: Trader) -> None:
    order = trader.ask("new_order", BTC, "BUY", "MARKET", quantity="0.01", **trader.long)
    assert (order.status, float(order.executed_qty)) == ("NEW", 0)
    assert trader.ask("query_order", BTC, order_id=order.order_id).status == "FILLED"


@step
def the_order_counts_are_in_the_headers(trader: Trader) -> None:
    answer = trader.client.new_order(BTC, "SELL", "MARKET", quantity="0.01", **trader.closing)
    counts = {(each.interval, each.intervalNum) for each in answer.rate_limits if each.rateLimitType == "ORDERS"}
    assert counts == {("SECOND", 10), ("MINUTE", 1)}


@step
def a_reduce_only_order_makes_the_position_smaller(trader: Trader) -> None:
    order = trader.order("SELL", "MARKET", "0.005", closing=True)
    assert order.status == "FILLED" and order.reduce_only is not trader.hedge
    assert trader.held() == "0.0150"


@step
def a_limit_order_rests(trader: Trader) -> None:
    order_id = resting(trader)
    assert [row.order_id for row in trader.ask("current_all_open_orders", symbol=BTC)] == [order_id]
    assert [row.order_id for row in trader.ask("current_all_open_orders")] == [order_id]
    assert trader.ask("query_current_open_order", BTC, order_id=order_id).status == "NEW"


@step
def a_resting_order_is_amended(trader: Trader) -> None:
    (row,) = trader.ask("current_all_open_orders", symbol=BTC)
    wish = (BTC, "BUY", "0.02", "58500.00")
    changed = trader.ask("modify_order", *wish, order_id=row.order_id)
    assert (changed.order_id, float(changed.price), float(changed.orig_qty)) == (row.order_id, 58_500, 0.02)
    refused(BadRequestError, -5027, trader.ask, "modify_order", *wish, order_id=row.order_id)
    echo = trader.ask("modify_order", BTC, "BUY", "0.02", "58400", order_id=row.order_id, modify_id=7)
    assert echo.modify_id == 7


@step
def the_amendments_are_listed(trader: Trader) -> None:
    (row,) = trader.ask("current_all_open_orders", symbol=BTC)
    prices = {float(each.amendment.price.after) for each in trader.ask("get_order_modify_history", BTC)}
    assert prices == {58_500, 58_400} and float(row.price) == 58_400


@step
def a_resting_order_is_cancelled(trader: Trader) -> None:
    (row,) = trader.ask("current_all_open_orders", symbol=BTC)
    assert trader.ask("cancel_order", BTC, order_id=row.order_id).status == "CANCELED"
    refused(BadRequestError, -2011, trader.ask, "cancel_order", BTC, order_id=row.order_id)
    refused(BadRequestError, -2013, trader.ask, "query_current_open_order", BTC, order_id=row.order_id)


@step
def an_immediate_or_cancel_order_that_meets_nothing_expires(trader: Trader) -> None:
    order = trader.order("BUY", "LIMIT", "0.01", price="59000", time_in_force="IOC")
    assert (order.status, float(order.executed_qty)) == ("EXPIRED", 0)


@step
def a_fill_or_kill_order_that_meets_nothing_is_refused(trader: Trader) -> None:
    wish = ("BUY", "LIMIT", "0.01")
    refused(BadRequestError, -5021, trader.order, *wish, price="59000", time_in_force="FOK")


@step
def a_post_only_order_rests_or_is_refused(trader: Trader) -> None:
    wish = ("BUY", "LIMIT", "0.01")
    refused(BadRequestError, -5022, trader.order, *wish, price="60500", time_in_force="GTX")
    order = trader.order(*wish, price="59000", time_in_force="GTX")
    assert (order.status, order.time_in_force) == ("NEW", "GTX")
    trader.ask("cancel_order", BTC, order_id=order.order_id)


@step
def an_order_matches_the_best_price(trader: Trader) -> None:
    order = trader.order("BUY", "LIMIT", "0.01", time_in_force="GTC", price_match="QUEUE_5")
    assert (order.status, order.price_match) == ("NEW", "QUEUE_5") and 59_000 < float(order.price) < 60_000
    trader.ask("cancel_order", BTC, order_id=order.order_id)


@step
def an_order_is_good_till_a_date(trader: Trader) -> None:
    date = (int(time.time()) + 660) * 1000
    wish = {"price": "59000", "time_in_force": "GTD"}
    order = trader.order("BUY", "LIMIT", "0.01", good_till_date=date, **wish)
    assert (order.status, order.time_in_force, order.good_till_date) == ("NEW", "GTD", date)
    trader.ask("cancel_order", BTC, order_id=order.order_id)
    refused(BadRequestError, -5040, trader.order, "BUY", "LIMIT", "0.01", good_till_date=date - 660_000, **wish)


@step
def an_order_is_tested_without_being_placed(trader: Trader) -> None:
    before = len(trader.ask("all_orders", symbol=BTC))
    trader.ask("test_order", BTC, "BUY", "MARKET", quantity="0.01", **trader.long)
    assert len(trader.ask("all_orders", symbol=BTC)) == before


@step
def a_batch_is_placed_and_one_of_it_refused(trader: Trader) -> None:
    side = {"positionSide": "LONG"} if trader.hedge else {}
    each = {"symbol": BTC, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "58000", **side}
    answer = trader.ask("place_multiple_orders", [{**each, "quantity": q} for q in ("0.01", "0.0005", "0.02")])
    assert [row.code for row in answer] == [None, -4164, None] and answer[0].status == "NEW"


@step
def a_batch_is_amended(trader: Trader) -> None:
    rows = trader.ask("current_all_open_orders", symbol=BTC)
    each = {"symbol": BTC, "side": "BUY", "price": "57900"}
    wishes = [{**each, "orderId": row.order_id, "quantity": row.orig_qty} for row in rows]
    assert [float(row.price) for row in trader.ask("modify_multiple_orders", wishes)] == [57_900, 57_900]


@step
def a_batch_is_cancelled_by_ids(trader: Trader) -> None:
    ids = [row.order_id for row in trader.ask("current_all_open_orders", symbol=BTC)]
    answer = trader.ask("cancel_multiple_orders", BTC, order_id_list=[*ids, 1])
    assert [(row.status, row.code) for row in answer] == [("CANCELED", None), ("CANCELED", None), (None, -2011)]


@step
def a_batch_is_cancelled_by_the_clients_ids(trader: Trader) -> None:
    names = ["sdk-batch-1", "sdk-batch-2"]
    for name in names:
        resting(trader, new_client_order_id=name)
    rows = trader.ask("cancel_multiple_orders", BTC, orig_client_order_id_list=names)
    assert [row.client_order_id for row in rows] == names


@step
def all_orders_of_a_symbol_are_cancelled(trader: Trader) -> None:
    for price in ("58000", "58100"):
        resting(trader, price)
    assert trader.ask("cancel_all_open_orders", BTC).code == 200
    assert trader.ask("current_all_open_orders", symbol=BTC) == []


@step
def a_countdown_is_set_and_stopped(trader: Trader) -> None:
    for countdown in (60_000, 0):
        answer = trader.ask("auto_cancel_all_open_orders", BTC, countdown)
        assert (answer.symbol, answer.countdown_time) == (BTC, str(countdown))


@step
def past_orders_are_listed(trader: Trader) -> None:
    assert {row.status for row in trader.ask("all_orders", symbol=BTC)} == {"FILLED", "CANCELED", "EXPIRED"}


@step
def fills_are_listed(trader: Trader) -> None:
    fills = trader.ask("account_trade_list", BTC)
    assert {fill.commission_asset for fill in fills} == {"USDT"} and not any(fill.maker for fill in fills)
    assert abs(sum(float(fill.qty) * (1 if fill.buyer else -1) for fill in fills) - 0.015) < 1e-9
