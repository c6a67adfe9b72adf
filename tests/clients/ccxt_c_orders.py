"""ccxt places, asks for, amends and cancels regular orders."""

from __future__ import annotations

from typing import Any

import ccxt

from tests.clients.ccxt_trader import BTC, DOGE, ETH, Trader
from tests.clients.scenario import Steps, refused, until

step = Steps()


@step
def a_market_order_fills(trader: Trader) -> None:
    order = trader.order("market", "buy", 0.02, clientOrderId="ccxt-market-1")
    assert (order["status"], order["filled"], order["remaining"]) == ("closed", 0.02, 0)
    assert order["clientOrderId"] == "ccxt-market-1" and "avgPrice" not in order["info"]
    shown = trader.client.fetch_order(order["id"], BTC)
    assert 60_000 <= shown["average"] < 60_100 and abs(shown["cost"] - 0.02 * shown["average"]) < 0.01
    assert trader.held() == 0.02


@step
def an_order_is_found_by_the_clients_id(trader: Trader) -> None:
    shown = trader.client.fetch_order("", BTC, {"clientOrderId": "ccxt-market-1"})
    assert shown["filled"] == 0.02 and shown["type"] == "market"


@step
def a_reduce_only_order_makes_the_position_smaller(trader: Trader) -> None:
    order = trader.order("market", "sell", 0.005, closing=True)
    assert order["status"] == "closed" and order["reduceOnly"] is not trader.hedge
    assert trader.held() == 0.015


@step
def a_limit_order_rests(trader: Trader) -> None:
    order = trader.order("limit", "buy", 0.01, 59_000, clientOrderId="ccxt-limit-1")
    assert (order["status"], order["timeInForce"], order["price"]) == ("open", "GTC", 59_000)
    assert [row["id"] for row in trader.client.fetch_open_orders(BTC)] == [order["id"]]
    assert [row["id"] for row in trader.client.fetch_open_orders()] == [order["id"]]
    assert trader.client.fetch_open_order(order["id"], BTC)["amount"] == 0.01


@step
def the_id_of_a_resting_order_is_taken(trader: Trader) -> None:
    place = ("limit", "buy", 0.01, 59_000)
    refused(ccxt.InvalidOrder, -4116, trader.order, *place, clientOrderId="ccxt-limit-1")


@step
def a_resting_order_is_amended(trader: Trader) -> None:
    (resting,) = trader.client.fetch_open_orders(BTC)
    changed = trader.client.edit_order(resting["id"], BTC, "limit", "buy", 0.02, 58_500)
    assert (changed["id"], changed["price"], changed["amount"]) == (resting["id"], 58_500, 0.02)
    assert trader.client.fetch_order(resting["id"], BTC)["price"] == 58_500


@step
def amending_to_the_same_is_refused(trader: Trader) -> None:
    (resting,) = trader.client.fetch_open_orders(BTC)
    same = (resting["id"], BTC, "limit", "buy", 0.02, 58_500)
    refused(ccxt.OperationRejected, -5027, trader.client.edit_order, *same)


@step
def the_amendments_are_listed(trader: Trader) -> None:
    (resting,) = trader.client.fetch_open_orders(BTC)
    (row,) = trader.client.fapiPrivateGetOrderAmendment({"symbol": "BTCUSDT", "orderId": resting["id"]})
    assert float(row["amendment"]["price"]["after"]) == 58_500


@step
def a_resting_order_is_cancelled(trader: Trader) -> None:
    (resting,) = trader.client.fetch_open_orders(BTC)
    assert trader.client.cancel_order(resting["id"], BTC)["status"] == "canceled"
    assert trader.client.fetch_order(resting["id"], BTC)["status"] == "canceled"
    refused(ccxt.OrderNotFound, -2011, trader.client.cancel_order, resting["id"], BTC)


@step
def an_immediate_or_cancel_order_that_meets_nothing_expires(trader: Trader) -> None:
    order = trader.order("limit", "buy", 0.01, 59_000, timeInForce="IOC")
    assert (order["status"], order["filled"]) == ("expired", 0)


@step
def an_immediate_or_cancel_order_fills_in_part(trader: Trader) -> None:
    ask = trader.client.fetch_order_book(DOGE, 5)["asks"][0]
    amount = ask[1] + 1000
    params = {**trader.opening, "timeInForce": "IOC"}
    order = trader.client.create_order(DOGE, "limit", "buy", amount, ask[0], params)
    assert order["status"] == "expired" and 0 < order["filled"] < amount
    closed = trader.client.create_order(DOGE, "market", "sell", order["filled"], None, trader.closing)
    assert closed["status"] == "closed" and trader.held(DOGE) == 0


@step
def an_order_bigger_than_its_level_rests_in_part(trader: Trader) -> None:
    ask = trader.client.fetch_order_book(DOGE, 5)["asks"][0]
    order = trader.client.create_order(DOGE, "limit", "buy", ask[1] + 1000, ask[0], trader.opening)
    assert order["status"] == "open" and order["info"]["status"] == "PARTIALLY_FILLED"
    assert trader.client.cancel_order(order["id"], DOGE)["filled"] == order["filled"] > 0
    trader.client.create_order(DOGE, "market", "sell", order["filled"], None, trader.closing)
    assert trader.held(DOGE) == 0


@step
def a_resting_order_fills_as_maker(trader: Trader) -> None:
    order = trader.client.create_order(ETH, "limit", "buy", 1, 2990, trader.opening)
    trader.controls.prices(ETHUSDT="2985")
    shown = until(lambda: filled(trader, order["id"], ETH))
    assert shown["average"] == 2990
    (fill,) = trader.client.fetch_my_trades(ETH)
    assert fill["takerOrMaker"] == "maker" and abs(fill["fee"]["cost"] - 2990 * 0.0002) < 0.0001
    trader.client.create_order(ETH, "market", "sell", 1, None, trader.closing)
    trader.controls.prices(ETHUSDT="3000")


def filled(trader: Trader, order_id: str, symbol: str) -> Any:
    """The order, once it is filled."""
    shown = trader.client.fetch_order(order_id, symbol)
    return shown if shown["status"] == "closed" else None


@step
def both_directions_are_held_or_the_position_turns_round(trader: Trader) -> None:
    trader.client.create_order(ETH, "market", "buy", 1, None, trader.opening)
    trader.client.create_order(ETH, "market", "sell", 3, None, trader.opening)
    rows = {row["side"]: row["contracts"] for row in trader.client.fetch_positions([ETH])}
    assert rows == ({"long": 1, "short": 3} if trader.hedge else {"short": 2})
    for side, contracts in rows.items():
        back = "sell" if side == "long" else "buy"
        trader.client.create_order(ETH, "market", back, contracts, None, trader.closing)
    assert trader.client.fetch_positions([ETH]) == []


@step
def a_fill_or_kill_order_too_big_for_the_book_is_refused(trader: Trader) -> None:
    ask = trader.client.fetch_order_book(DOGE, 5)["asks"][0]
    params = {**trader.opening, "timeInForce": "FOK"}
    place = (DOGE, "limit", "buy", ask[1] + 1000, ask[0], params)
    refused(ccxt.OrderNotFillable, -5021, trader.client.create_order, *place)


@step
def a_post_only_order_that_would_take_is_refused(trader: Trader) -> None:
    refused(ccxt.OrderNotFillable, -5022, trader.order, "limit", "buy", 0.01, 60_500, timeInForce="GTX")


@step
def a_post_only_order_rests(trader: Trader) -> None:
    order = trader.order("limit", "buy", 0.01, 59_000, postOnly=True)
    assert order["status"] == "open" and order["postOnly"] and order["info"]["timeInForce"] == "GTX"
    trader.client.cancel_order(order["id"], BTC)


@step
def an_order_is_tested_without_being_placed(trader: Trader) -> None:
    before = len(trader.client.fetch_orders(BTC))
    side = {"positionSide": "LONG"} if trader.hedge else {}
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01", **side}
    trader.client.fapiPrivatePostOrderTest(order)
    assert len(trader.client.fetch_orders(BTC)) == before


@step
def a_batch_is_placed_and_one_of_it_refused(trader: Trader) -> None:
    each = {"symbol": BTC, "type": "limit", "side": "buy", "params": trader.opening}
    wishes = [{**each, "amount": amount, "price": 58_000} for amount in (0.01, 0.0005, 0.02)]
    orders = trader.client.create_orders(wishes)
    assert sorted(order["status"] for order in orders) == ["open", "open", "rejected"]
    assert [order["info"].get("code") for order in orders if order["status"] == "rejected"] == [-4164]


@step
def a_batch_is_amended(trader: Trader) -> None:
    resting = trader.client.fetch_open_orders(BTC)
    each = {"symbol": BTC, "type": "limit", "side": "buy", "price": 57_900}
    changed = trader.client.edit_orders([{**each, "id": row["id"], "amount": row["amount"]} for row in resting])
    assert [row["price"] for row in changed] == [57_900, 57_900]


@step
def a_batch_is_cancelled_by_ids(trader: Trader) -> None:
    ids = [row["id"] for row in trader.client.fetch_open_orders(BTC)]
    assert [row["status"] for row in trader.client.cancel_orders(ids, BTC)] == ["canceled", "canceled"]


@step
def a_batch_is_cancelled_by_the_clients_ids(trader: Trader) -> None:
    names = ["ccxt-batch-1", "ccxt-batch-2"]
    for name in names:
        trader.order("limit", "buy", 0.01, 58_000, clientOrderId=name)
    rows = trader.client.cancel_orders([], BTC, {"clientOrderIds": names})
    assert [row["clientOrderId"] for row in rows] == names


@step
def all_orders_of_a_symbol_are_cancelled(trader: Trader) -> None:
    for price in (58_000, 58_100):
        trader.order("limit", "buy", 0.01, price)
    trader.client.cancel_all_orders(BTC)
    assert trader.client.fetch_open_orders(BTC) == []


@step
def a_countdown_is_set_and_stopped(trader: Trader) -> None:
    for countdown in ("60000", "0"):
        wish = {"symbol": "BTCUSDT", "countdownTime": countdown}
        assert trader.client.fapiPrivatePostCountdownCancelAll(wish) == wish


@step
def past_orders_are_listed(trader: Trader) -> None:
    assert {row["status"] for row in trader.client.fetch_orders(BTC)} == {"closed", "canceled", "expired"}
    assert {row["status"] for row in trader.client.fetch_closed_orders(BTC)} == {"closed"}
    assert {row["status"] for row in trader.client.fetch_canceled_orders(BTC)} == {"canceled"}


@step
def fills_are_listed(trader: Trader) -> None:
    fills = trader.client.fetch_my_trades(BTC)
    assert sum(fill["amount"] * (1 if fill["side"] == "buy" else -1) for fill in fills) == 0.015
    assert all(fill["fee"]["currency"] == "USDT" and fill["fee"]["cost"] > 0 for fill in fills)
    assert {fill["takerOrMaker"] for fill in fills} == {"taker"}
    of_one = trader.client.fetch_my_trades(BTC, params={"orderId": fills[0]["order"]})
    assert {fill["order"] for fill in of_one} == {fills[0]["order"]}
