"""The SDK's websocket client is told of everything that happens to the account."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from binance_common.configuration import ConfigurationWebSocketStreams
from binance_common.errors import BadRequestError
from binance_sdk_derivatives_trading_usds_futures import DerivativesTradingUsdsFutures

from tests.clients import sdk_models
from tests.clients.scenario import Steps, refused
from tests.clients.sdk_trader import Trader

step = Steps()
ETH = "ETHUSDT"
_PATIENCE_S = 10
EVENTS: list[Any] = []


def told(kind: str) -> list[Any]:
    """The events of one kind so far, each complete by its model."""
    found = [event.actual_instance for event in EVENTS if type(event.actual_instance).__name__ == kind]
    assert found, f"no {kind} among {[type(event.actual_instance).__name__ for event in EVENTS]}"
    assert (absent := sdk_models.absent(found)) == set(), f"absent: {sorted(absent)}"
    return found


def trade(trader: Trader) -> None:
    """Do a bit of everything that a stream tells of; a liquidation and the like are others' tests."""
    wish = {"quantity": "1", "new_order_resp_type": "RESULT"}
    trader.ask("change_initial_leverage", ETH, 11)
    trader.ask("new_order", ETH, "BUY", "MARKET", new_client_order_id="sdk-told", **wish, **trader.long)
    stop = {"close_position": "true", "trigger_price": "2900", "client_algo_id": "sdk-told-stop", **trader.long}
    trader.ask("new_algo_order", "CONDITIONAL", ETH, "SELL", "STOP_MARKET", **stop)
    rest = {"quantity": "1", "price": "2800", "time_in_force": "GTC", **trader.long}
    order = trader.ask("new_order", ETH, "BUY", "LIMIT", **rest)
    trader.ask("cancel_order", ETH, order_id=order.order_id)
    trader.controls.prices(ETHUSDT="2890")


async def listen(trader: Trader, key: str, enough: Callable[[], bool]) -> None:
    """Trade while the SDK listens, until enough was heard."""
    config = ConfigurationWebSocketStreams(stream_url=trader.url.replace("http", "ws"))
    streams = DerivativesTradingUsdsFutures(config_ws_streams=config).websocket_streams
    await streams.create_connection()
    try:
        handle = await streams.user_data(key)
        handle.on("message", EVENTS.append)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(trade, trader)
        async with asyncio.timeout(_PATIENCE_S):
            while not enough():
                await asyncio.sleep(0.02)
    finally:
        await streams.close_connection()


@step
def the_stream_is_listened_to(trader: Trader) -> None:
    key = trader.ask("start_user_data_stream").listen_key
    assert trader.ask("start_user_data_stream").listen_key == key
    assert trader.ask("keepalive_user_data_stream").listen_key == key
    asyncio.run(listen(trader, key, lambda: '"FINISHED"' in str([event.to_json() for event in EVENTS])))
    assert [text for text in trader.complaints.take() if "callback" in text] == []


@step
def a_fill_is_told_of(trader: Trader) -> None:
    orders = [event.o for event in told("OrderTradeUpdate") if event.o.c == "sdk-told"]
    assert (orders[0].x, orders[0].X, orders[-1].X) == ("NEW", "NEW", "FILLED")
    assert (orders[-1].N, orders[-1].s) == ("USDT", ETH) and float(orders[-1].n) > 0


@step
def a_fill_is_told_of_in_short(trader: Trader) -> None:
    assert "sdk-told" in {event.c for event in told("TradeLite")}


@step
def a_cancelled_order_is_told_of(trader: Trader) -> None:
    assert "CANCELED" in {event.o.X for event in told("OrderTradeUpdate")}


@step
def the_balance_and_the_position_are_told_of(trader: Trader) -> None:
    changes = [event.a for event in told("AccountUpdate") if event.a.m == "ORDER"]
    assert changes[-1].P[0].pa in ("0", "0.000")
    assert changes[0].B[0].a == "USDT" and float(changes[0].B[0].wb) > 0


@step
def the_conditional_orders_life_is_told_of(trader: Trader) -> None:
    states = [event.o.X for event in told("AlgoUpdate") if event.o.caid == "sdk-told-stop"]
    assert states == ["NEW", "TRIGGERING", "TRIGGERED", "FINISHED"]


@step
def the_new_leverage_is_told_of(trader: Trader) -> None:
    assert [(event.ac.s, event.ac.l) for event in told("AccountConfigUpdate")] == [(ETH, 11)]


@step
def every_deviation_from_the_models_that_is_justified_was_met(trader: Trader) -> None:
    assert sdk_models.needless() == set()


@step
def the_listen_key_is_closed(trader: Trader) -> None:
    trader.client.close_user_data_stream()
    refused(BadRequestError, -1125, trader.client.keepalive_user_data_stream)
