"""Symbols that may not be traded, or only one way (binance.md §4.1, Appendix A)."""

from __future__ import annotations

from typing import Any

import pytest

from nof1web.sim.codec import decode, encode
from nof1web.sim.market import Market
from nof1web.sim.refusal import Refusal
from tests.sim.face import Trader

LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001"}


def listing(face: Trader, **wish: Any) -> None:
    face.world.exchange.set_listing("BTCUSDT", **wish)


@pytest.mark.parametrize(
    ("control", "buying", "selling"), [("BOTH", -4105, -4105), ("BUY", -4106, 0), ("SELL", 0, -4107)]
)
def test_a_controlled_side_takes_only_reduce_only_orders(btc: Trader, control: str, buying: int, selling: int):
    listing(btc, control=control)
    assert btc.market("BUY", "0.001").get("code", 0) == buying
    assert btc.market("SELL", "0.001").get("code", 0) == selling


def test_a_position_under_control_can_still_be_closed(btc: Trader):
    btc.market("BUY", "0.001")
    listing(btc, control="BOTH")
    assert btc.market("SELL", "0.001")["code"] == -4105
    assert btc.algo("STOP_MARKET", "SELL", "59000", quantity="0.001")["code"] == -4105
    assert "code" not in btc.algo("STOP_MARKET", "SELL", "59000", closePosition="true")
    assert btc.market("SELL", "0.001", reduceOnly="true")["status"] == "FILLED"


def test_in_hedge_mode_closing_orders_pass_the_control(hedged: Trader):
    hedged.market("BUY", "0.001", positionSide="LONG")
    listing(hedged, control="BOTH")
    assert hedged.market("SELL", "0.001", positionSide="SHORT")["code"] == -4105
    assert hedged.market("SELL", "0.001", positionSide="LONG")["status"] == "FILLED"


@pytest.mark.parametrize(
    ("status", "opening", "closing"),
    [
        ("PRE_SETTLE", -4140, 0),
        ("PENDING_TRADING", -4140, -4140),
        ("SETTLING", -4140, -4140),
        ("CLOSE", -4141, -4141),
        ("TRADING", 0, 0),
    ],
)
def test_the_status_decides_what_may_still_be_done(btc: Trader, status: str, opening: int, closing: int):
    btc.market("BUY", "0.002")
    listing(btc, status=status)
    assert btc.code("POST", "/fapi/v1/order/test", **LIMIT, price="59000") == opening
    assert btc.market("SELL", "0.001", reduceOnly="true").get("code", 0) == closing


def test_orders_of_a_symbol_out_of_trading_rest_unchanged(btc: Trader):
    btc.call("POST", "/fapi/v1/order", **LIMIT, price="59000", newClientOrderId="rests")
    btc.algo("STOP_MARKET", "SELL", "59000", quantity="0.001")
    listing(btc, status="SETTLING")
    btc.price("58000")
    assert len(btc.call("GET", "/fapi/v1/openOrders")) == len(btc.call("GET", "/fapi/v1/openAlgoOrders")) == 1
    change = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.002", "price": "58500"}
    assert btc.code("PUT", "/fapi/v1/order", **change, origClientOrderId="rests") == -5024
    listing(btc, status="TRADING")
    btc.price("58000")
    assert btc.call("GET", "/fapi/v1/openOrders") == []


def test_a_tradfi_symbol_needs_the_agreement(btc: Trader):
    listing(btc, tradfi=True)
    assert btc.market("BUY", "0.001")["code"] == -4411
    answer = btc.signed("POST", "/fapi/v1/stock/contract")
    assert answer.json == {"code": 200, "msg": "success"} and int(answer.headers["X-MBX-USED-WEIGHT-1M"]) >= 50
    assert btc.market("BUY", "0.001")["status"] == "FILLED"


def test_exchange_info_tells_status_and_control(btc: Trader):
    listing(btc, status="PRE_SETTLE", control="BUY", tradfi=True)
    row = next(r for r in btc.client.get("/fapi/v1/exchangeInfo").json["symbols"] if r["symbol"] == "BTCUSDT")
    assert (row["status"], row["contractType"]) == ("PRE_SETTLE", "TRADIFI_PERPETUAL")
    assert {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "BUY"} in row["filters"]


def test_a_delisted_symbol_ends_its_orders_and_settles_its_positions_at_the_mark(btc: Trader):
    btc.market("BUY", "0.002")
    btc.call("POST", "/fapi/v1/order", **LIMIT, price="59000")
    btc.algo("STOP_MARKET", "SELL", "59000", closePosition="true")
    btc.price("60500")
    btc.world.exchange.delist("BTCUSDT", now_ms=btc.clock())
    raw = btc.raw()
    assert [order["status"] for order in raw["orders"]] == ["FILLED", "EXPIRED", "FILLED"]
    assert raw["orders"][2]["clientOrderId"].startswith("settlement_autoclose-")
    assert raw["algo_orders"][0]["algoStatus"] == "EXPIRED"
    assert (raw["income"][-1]["incomeType"], raw["income"][-1]["income"]) == ("DELIVERED_SETTELMENT", "0.99760000")
    assert btc.positions() == {} and btc.market("BUY", "0.002")["code"] == -4141


def test_a_delisted_symbol_keeps_its_prices_and_the_books_balance(btc: Trader):
    btc.market("BUY", "0.002")
    btc.world.exchange.delist("BTCUSDT", now_ms=btc.clock())
    account = btc.world.exchange.account(btc.key["account_id"])
    assert account.wallet == sum(row.amount for row in account.income)
    assert sum(t.quantity if t.side == "BUY" else -t.quantity for t in account.trades) == 0
    assert btc.client.get("/fapi/v1/premiumIndex?symbol=BTCUSDT").json["markPrice"] == "60000.00000000"


@pytest.mark.parametrize(("wish", "code"), [({"status": "ODD"}, -1122), ({"control": "ODD"}, -1130)])
def test_a_listing_that_makes_no_sense_is_refused(btc: Trader, wish: dict[str, str], code: int):
    with pytest.raises(Refusal) as caught:
        listing(btc, **wish)
    assert caught.value.code == code


def test_listings_are_kept_with_the_market(btc: Trader):
    listing(btc, status="CLOSE", tradfi=True)
    kept = decode(Market, encode(btc.world.exchange.market))
    assert kept.listings == btc.world.exchange.market.listings
