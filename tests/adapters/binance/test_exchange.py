"""The signed client against a loopback host: parameters, parsing, and what is never repeated."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nof1web.adapters.binance.cache import monotonic_ms
from nof1web.adapters.binance.clock import clock_of
from nof1web.adapters.binance.exchange import BinanceExchange
from nof1web.core.trading import (
    AlgoRequest,
    AlgoStatus,
    Leg,
    MarginMode,
    OrderRequest,
    OrderStatus,
    PositionSide,
    Side,
)
from nof1web.errors import AlreadyDone, OutcomeUnknown, Rejected, Transient
from tests.adapters.binance.host import SERVER_MS, Host, Reply

ORDER = "POST /fapi/v1/order"
ALGO = "POST /fapi/v1/algoOrder"
ENTRY = OrderRequest(
    "n1", "BTCUSDT", Side.BUY, PositionSide.BOTH, Decimal("0.0100"), reduce_only=False, timestamp_ms=SERVER_MS + 7
)
STOP = AlgoRequest("p1", "BTCUSDT", Leg.STOP, Side.SELL, PositionSide.BOTH, Decimal("0.01"), Decimal("1E+5"))
FILLED = {"clientOrderId": "n1", "orderId": 22542179, "status": "FILLED", "executedQty": "0.010", "cumQty": "0.010"}
RESTING = {
    "algoId": 2146760, "clientAlgoId": "p1", "orderType": "STOP_MARKET", "symbol": "BTCUSDT", "side": "SELL",
    "quantity": "0.01", "algoStatus": "NEW", "triggerPrice": "100000.0", "actualOrderId": "",
}
POSITION = {
    "symbol": "ADAUSDT", "positionSide": "BOTH", "positionAmt": "-30", "entryPrice": "0.385", "markPrice": "0.4104",
    "unRealizedProfit": "0.76", "liquidationPrice": "0", "initialMargin": "0.7", "positionInitialMargin": "0.61",
}
WRONG_TIME = Reply({"code": -1021, "msg": "Timestamp for this request is outside of the recvWindow."}, status=400)


def sent(host: Host, what: str) -> dict[str, str]:
    """The parameters of the only request for `what`, without the signature's own."""
    [asked] = host.asked_for(what)
    return {k: v for k, v in asked.params.items() if k not in ("signature", "timestamp", "recvWindow")}


def test_a_market_order_asks_for_its_result(exchange: BinanceExchange, host: Host) -> None:
    host.tell(ORDER, Reply(FILLED))
    exchange.place(ENTRY)
    assert sent(host, ORDER) == {
        "symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01", "newClientOrderId": "n1",
        "newOrderRespType": "RESULT",
    }


def test_a_limited_entry_is_immediate_or_cancelled(exchange: BinanceExchange, host: Host) -> None:
    host.tell(ORDER, Reply(FILLED))
    exchange.place(replace(ENTRY, limit=Decimal("6.12E+4")))
    params = sent(host, ORDER)
    assert (params["type"], params["timeInForce"], params["price"]) == ("LIMIT", "IOC", "61200")


def test_a_reducing_order_says_so_in_one_way_mode(exchange: BinanceExchange, host: Host) -> None:
    host.tell(ORDER, Reply(FILLED))
    exchange.place(replace(ENTRY, reduce_only=True))
    params = sent(host, ORDER)
    assert params["reduceOnly"] == "true" and "positionSide" not in params


def test_a_reducing_order_names_its_side_in_hedge_mode(exchange: BinanceExchange, host: Host) -> None:
    host.tell(ORDER, Reply(FILLED))
    exchange.place(replace(ENTRY, reduce_only=True, position_side=PositionSide.SHORT))
    params = sent(host, ORDER)
    assert params["positionSide"] == "SHORT" and "reduceOnly" not in params


def test_an_order_carries_the_timestamp_of_its_intent(exchange: BinanceExchange, host: Host) -> None:
    host.tell(ORDER, Reply(FILLED))
    exchange.place(ENTRY)
    params = host.asked_for(ORDER)[0].params
    assert (params["timestamp"], params["recvWindow"]) == (str(ENTRY.timestamp_ms), "5000")


def test_a_placed_order_without_a_price_has_none(exchange: BinanceExchange, host: Host) -> None:
    host.tell(ORDER, Reply(FILLED))
    report = exchange.place(ENTRY)
    assert (report.status, report.executed, report.price) == (OrderStatus.FILLED, Decimal("0.010"), None)


@pytest.mark.parametrize("code", [-1021, -5028])
def test_an_order_with_a_wrong_time_is_not_repeated_but_the_clock_is_measured(
    exchange: BinanceExchange, host: Host, code: int
) -> None:
    host.tell(ORDER, Reply({"code": code, "msg": "time"}, status=400))
    exchange.server_ms()
    with pytest.raises(Transient):
        exchange.place(ENTRY)
    exchange.server_ms()
    assert (len(host.asked_for(ORDER)), len(host.asked_for("GET /fapi/v1/time"))) == (1, 2)


@pytest.mark.parametrize(("waited_ms", "leaves"), [(4_000, 1), (6_000, 0)])
def test_what_waited_beyond_its_window_is_not_sent_for_the_hosts_clock_may_have_been_put_back(
    exchange: BinanceExchange, host: Host, monkeypatch: pytest.MonkeyPatch, waited_ms: int, leaves: int
) -> None:
    host.tell(ORDER, Reply(FILLED))
    stamp, clock = exchange.server_ms(), clock_of(host.url)
    monkeypatch.setattr(clock, "_steady", lambda: monotonic_ms() + waited_ms)
    with nullcontext() if leaves else pytest.raises(Transient) as late:
        exchange.place(replace(ENTRY, timestamp_ms=stamp))
    assert len(host.asked_for(ORDER)) == leaves and (leaves or late.value.exchange_code == -1021)  # type: ignore[union-attr]


def test_an_order_id_that_is_there_already_must_be_looked_up(exchange: BinanceExchange, host: Host) -> None:
    host.tell(ORDER, Reply({"code": -4116, "msg": "clientOrderId is duplicated"}, status=400))
    with pytest.raises(OutcomeUnknown):
        exchange.place(ENTRY)


def test_an_order_that_has_not_ended_must_be_looked_up(exchange: BinanceExchange, host: Host) -> None:
    host.tell(ORDER, Reply({**FILLED, "status": "NEW", "executedQty": "0"}))
    with pytest.raises(OutcomeUnknown):
        exchange.place(ENTRY)


def test_a_refused_order_is_rejected_with_its_code(exchange: BinanceExchange, host: Host) -> None:
    host.tell(ORDER, Reply({"code": -2019, "msg": "Margin is insufficient."}, status=400))
    with pytest.raises(Rejected) as refused:
        exchange.place(ENTRY)
    assert refused.value.exchange_code == -2019


def test_a_read_with_a_wrong_time_is_measured_and_asked_once_more(exchange: BinanceExchange, host: Host) -> None:
    host.tell("GET /fapi/v3/positionRisk", WRONG_TIME, Reply([POSITION]))
    [position] = exchange.positions()
    assert (position.quantity, position.initial_margin) == (Decimal(-30), Decimal("0.61"))
    assert len(host.asked_for("GET /fapi/v1/time")) == 2


def test_a_read_is_asked_once_more_only_once(exchange: BinanceExchange, host: Host) -> None:
    host.tell("GET /fapi/v3/positionRisk", WRONG_TIME)
    with pytest.raises(Transient):
        exchange.positions()
    assert len(host.asked_for("GET /fapi/v3/positionRisk")) == 2


def test_a_symbol_with_open_orders_only_is_flat(exchange: BinanceExchange, host: Host) -> None:
    host.tell("GET /fapi/v3/positionRisk", Reply([{**POSITION, "positionAmt": "0.0"}]))
    assert exchange.positions("ADAUSDT") == ()


def test_a_found_order_tells_its_price(exchange: BinanceExchange, host: Host) -> None:
    host.tell("GET /fapi/v1/order", Reply({**FILLED, "avgPrice": "60123.40000"}))
    found = exchange.order("BTCUSDT", "n1")
    assert found is not None and found.price == Decimal("60123.4")


def test_a_price_of_nothing_is_no_price(exchange: BinanceExchange, host: Host) -> None:
    host.tell("GET /fapi/v1/order", Reply({**FILLED, "avgPrice": "0.00000"}))
    found = exchange.order("BTCUSDT", "n1")
    assert found is not None and found.price is None


def test_an_unknown_order_is_none(exchange: BinanceExchange, host: Host) -> None:
    host.tell("GET /fapi/v1/order", Reply({"code": -2013, "msg": "Order does not exist."}, status=400))
    assert exchange.order("BTCUSDT", "n1") is None


def test_a_stop_rests_as_a_reduce_only_algo_order(exchange: BinanceExchange, host: Host) -> None:
    host.tell(ALGO, Reply(RESTING))
    report = exchange.place_protection(STOP)
    assert (report.status, report.trigger, report.order_id) == (AlgoStatus.NEW, Decimal(100_000), "")
    assert sent(host, ALGO) == {
        "algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET", "quantity": "0.01",
        "triggerPrice": "100000", "workingType": "MARK_PRICE", "priceProtect": "false", "clientAlgoId": "p1",
        "reduceOnly": "true",
    }


def test_protection_names_its_side_in_hedge_mode(exchange: BinanceExchange, host: Host) -> None:
    host.tell(ALGO, Reply(RESTING))
    exchange.place_protection(replace(STOP, leg=Leg.TARGET, position_side=PositionSide.LONG))
    params = sent(host, ALGO)
    assert (params["type"], params["positionSide"]) == ("TAKE_PROFIT_MARKET", "LONG") and "reduceOnly" not in params


@pytest.mark.parametrize("code", [-2011, -2013])
def test_cancelling_what_is_gone_is_done_already(exchange: BinanceExchange, host: Host, code: int) -> None:
    host.tell("DELETE /fapi/v1/algoOrder", Reply({"code": code, "msg": "Unknown order sent."}, status=400))
    with pytest.raises(AlreadyDone):
        exchange.cancel_protection("p1")


def test_a_cancel_with_the_texts_own_code_200_is_no_error(exchange: BinanceExchange, host: Host) -> None:
    host.tell("DELETE /fapi/v1/algoOrder", Reply({"algoId": 1, "code": "200", "msg": "success"}))
    exchange.cancel_protection("p1")


def test_a_triggered_protection_names_its_order(exchange: BinanceExchange, host: Host) -> None:
    host.tell("GET /fapi/v1/algoOrder", Reply({**RESTING, "algoStatus": "FINISHED", "actualOrderId": "77"}))
    found = exchange.protection("p1")
    assert found is not None and (found.status, found.order_id) == (AlgoStatus.FINISHED, "77")


def test_somebodys_trailing_stop_does_not_disturb_the_listing(exchange: BinanceExchange, host: Host) -> None:
    host.tell("GET /fapi/v1/openAlgoOrders", Reply([{**RESTING, "triggerPrice": ""}, RESTING]))
    assert [one.client_algo_id for one in exchange.protections("BTCUSDT")] == ["p1"]


def test_the_margin_mode_is_asked_for_and_set(exchange: BinanceExchange, host: Host) -> None:
    rows = [{"symbol": "BTCUSDT", "marginType": "ISOLATED", "leverage": 21}]
    host.tell("GET /fapi/v1/symbolConfig", Reply(rows))
    assert exchange.symbol_config("BTCUSDT").margin_mode is MarginMode.ISOLATED
    host.tell("POST /fapi/v1/marginType", Reply({"code": -4046, "msg": "No need to change."}, status=400))
    with pytest.raises(AlreadyDone):
        exchange.set_margin_mode("BTCUSDT", MarginMode.ISOLATED)


def trade(number: int) -> dict[str, Any]:
    return {
        "id": number, "orderId": 9, "symbol": "BTCUSDT", "side": "SELL", "qty": "0.002", "price": "7819.01",
        "commission": "0.07", "commissionAsset": "USDT", "realizedPnl": "-0.9", "time": SERVER_MS - 1_000 + number,
    }


def test_trades_come_oldest_first(exchange: BinanceExchange, host: Host) -> None:
    host.tell("GET /fapi/v1/userTrades", Reply([trade(2), trade(1)]))
    since = datetime.fromtimestamp(SERVER_MS // 1000 - 60, UTC)
    assert [fill.trade_id for fill in exchange.trades("BTCUSDT", since)] == ["1", "2"]


def test_a_full_page_of_trades_is_followed_by_the_next(exchange: BinanceExchange, host: Host) -> None:
    host.tell("GET /fapi/v1/userTrades", Reply([trade(n) for n in range(1_000)]), Reply([trade(1_000)]))
    since = datetime.fromtimestamp(SERVER_MS // 1000 - 60, UTC)
    assert len(exchange.trades("BTCUSDT", since)) == 1_001
    assert host.asked[-1].params["fromId"] == "1000"


def test_old_trades_are_asked_for_a_week_at_a_time(exchange: BinanceExchange, host: Host) -> None:
    host.tell("GET /fapi/v1/userTrades", Reply([]))
    exchange.trades("BTCUSDT", datetime.fromtimestamp(SERVER_MS // 1000, UTC) - timedelta(days=20))
    assert len(host.asked_for("GET /fapi/v1/userTrades")) == 3
