"""Liquidation, the insurance fund, deleveraging and its queue (binance.md §4.2, §4.4)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nof1web.sim import events
from nof1web.sim.accounts import Account
from nof1web.sim.refusal import Refusal
from nof1web.sim.state import open_state
from nof1web.sim.world import make_world
from tests.sim.face import Trader, trader

ADL, FORCED = "/fapi/v1/adlQuantile", "/fapi/v1/forceOrders"
D = Decimal


def another(face: Trader, balance: str = "1000", **params: Any) -> Trader:
    """A further trader on the same exchange."""
    key = face.control("keys", {"balance": balance, **params})
    return Trader(face.client, face.world, face.clock, face.slept, key)


def fund(face: Trader) -> Decimal:
    """What the insurance fund holds (USDT)."""
    return face.world.exchange.ledger.fund.balance("USDT")


def empty_fund(face: Trader) -> None:
    """Take everything out of the insurance fund."""
    face.world.exchange.ledger.fund.balances["USDT"] = D(0)


def owner(face: Trader) -> Account:
    """The trader's account."""
    return face.world.exchange.account(face.key["account_id"])


def moves(face: Trader, kind: str) -> Decimal:
    """The sum of a kind of income."""
    return sum((D(row["income"]) for row in face.call("GET", "/fapi/v1/income", incomeType=kind)), D(0))


def test_the_fund_gains_the_clearing_fee(btc: Trader):
    before = fund(btc)
    btc.market("BUY", "0.1")
    btc.price("50200")
    assert btc.positions() == {}
    gained = fund(btc) - before
    assert gained == -moves(btc, "INSURANCE_CLEAR") > 0
    assert gained < D("5020") * D("0.0125")


def test_the_fund_pays_what_the_wallet_can_not(btc: Trader):
    before = fund(btc)
    btc.market("BUY", "0.3")
    btc.price("50000")
    assert fund(btc) - before == -moves(btc, "INSURANCE_CLEAR") < -2000
    assert btc.raw()["wallet"] == "0"


def test_all_orders_of_crossed_symbols_go_before_a_liquidation(btc: Trader):
    btc.market("BUY", "0.1")
    for symbol, price in (("BTCUSDT", "48000"), ("ETHUSDT", "2900")):
        btc.call("POST", "/fapi/v1/order", symbol=symbol, side="BUY", type="LIMIT", timeInForce="GTC", price=price,
                 quantity="0.01")  # fmt: skip
    btc.price("50200")
    kept = {order["type"] + order["side"]: order["status"] for order in btc.raw()["orders"]}
    assert kept == {"MARKETBUY": "FILLED", "LIMITBUY": "CANCELED", "LIMITSELL": "FILLED"}


def test_a_liquidation_is_listed_among_the_forced_orders(btc: Trader):
    btc.market("BUY", "0.1")
    btc.price("50200")
    (order,) = btc.call("GET", FORCED, symbol="BTCUSDT")
    shown = (order["clientOrderId"][:10], order["type"], order["timeInForce"], order["status"], order["avgPrice"])
    assert shown == ("autoclose-", "LIMIT", "IOC", "FILLED", "50200.00000")
    assert btc.call("GET", FORCED, autoCloseType="ADL") == []
    assert len(btc.call("GET", FORCED, autoCloseType="LIQUIDATION")) == 1
    assert btc.code("GET", FORCED, autoCloseType="NONSENSE") == -1130


def test_forced_orders_cost_more_without_a_symbol(btc: Trader):
    answers = [btc.signed("GET", FORCED, **wish) for wish in ({}, {"symbol": "BTCUSDT"})]
    assert [answer.headers["X-MBX-USED-WEIGHT-1M"] for answer in answers] == ["50", "70"]


def test_an_empty_fund_makes_the_best_holder_of_the_other_side_pay(btc: Trader):
    small, large = another(btc), another(btc, "100000")
    small.market("SELL", "0.01")
    large.market("SELL", "0.4")
    large.call("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=50)
    btc.market("BUY", "0.3")
    empty_fund(btc)
    btc.price("50000")
    assert (btc.positions(), small.positions()) == ({}, {"BTCUSDT BOTH": "-0.0100"})
    assert large.positions() == {"BTCUSDT BOTH": "-0.1000"}
    closed = large.raw()["orders"][-1]
    assert (closed["clientOrderId"], closed["executedQty"]) == ("adl_autoclose", "0.3000")
    # The price at which the long had nothing left: 60001.2 less 990.99982 / 0.3.
    assert D(closed["avgPrice"]) == D("56697.86727")
    assert moves(large, "REALIZED_PNL") > 0 and abs(fund(btc)) < 10


def test_an_isolated_loser_is_taken_over_at_its_own_bankruptcy_price(btc: Trader):
    other = another(btc, "100000")
    other.market("SELL", "0.01")
    btc.call("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    btc.market("BUY", "0.01")
    empty_fund(btc)
    btc.price("50000")
    # 60001.2 less a margin of 30.0006 / 0.01.
    assert D(other.raw()["orders"][-1]["avgPrice"]) == D("57001.14000")
    assert btc.raw()["wallet"] == "969.699394"


def test_without_a_partner_the_empty_fund_goes_into_debt(btc: Trader):
    btc.market("BUY", "0.3")
    empty_fund(btc)
    btc.price("50000")
    assert fund(btc) < -2000 and btc.raw()["wallet"] == "0"


def test_deleveraging_can_be_ordered(btc: Trader):
    btc.market("BUY", "0.01")
    btc.algo("STOP_MARKET", "SELL", "59000", closePosition="true")
    btc.price("61000")
    exchange, name = btc.world.exchange, btc.key["account_id"]
    exchange.ledger.watched.add(name)
    exchange.auto_deleverage(name, "BTCUSDT", "BOTH", now_ms=btc.clock())
    told = [e for e in exchange.ledger.take_events() if isinstance(e, events.OrderEvent)]
    assert [(e.execution, e.order.client_order_id) for e in told][-1] == ("CALCULATED", "adl_autoclose")
    assert btc.positions() == {}
    assert btc.raw()["algo_orders"][0]["algoStatus"] == "EXPIRED"
    with pytest.raises(Refusal, match="-2024"):
        exchange.auto_deleverage(name, "BTCUSDT", "BOTH", now_ms=btc.clock())


def test_the_queue_puts_profit_and_leverage_first(btc: Trader):
    faces = [btc, *(another(btc) for _ in range(4))]
    for leverage, face in zip((2, 5, 10, 20, 50), faces, strict=True):
        face.call("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=leverage)
        face.market("BUY", "0.002")
    btc.price("61000")
    queue = [face.call("GET", ADL, symbol="BTCUSDT")[0]["adlQuantile"] for face in faces]
    assert queue == [{"LONG": 0, "SHORT": 0, "BOTH": place} for place in range(5)]
    assert [face.call("GET", "/fapi/v3/positionRisk")[0]["adl"] for face in faces] == list(range(5))


def test_a_crossed_hedge_shows_one_place_for_both_sides(hedged: Trader):
    hedged.market("BUY", "0.002", positionSide="LONG")
    hedged.market("SELL", "0.003", positionSide="SHORT")
    (row,) = hedged.call("GET", ADL)
    assert row == {"symbol": "BTCUSDT", "adlQuantile": {"LONG": 4, "SHORT": 4, "HEDGE": 0}}


def test_the_queue_is_worked_out_once_per_market_step(btc: Trader):
    btc.market("BUY", "0.01")
    ranks = btc.world.exchange.ranks
    btc.positions()
    first = ranks._made["BTCUSDT"]
    btc.positions()
    assert ranks._made["BTCUSDT"] is first
    btc.pass_time(1)
    btc.positions()
    assert ranks._made["BTCUSDT"] is not first


def test_a_watched_account_is_warned_once_until_it_is_safe_again(btc: Trader):
    ledger = btc.world.exchange.ledger
    ledger.watched.add(btc.key["account_id"])
    btc.market("BUY", "0.1")

    def calls(price: str) -> int:
        ledger.take_events()
        btc.world.exchange.set_prices({"BTCUSDT": D(price)}, now_ms=btc.clock())
        return sum(isinstance(event, events.MarginCall) for event in ledger.take_events())

    # 50250 leaves 21.88 to carry 20.1; 51000 leaves 96.88.
    assert [calls(price) for price in ("51000", "50250", "50240", "51000", "50250")] == [0, 1, 0, 0, 1]


def test_who_is_being_liquidated_places_no_order(btc: Trader):
    btc.market("BUY", "0.1")
    btc.world.exchange.market.set_price("BTCUSDT", D(50200))
    assert btc.market("SELL", "0.1", reduceOnly="true")["code"] == -2023


def test_the_fund_survives_a_restart(tmp_path: Path):
    face = trader(store=open_state(tmp_path))
    face.market("BUY", "0.3")
    face.price("50000")
    again = make_world(seed=1, now_ms=face.clock(), store=open_state(tmp_path))
    assert again.exchange.ledger.fund == face.world.exchange.ledger.fund
