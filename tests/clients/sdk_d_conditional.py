"""The SDK protects a position with conditional orders of every type."""

from __future__ import annotations

from typing import Any

from binance_common.errors import BadRequestError

from tests.clients.scenario import Steps, refused, until
from tests.clients.sdk_trader import BTC, Trader

step = Steps()
KINDS: dict[str, dict[str, str]] = {
    "STOP_MARKET": {"trigger_price": "55000", "working_type": "MARK_PRICE", "price_protect": "true"},
    "TAKE_PROFIT_MARKET": {"trigger_price": "66000"},
    "STOP": {"trigger_price": "55000", "price": "54900", "time_in_force": "GTC"},
    "TAKE_PROFIT": {"trigger_price": "66000", "price": "66100", "time_in_force": "GTC"},
    "TRAILING_STOP_MARKET": {"callback_rate": "1.5", "activate_price": "65000"},
}


def place(trader: Trader, kind: str, **more: Any) -> Any:
    """Place a conditional order that sells the long position, or a part of it."""
    sides = trader.long if "close_position" in more else trader.closing
    return trader.ask("new_algo_order", "CONDITIONAL", BTC, "SELL", kind, **sides, **more)


@step
def every_type_is_placed(trader: Trader) -> None:
    for kind, condition in KINDS.items():
        algo = place(trader, kind, quantity="0.005", **condition)
        assert (algo.order_type, algo.algo_status, algo.algo_type) == (kind, "NEW", "CONDITIONAL")


@step
def waiting_orders_are_listed_apart(trader: Trader) -> None:
    assert trader.ask("current_all_open_orders", symbol=BTC) == []
    assert [row.order_type for row in trader.ask("current_all_algo_open_orders", symbol=BTC)] == list(KINDS)
    assert len(trader.ask("current_all_algo_open_orders")) == len(KINDS)


@step
def one_is_found_and_cancelled(trader: Trader) -> None:
    algo = place(trader, "STOP_MARKET", quantity="0.005", trigger_price="54000", client_algo_id="sdk-stop-1")
    assert trader.ask("query_algo_order", algo_id=algo.algo_id).client_algo_id == "sdk-stop-1"
    assert float(trader.ask("query_algo_order", client_algo_id="sdk-stop-1").trigger_price) == 54_000
    wish = {"quantity": "0.005", "trigger_price": "54000", "client_algo_id": "sdk-stop-1"}
    refused(BadRequestError, -4116, place, trader, "STOP_MARKET", **wish)
    assert trader.ask("cancel_algo_order", client_algo_id="sdk-stop-1").code == "200"
    assert trader.ask("query_algo_order", algo_id=algo.algo_id).algo_status == "CANCELED"


@step
def all_are_cancelled(trader: Trader) -> None:
    assert trader.ask("cancel_all_algo_open_orders", BTC).code == 200
    assert trader.ask("current_all_algo_open_orders", symbol=BTC) == []
    assert {row.algo_status for row in trader.ask("query_all_algo_orders", BTC)} == {"CANCELED"}


@step
def one_that_would_trigger_at_once_is_refused(trader: Trader) -> None:
    refused(BadRequestError, -2021, place, trader, "STOP_MARKET", quantity="0.005", trigger_price="65000")


@step
def the_whole_position_is_protected_once(trader: Trader) -> None:
    stop = place(trader, "STOP_MARKET", close_position="true", trigger_price="55000", working_type="MARK_PRICE")
    assert stop.close_position is True
    place(trader, "TAKE_PROFIT_MARKET", close_position="true", trigger_price="66000")
    refused(BadRequestError, -4130, place, trader, "STOP_MARKET", close_position="true", trigger_price="54000")


@step
def a_quantity_beside_close_position_is_refused(trader: Trader) -> None:
    wish = {"close_position": "true", "trigger_price": "54000", "quantity": "0.001"}
    refused(BadRequestError, -4137, place, trader, "STOP_MARKET", **wish)


@step
def a_triggered_order_closes_and_the_rest_expires(trader: Trader) -> None:
    trader.controls.prices(BTCUSDT="54990")
    until(lambda: trader.held() == "0")
    rows = until(lambda: [row for row in trader.ask("query_all_algo_orders", BTC) if row.actual_order_id])
    child = trader.ask("query_order", BTC, order_id=int(rows[0].actual_order_id))
    assert (child.status, float(child.executed_qty)) == ("FILLED", 0.015)
    assert [row.algo_status for row in trader.ask("query_all_algo_orders", BTC)][-2:] == ["FINISHED", "EXPIRED"]
    trader.controls.prices(BTCUSDT="60000")


@step
def close_position_without_a_position_is_refused(trader: Trader) -> None:
    refused(BadRequestError, -4509, place, trader, "STOP_MARKET", close_position="true", trigger_price="55000")


@step
def conditional_orders_are_refused_on_the_old_endpoint(trader: Trader) -> None:
    for kind in KINDS:
        refused(BadRequestError, -4120, trader.order, "SELL", kind, "0.01", price="55000", closing=True)
