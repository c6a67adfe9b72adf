"""Answers that are not to what was asked, or not what was hoped for: nothing is concluded from them."""

from __future__ import annotations

from typing import Any

import pytest

from nof1web.adapters.binance.exchange import BinanceExchange
from nof1web.core.trading import MarginMode
from nof1web.errors import AlreadyDone, OutcomeUnknown, Transient
from tests.adapters.binance.host import Host, Reply
from tests.adapters.binance.test_exchange import ENTRY, FILLED, ORDER


def test_only_one_code_says_that_an_order_does_not_exist(exchange: BinanceExchange, host: Host) -> None:
    host.tell("GET /fapi/v1/order", Reply({"code": -2011, "msg": "Unknown order sent."}, status=400))
    with pytest.raises(AlreadyDone):
        exchange.order("BTCUSDT", "n1")


def test_another_order_is_no_answer_about_this_one(exchange: BinanceExchange, host: Host) -> None:
    host.tell("GET /fapi/v1/order", Reply({**FILLED, "clientOrderId": "n2"}))
    with pytest.raises(Transient, match="not understood"):
        exchange.order("BTCUSDT", "n1")


@pytest.mark.parametrize("code", [-2011, -2013])
def test_an_unknown_protection_is_none(exchange: BinanceExchange, host: Host, code: int) -> None:
    host.tell("GET /fapi/v1/algoOrder", Reply({"code": code, "msg": "Unknown order sent."}, status=400))
    assert exchange.protection("p1") is None


@pytest.mark.parametrize("leverage", [20, "21.5", None])
def test_another_leverage_than_asked_for_is_not_set(exchange: BinanceExchange, host: Host, leverage: object) -> None:
    host.tell("POST /fapi/v1/leverage", Reply({"symbol": "BTCUSDT", "leverage": leverage}))
    with pytest.raises(OutcomeUnknown):
        exchange.set_leverage("BTCUSDT", 21)


@pytest.mark.parametrize("body", [{}, [], {"msg": "success"}, {"code": "201"}])
def test_a_change_that_is_not_acknowledged_may_have_happened(
    exchange: BinanceExchange, host: Host, body: object
) -> None:
    host.tell("POST /fapi/v1/marginType", Reply(body))
    host.tell("DELETE /fapi/v1/algoOrder", Reply(body))
    with pytest.raises(OutcomeUnknown):
        exchange.set_margin_mode("BTCUSDT", MarginMode.CROSSED)
    with pytest.raises(OutcomeUnknown):
        exchange.cancel_protection("p1")


@pytest.mark.parametrize("hedge", [True, False])
def test_the_position_mode_is_read(exchange: BinanceExchange, host: Host, hedge: bool) -> None:
    host.tell("GET /fapi/v1/accountConfig", Reply({"dualSidePosition": hedge}))
    assert exchange.hedged() is hedge


@pytest.mark.parametrize("body", [{}, [], {"dualSidePosition": "true"}, {"dualSidePosition": None}])
def test_a_position_mode_is_never_guessed(exchange: BinanceExchange, host: Host, body: object) -> None:
    host.tell("GET /fapi/v1/accountConfig", Reply(body))
    with pytest.raises(Transient, match="not understood"):
        exchange.hedged()


def test_the_accounts_orders_are_read_whoever_sent_them(exchange: BinanceExchange, host: Host) -> None:
    host.tell("GET /fapi/v1/allOrders", Reply([FILLED, {**FILLED, "clientOrderId": "web_x", "orderId": 22542180}]))
    assert [(each.client_order_id, each.order_id) for each in exchange.orders("BTCUSDT", "1")] == [
        ("n1", "22542179"), ("web_x", "22542180"),
    ]


def test_settings_of_other_symbols_are_none_of_this_one(exchange: BinanceExchange, host: Host) -> None:
    row = {"symbol": "ETHUSDT", "leverage": 5, "marginType": "CROSSED"}
    host.tell("GET /fapi/v1/symbolConfig", Reply([row]))
    with pytest.raises(Transient, match="not understood"):
        exchange.symbol_config("BTCUSDT")


@pytest.mark.parametrize(
    "body",
    [
        {}, [], "", 7, None, {**FILLED, "executedQty": "NaN"}, {**FILLED, "executedQty": "1e999999999"},
        {**FILLED, "status": "DANCING"}, {**FILLED, "clientOrderId": "n2"},
    ],
)
def test_an_unreadable_answer_to_an_order_must_be_looked_up(exchange: BinanceExchange, host: Host, body: Any) -> None:
    host.tell(ORDER, Reply(body))
    with pytest.raises(OutcomeUnknown):
        exchange.place(ENTRY)


def test_a_failed_query_is_not_an_unknown_order(exchange: BinanceExchange, host: Host) -> None:
    host.tell("GET /fapi/v1/order", Reply("<html>", status=502))
    with pytest.raises(Transient):
        exchange.order("BTCUSDT", "n1")
