"""Which orders fill first, whose they are, and what a test order tells (binance.md §4.4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from nof1web.sim.state import open_state
from tests.sim.face import Trader, trader

MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
LIMIT = {**MARKET, "type": "LIMIT", "timeInForce": "GTC", "price": "59000"}


def rest(face: Trader, name: str, **wish: Any) -> None:
    face.call("POST", "/fapi/v1/order", **{**LIMIT, "quantity": "0.05", "newClientOrderId": name, **wish})


def amend(face: Trader, name: str, **wish: Any) -> None:
    change = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.05", "price": "59000", "origClientOrderId": name}
    assert "code" not in face.call("PUT", "/fapi/v1/order", **{**change, **wish})


def filled(face: Trader) -> list[str]:
    """The client ids of what filled at all, first fill first."""
    account = face.world.exchange.account(face.key["account_id"])
    return list(dict.fromkeys(account.orders[trade.order_id].client_order_id for trade in account.trades))


def thin(face: Trader) -> Trader:
    """A rich trader before a book that holds less than one order asks for."""
    face.key = face.control("keys", {"balance": "1000000"})
    face.world.exchange.market.depth = Decimal("0.001")
    return face


def test_the_better_price_fills_first_whenever_it_came(btc: Trader):
    thin(btc)
    rest(btc, "first")
    rest(btc, "better", price="59500")
    btc.price("58990")
    assert filled(btc)[0] == "better"


def test_the_better_price_to_sell_is_the_lower_one(btc: Trader):
    thin(btc)
    rest(btc, "first", side="SELL", price="61000")
    rest(btc, "better", side="SELL", price="60500")
    btc.price("61010")
    assert filled(btc)[0] == "better"


def test_at_one_price_the_older_order_fills_first(btc: Trader):
    thin(btc)
    rest(btc, "first")
    rest(btc, "second")
    btc.price("58990")
    assert filled(btc)[0] == "first"


def test_an_order_that_was_changed_queues_anew_and_still_does_after_a_restart(tmp_path):
    store = open_state(tmp_path)
    face = thin(trader(store=store))
    rest(face, "first", price="58999")
    rest(face, "second")
    amend(face, "first")
    face.world.save()
    again = trader(store=store)
    again.key = face.key
    again.world.exchange.market.depth = Decimal("0.001")
    again.price("58990")
    assert filled(again)[0] == "second"
    store.close()


def test_an_order_named_like_one_of_the_exchanges_own_is_not_forced(btc: Trader):
    for name in ("adl_autoclose", "autoclose-1"):
        assert btc.market("BUY", "0.001", newClientOrderId=name)["status"] == "FILLED"
    assert btc.call("GET", "/fapi/v1/forceOrders") == []


def test_a_forced_order_is_told_as_such_after_a_restart(tmp_path):
    store = open_state(tmp_path)
    face = trader(store=store)
    face.market("BUY", "0.3")
    face.price("56000")
    again = trader(store=store)
    again.key = face.key
    (order,) = again.call("GET", "/fapi/v1/forceOrders", autoCloseType="LIQUIDATION")
    assert order["clientOrderId"].startswith("autoclose-")
    assert again.call("GET", "/fapi/v1/forceOrders", autoCloseType="ADL") == []
    store.close()


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (MARKET, 0),
        ({**MARKET, "quantity": "9"}, -2019),
        ({**LIMIT, "timeInForce": "FOK"}, -5021),
        ({**LIMIT, "timeInForce": "GTX", "price": "61000"}, -5022),
        ({**LIMIT, "priceMatch": "OPPONENT", "price": ""}, 0),
        ({**MARKET, "reduceOnly": "true"}, -2022),
    ],
)
def test_a_test_order_is_told_what_the_order_would_be_and_not_placed(btc: Trader, wish: dict[str, Any], code: int):
    sent = {name: value for name, value in wish.items() if value}
    assert btc.code("POST", "/fapi/v1/order/test", **sent) == code
    assert btc.raw()["orders"] == []
    assert btc.code("POST", "/fapi/v1/order", **sent) == code


def test_a_test_order_is_refused_while_the_account_is_to_be_liquidated(btc: Trader):
    btc.market("BUY", "0.3")
    btc.world.exchange.market.set_price("BTCUSDT", Decimal(56000))
    assert btc.code("POST", "/fapi/v1/order/test", **MARKET) == -2023
    assert btc.positions() == {"BTCUSDT BOTH": "0.3000"}


def test_a_test_market_order_needs_somebody_who_trades_near_the_mark(btc: Trader):
    btc.world.exchange.set_prices({}, lasts={"BTCUSDT": Decimal(64000)}, now_ms=btc.clock())
    assert [btc.code("POST", path, **MARKET) for path in ("/fapi/v1/order/test", "/fapi/v1/order")] == [-4131, -4131]
