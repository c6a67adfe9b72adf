"""The SDK raises its own classes of errors for what the exchange refuses, and for its troubles."""

from __future__ import annotations

import json
from typing import Any

from binance_common.errors import (
    BadRequestError,
    ClientError,
    NetworkError,
    RateLimitBanError,
    ServerError,
    TooManyRequestsError,
    UnauthorizedError,
)

from tests.clients import sdk_trader
from tests.clients.scenario import Steps, refused
from tests.clients.sdk_trader import BTC, Trader

step = Steps()
ORDER = "/fapi/v1/order"


def bought(trader: Trader, name: str) -> Any:
    """Place a market order under a name of the client's."""
    return trader.order("BUY", "MARKET", "0.01", new_client_order_id=name)


@step
def too_little_margin(trader: Trader) -> None:
    poor = trader.another(10)
    refused(BadRequestError, -2019, poor.new_order, BTC, "BUY", "MARKET", quantity="0.1", **trader.long)


@step
def an_order_that_breaks_a_filter(trader: Trader) -> None:
    limit = {"time_in_force": "GTC"}
    refused(BadRequestError, -4164, trader.order, "BUY", "MARKET", "0.0002")
    refused(BadRequestError, -1111, trader.order, "BUY", "MARKET", "0.01234567")
    refused(BadRequestError, -4005, trader.order, "BUY", "MARKET", "121")
    refused(BadRequestError, -4014, trader.order, "BUY", "LIMIT", "0.01", price="59000.05", **limit)
    refused(BadRequestError, -4016, trader.order, "BUY", "LIMIT", "0.01", price="70000", **limit)
    refused(BadRequestError, -1102, trader.order, "BUY", "LIMIT", "0.01", **limit)
    refused(BadRequestError, -4015, trader.order, "BUY", "MARKET", "0.01", new_client_order_id="x" * 40)


@step
def an_unknown_symbol(trader: Trader) -> None:
    refused(BadRequestError, -1121, trader.ask, "new_order", "NOPEUSDT", "BUY", "MARKET", quantity="1", **trader.long)
    refused(BadRequestError, -1121, trader.ask, "mark_price", "NOPEUSDT")


@step
def a_side_that_does_not_fit_the_position_mode(trader: Trader) -> None:
    wrong = {"position_side": "BOTH" if trader.hedge else "LONG"}
    refused(BadRequestError, -4061, trader.ask, "new_order", BTC, "BUY", "MARKET", quantity="0.01", **wrong)


@step
def reduce_only_on_a_flat_account(trader: Trader) -> None:
    refused(BadRequestError, -2022, trader.order, "SELL", "MARKET", "0.01", closing=True)
    if trader.hedge:
        refused(BadRequestError, -1106, trader.order, "SELL", "MARKET", "0.01", reduce_only="true")


@step
def an_order_nobody_placed(trader: Trader) -> None:
    refused(BadRequestError, -2013, trader.ask, "query_order", BTC, order_id=1)
    refused(BadRequestError, -2011, trader.ask, "cancel_order", BTC, order_id=1)
    refused(BadRequestError, -2013, trader.ask, "query_algo_order", algo_id=1)
    refused(BadRequestError, -2011, trader.ask, "cancel_algo_order", algo_id=1)


@step
def the_code_is_the_errors_own(trader: Trader) -> None:
    error: Any = refused(BadRequestError, -4028, trader.ask, "change_initial_leverage", "DOGEUSDT", 125)
    assert error.status_code == -4028 and "125" in error.error_message


@step
def a_key_that_is_not_known(trader: Trader) -> None:
    for key, code in (("a" * 64, -2015), ("short", -2014)):
        stranger = sdk_trader.client(trader.url, key, api_secret=trader.secret)
        refused(UnauthorizedError, code, stranger.get_current_position_mode)


@step
def a_key_without_the_permission(trader: Trader) -> None:
    reader = trader.another(permissions={"enableFutures": False})
    refused(UnauthorizedError, -2015, reader.new_order, BTC, "BUY", "MARKET", quantity="0.01", **trader.long)


@step
def a_wrong_signature(trader: Trader) -> None:
    forger = sdk_trader.client(trader.url, trader.key, api_secret="b" * 64)
    refused(BadRequestError, -1022, forger.get_current_position_mode)


@step
def a_window_that_is_too_long(trader: Trader) -> None:
    refused(BadRequestError, -1131, trader.ask, "get_current_position_mode", recv_window=60_001)


@step
def a_clock_that_is_wrong(trader: Trader) -> None:
    for skew_ms in (20_000, -20_000):
        trader.controls.post("/sim/clock", skew_ms=skew_ms)
        refused(BadRequestError, -1021, trader.ask, "get_current_position_mode")
    trader.controls.post("/sim/clock", skew_ms=0)
    assert trader.ask("get_current_position_mode")


@step
def too_many_requests(trader: Trader) -> None:
    for kind, raised in (("http_429", TooManyRequestsError), ("http_418", RateLimitBanError)):
        trader.controls.fault("/fapi/v1/time", kind)
        error: Any = refused(raised, -1003, trader.client.check_server_time)
        assert error.retry_after > 0
        assert trader.ask("check_server_time")


@step
def too_much_weight(trader: Trader) -> None:
    trader.controls.post("/sim/market", weight_limit=1)
    error: Any = refused(TooManyRequestsError, -1003, trader.client.futures_account_balance_v3)
    assert 0 < error.retry_after <= 60
    trader.controls.post("/sim/market", weight_limit=6000)


@step
def troubles_before_the_order_is_taken(trader: Trader) -> None:
    for number, kind in enumerate(("throttled_1008", "http_503_unavailable")):
        trader.controls.fault(ORDER, kind, method="POST")
        refused(ServerError, 503, bought, trader, f"sdk-not-{number}")
        refused(BadRequestError, -2013, trader.ask, "query_order", BTC, orig_client_order_id=f"sdk-not-{number}")


@step
def troubles_that_leave_the_outcome_open(trader: Trader) -> None:
    trader.controls.fault(ORDER, "http_503_unknown", method="POST")
    refused(ServerError, 503, bought, trader, "sdk-unknown")
    trader.controls.fault(ORDER, "lose_answer", method="POST")
    refused(NetworkError, "Network", bought, trader, "sdk-lost")
    for name in ("sdk-unknown", "sdk-lost"):
        assert trader.ask("query_order", BTC, orig_client_order_id=name).status == "FILLED"


@step
def a_timeout_behind_the_door(trader: Trader) -> None:
    trader.controls.fault(ORDER, "timeout_1007", method="POST")
    refused(ClientError, "execution status unknown", bought, trader, "sdk-timeout")


@step
def an_order_that_shows_late(trader: Trader) -> None:
    trader.controls.post("/sim/faults", path="/fapi/v1/order", kind="hide_orders", lag_seconds="30", seconds="30")
    bought(trader, "sdk-late")
    refused(BadRequestError, -2013, trader.ask, "query_order", BTC, orig_client_order_id="sdk-late")
    trader.controls.post("/sim/faults", clear=True)
    assert trader.ask("query_order", BTC, orig_client_order_id="sdk-late").status == "FILLED"


@step
def garbage_for_an_answer(trader: Trader) -> None:
    trader.controls.fault("/fapi/v1/time", "garbage")
    refused(json.JSONDecodeError, "Expecting", trader.client.check_server_time)
