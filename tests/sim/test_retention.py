"""What the exchange forgets, and when (binance.md §3, §4.4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nof1web.sim.retention import DAY_MS, HISTORY_MS, HOUR_MS, forget_due
from nof1web.sim.state import open_state
from tests.sim.face import START_MS, Trader, trader

ORDER, ALGO = "/fapi/v1/order", "/fapi/v1/algoOrder"


def limit(face: Trader, name: str) -> None:
    """Let a buy order rest far below the market."""
    face.call("POST", ORDER, symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", price="58000",
              quantity="0.001", newClientOrderId=name)  # fmt: skip


def cancel(face: Trader, name: str) -> None:
    """Take an order back."""
    face.call("DELETE", ORDER, symbol="BTCUSDT", origClientOrderId=name)


def shown(face: Trader, name: str) -> Any:
    """What a query for a client id is told: the order's status or the refusal's code."""
    answer = face.call("GET", ORDER, symbol="BTCUSDT", origClientOrderId=name)
    return answer.get("status") or answer["code"]


def at(face: Trader, ms: int) -> None:
    """Let it be that much after the start, without letting the market walk."""
    face.clock.now_ms = START_MS + ms


def sweep(face: Trader) -> None:
    """Forget what is due at the present time and write it down."""
    forget_due(face.world.exchange.ledger, now_ms=face.clock())
    face.world.save()


def test_a_cancelled_order_without_fills_is_gone_after_three_days(btc: Trader):
    limit(btc, "mine")
    cancel(btc, "mine")
    at(btc, 3 * DAY_MS)
    assert shown(btc, "mine") == "CANCELED"
    at(btc, 3 * DAY_MS + 1)
    assert shown(btc, "mine") == -2013


def test_a_filled_order_is_gone_after_ninety_days(btc: Trader):
    btc.market("BUY", "0.001", newClientOrderId="mine")
    at(btc, 90 * DAY_MS)
    assert shown(btc, "mine") == "FILLED"
    at(btc, 90 * DAY_MS + 1)
    assert shown(btc, "mine") == -2013


def test_an_open_order_is_never_forgotten(btc: Trader):
    limit(btc, "mine")
    btc.algo("STOP_MARKET", "BUY", "70000", quantity="0.001", clientAlgoId="stop")
    at(btc, 400 * DAY_MS)
    sweep(btc)
    assert shown(btc, "mine") == "NEW"
    assert btc.call("GET", ALGO, clientAlgoId="stop")["algoStatus"] == "NEW"


@pytest.mark.parametrize(("days", "code"), [(3, 0), (4, -2013)])
def test_a_cancelled_conditional_order_goes_the_same_way(btc: Trader, days: int, code: int):
    algo = btc.algo("STOP_MARKET", "BUY", "70000", quantity="0.001")
    btc.call("DELETE", ALGO, algoId=algo["algoId"])
    at(btc, days * DAY_MS)
    assert btc.code("GET", ALGO, algoId=algo["algoId"]) == code


def test_a_sweep_takes_the_rows_out_of_the_state_file_and_of_every_index(tmp_path: Path):
    face = trader(store=open_state(tmp_path))
    limit(face, "mine")
    cancel(face, "mine")
    algo = face.algo("STOP_MARKET", "BUY", "70000", quantity="0.001")
    face.call("DELETE", ALGO, algoId=algo["algoId"])
    at(face, 4 * DAY_MS)
    sweep(face)
    account = face.world.exchange.account(face.key["account_id"])
    assert (account.orders, account.algos, account.newest_by_client_id) == ({}, {}, {})
    store = face.world.store
    assert store is not None and [list(store.read(kind)) for kind in ("order", "algo")] == [[], []]


def test_trades_and_income_last_three_months(tmp_path: Path):
    face = trader(store=open_state(tmp_path))
    face.market("BUY", "0.001")
    at(face, HISTORY_MS)
    face.market("SELL", "0.001")
    sweep(face)
    account = face.world.exchange.account(face.key["account_id"])
    assert (len(account.trades), len(account.income)) == (2, 4)
    at(face, HISTORY_MS + 1)
    sweep(face)
    assert (len(account.trades), len(account.income)) == (1, 2)
    store = face.world.store
    assert store is not None and [len(list(store.read(kind))) for kind in ("trade", "income")] == [1, 2]


def counts(face: Trader, path: str, **params: Any) -> int:
    """How many rows a list of BTC shows."""
    return len(face.call("GET", f"/fapi/v1/{path}", symbol="BTCUSDT", **params))


def test_lists_forget_an_order_when_queries_do(btc: Trader):
    limit(btc, "mine")
    cancel(btc, "mine")
    algo = btc.algo("STOP_MARKET", "BUY", "70000", quantity="0.001")
    btc.call("DELETE", ALGO, algoId=algo["algoId"])
    at(btc, 3 * DAY_MS)
    assert [counts(btc, name) for name in ("allOrders", "allAlgoOrders")] == [1, 1]
    at(btc, 3 * DAY_MS + 1)
    assert [counts(btc, name) for name in ("allOrders", "allAlgoOrders")] == [0, 0]


def test_lists_show_fills_and_income_for_89_days(btc: Trader):
    btc.market("BUY", "0.001")
    wish = {"startTime": START_MS, "endTime": START_MS + DAY_MS}
    at(btc, 89 * DAY_MS)
    assert [counts(btc, name, **wish) for name in ("userTrades", "income", "allOrders")] == [1, 1, 1]
    at(btc, 89 * DAY_MS + 1)
    assert [counts(btc, name, **wish) for name in ("userTrades", "income", "allOrders")] == [0, 0, 1]
    at(btc, 90 * DAY_MS + 1)
    assert counts(btc, "allOrders", orderId=1) == 0


def test_a_liquidation_is_shown_for_ninety_days(btc: Trader):
    btc.market("BUY", "0.1")
    btc.price("50000")
    wish = {"startTime": START_MS, "endTime": START_MS + DAY_MS}
    at(btc, 90 * DAY_MS)
    assert counts(btc, "forceOrders", **wish) == 1
    at(btc, 90 * DAY_MS + 1)
    assert counts(btc, "forceOrders", **wish) == 0


@pytest.mark.parametrize("path", ["allOrders", "userTrades", "allAlgoOrders", "forceOrders", "orderAmendment"])
def test_no_list_spans_more_than_a_week(btc: Trader, path: str):
    wish = {"symbol": "BTCUSDT", "endTime": START_MS}
    assert btc.code("GET", f"/fapi/v1/{path}", startTime=START_MS - 7 * DAY_MS + 1, **wish) == 0
    assert btc.code("GET", f"/fapi/v1/{path}", startTime=START_MS - 7 * DAY_MS - 1, **wish) == -1127


def test_a_newer_order_of_the_same_client_id_stays_known(btc: Trader):
    limit(btc, "mine")
    cancel(btc, "mine")
    at(btc, 3 * DAY_MS)
    btc.market("BUY", "0.001", newClientOrderId="mine")
    at(btc, 4 * DAY_MS)
    sweep(btc)
    assert shown(btc, "mine") == "FILLED"


def test_an_account_that_trades_all_day_stays_small(btc: Trader):
    account = btc.world.exchange.account(btc.key["account_id"])
    for day in range(30):
        at(btc, day * DAY_MS)
        for number in range(3):
            limit(btc, f"d{day}n{number}")
            cancel(btc, f"d{day}n{number}")
        sweep(btc)
    assert len(account.orders) == len(account.newest_by_client_id) == 4 * 3


def test_the_engine_forgets_by_itself_once_an_hour(btc: Trader):
    limit(btc, "mine")
    cancel(btc, "mine")
    exchange = btc.world.exchange
    exchange.step(START_MS + 3 * DAY_MS - HOUR_MS // 2)
    first = exchange.forgot_ms
    exchange.step(START_MS + 3 * DAY_MS + 1000)
    assert exchange.forgot_ms == first and len(exchange.account("a1").orders) == 1
    exchange.step(first + HOUR_MS)
    assert exchange.account("a1").orders == {}
