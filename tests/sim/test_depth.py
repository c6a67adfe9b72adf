"""The book is finite, orders consume it, and it comes back when prices move (binance.md §4.1, §8)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sim.face import Trader

IOC = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "IOC", "price": "60001.2", "quantity": "3"}


@pytest.fixture
def whale(btc: Trader) -> Trader:
    """A one-way account with 50 million USDT."""
    btc.key = btc.control("keys", {"balance": "50000000"})
    return btc


def ioc(face: Trader, **wish: Any) -> tuple[str, str]:
    answer = face.call("POST", "/fapi/v1/order", newOrderRespType="RESULT", **{**IOC, **wish})
    return answer["status"], answer["executedQty"]


def test_what_one_order_took_is_gone_for_the_next(whale: Trader):
    assert ioc(whale) == ("FILLED", "3.0000")
    assert ioc(whale) == ("EXPIRED", "0.3332")
    assert ioc(whale) == ("EXPIRED", "0.0000")


def test_one_accounts_orders_take_what_another_wanted(whale: Trader):
    ioc(whale, quantity="3.3")
    whale.key = whale.control("keys", {"balance": "50000000"})
    assert ioc(whale) == ("EXPIRED", "0.0332")


def test_the_other_side_of_the_book_is_untouched(whale: Trader):
    ioc(whale)
    assert ioc(whale, side="SELL", price="59998.8") == ("FILLED", "3.0000")


@pytest.mark.parametrize("seconds", [0, 1])
def test_the_book_is_full_again_once_prices_move_or_time_passes(whale: Trader, seconds: int):
    ioc(whale)
    whale.pass_time(seconds) if seconds else whale.price("60000")
    assert ioc(whale) == ("FILLED", "3.0000")


def test_a_thin_book_leaves_a_market_order_partly_filled(btc: Trader):
    btc.world.exchange.market.depth = Decimal("0.000002")
    answer = btc.market("BUY", "0.002")
    assert (answer["status"], answer["executedQty"]) == ("EXPIRED", "0.0005")
    assert btc.market("BUY", "0.002")["code"] == -4131


def test_a_book_out_of_bounds_refuses_market_orders(btc: Trader):
    btc.world.exchange.set_prices({}, lasts={"BTCUSDT": Decimal(63100)}, now_ms=btc.clock())
    assert btc.market("BUY", "0.001")["code"] == -4131
    assert btc.market("SELL", "0.001")["status"] == "FILLED"


def test_a_resting_order_fills_no_more_than_the_book_offers(whale: Trader):
    wish = {**IOC, "timeInForce": "GTC", "price": "59000", "quantity": "5"}
    order = whale.call("POST", "/fapi/v1/order", **wish)
    where = {"symbol": "BTCUSDT", "orderId": order["orderId"]}
    whale.price("58998.8")
    assert whale.call("GET", "/fapi/v1/order", **where)["executedQty"] == "3.3898"
    assert ioc(whale, price="59000", quantity="1") == ("EXPIRED", "0.0000")
    whale.pass_time(1)
    assert whale.call("GET", "/fapi/v1/order", **where)["status"] == "FILLED"


@pytest.mark.parametrize(
    ("match", "price"),
    [
        ("OPPONENT", "60001.20"),
        ("OPPONENT_5", "60025.20"),
        ("OPPONENT_20", "60115.20"),
        ("QUEUE", "59998.80"),
        ("QUEUE_10", "59944.80"),
    ],
)
def test_a_price_may_follow_the_book(btc: Trader, match: str, price: str):
    wish = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001"}
    answer = btc.call("POST", "/fapi/v1/order", **wish, priceMatch=match)
    assert (answer["price"], answer["priceMatch"]) == (price, match)


def test_a_price_can_not_follow_a_book_that_is_too_short(btc: Trader):
    btc.world.exchange.market.depth = Decimal("0.000002")
    wish = {**IOC, "timeInForce": "GTC", "quantity": "0.001", "priceMatch": "OPPONENT_20"}
    btc.market("BUY", "0.001")
    del wish["price"]
    assert btc.code("POST", "/fapi/v1/order", **wish) == -5041


@pytest.mark.parametrize(
    ("mode", "resting", "arriving"),
    [
        ("EXPIRE_MAKER", "EXPIRED_IN_MATCH", "FILLED"),
        ("EXPIRE_TAKER", "NEW", "EXPIRED_IN_MATCH"),
        ("EXPIRE_BOTH", "EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH"),
        ("NONE", "NEW", "FILLED"),
    ],
)
def test_orders_of_one_account_never_trade_with_each_other(btc: Trader, mode: str, resting: str, arriving: str):
    wish = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "60000"}
    btc.call("POST", "/fapi/v1/order", **wish, quantity="0.001", newClientOrderId="rests")
    answer = btc.market("SELL", "0.002", selfTradePreventionMode=mode)
    shown = btc.call("GET", "/fapi/v1/order", symbol="BTCUSDT", origClientOrderId="rests")
    assert (shown["status"], answer["status"]) == (resting, arriving)
