"""Isolated margin by hand (binance.md §4.3 positionMargin)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nof1web.sim.engine import OrderRequest, new_exchange
from tests.sim.face import START_MS, Trader

MARGIN, HISTORY, LEVERAGE = "/fapi/v1/positionMargin", "/fapi/v1/positionMargin/history", "/fapi/v1/leverage"


@pytest.fixture
def alone(btc: Trader) -> Trader:
    """A trader with 0.01 BTC long on an isolated margin of 30.0006 USDT."""
    btc.call("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    btc.market("BUY", "0.01")
    return btc


def wallet(face: Trader) -> Decimal:
    """The isolated wallet of the BTC position."""
    return Decimal(face.call("GET", "/fapi/v3/positionRisk")[0]["isolatedWallet"])


def test_added_margin_moves_the_liquidation_price_away(alone: Trader):
    before = alone.call("GET", "/fapi/v3/positionRisk")[0]
    answer = alone.call("POST", MARGIN, symbol="BTCUSDT", amount="20", type=1)
    after = alone.call("GET", "/fapi/v3/positionRisk")[0]
    assert answer == {"amount": 20.0, "code": 200, "msg": "Successfully modify position margin.", "type": 1}
    moved = Decimal(before["liquidationPrice"]) - Decimal(after["liquidationPrice"])
    assert moved.quantize(Decimal("0.01")) == (Decimal(20) / Decimal("0.00996")).quantize(Decimal("0.01"))
    assert alone.raw()["wallet"] == "999.699994"


def test_only_margin_beyond_the_initial_one_comes_back(alone: Trader):
    alone.call("POST", MARGIN, symbol="BTCUSDT", amount="20", type=1)
    alone.price("59000")
    # 50.0006 less a loss of 10.012 and an initial margin of 29.5.
    assert alone.code("POST", MARGIN, symbol="BTCUSDT", amount="10.4887", type=2) == -4051
    assert alone.code("POST", MARGIN, symbol="BTCUSDT", amount="10.4886", type=2) == 0
    assert wallet(alone) == Decimal("39.512")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"amount": "0", "type": 1}, -4055),
        ({"amount": "-1", "type": 1}, -4055),
        ({"amount": "1.000000001", "type": 1}, -1111),
        ({"amount": "1", "type": 3}, -1130),
        ({"amount": "1"}, -1102),
        ({"amount": "969.7", "type": 1}, -4050),
        ({"amount": "1", "type": 2}, -4051),
        ({"amount": "1", "type": 1, "positionSide": "LONG"}, -4061),
        ({"amount": "1", "type": 1, "symbol": "ETHUSDT"}, -4049),
    ],
)
def test_margin_is_refused_with_the_code_of_what_is_wrong(alone: Trader, wish: dict, code: int):
    assert alone.code("POST", MARGIN, **{"symbol": "BTCUSDT", **wish}) == code


def test_margin_needs_a_position(btc: Trader):
    btc.call("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    assert btc.code("POST", MARGIN, symbol="BTCUSDT", amount="1", type=1) == -4054


def test_the_history_tells_what_was_moved(alone: Trader):
    alone.call("POST", MARGIN, symbol="BTCUSDT", amount="20", type=1)
    alone.call("POST", MARGIN, symbol="BTCUSDT", amount="5", type=2)
    rows = alone.call("GET", HISTORY, symbol="BTCUSDT")
    assert [(row["type"], row["amount"]) for row in rows] == [(1, "20.00000000"), (2, "5.00000000")]
    assert rows[0] == {"symbol": "BTCUSDT", "type": 1, "deltaType": "USER_ADJUST", "amount": "20.00000000",
                       "asset": "USDT", "time": START_MS, "positionSide": "BOTH"}  # fmt: skip
    assert [row["type"] for row in alone.call("GET", HISTORY, symbol="BTCUSDT", type=2)] == [2]
    assert alone.call("GET", HISTORY, symbol="ETHUSDT") == []


def test_a_higher_leverage_gives_no_isolated_margin_back(alone: Trader):
    free = alone.call("GET", "/fapi/v3/account")["availableBalance"]
    alone.call("POST", LEVERAGE, symbol="BTCUSDT", leverage=50)
    assert wallet(alone) == Decimal("30.0006")
    assert alone.call("GET", "/fapi/v3/account")["availableBalance"] == free


def test_added_margin_is_not_available_elsewhere(alone: Trader):
    before = Decimal(alone.call("GET", "/fapi/v3/account")["availableBalance"])
    alone.call("POST", MARGIN, symbol="BTCUSDT", amount="100", type=1)
    assert Decimal(alone.call("GET", "/fapi/v3/account")["availableBalance"]) == before - 100


def test_each_hedged_side_has_a_margin_of_its_own(hedged: Trader):
    hedged.call("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    hedged.market("BUY", "0.01", positionSide="LONG")
    hedged.market("SELL", "0.01", positionSide="SHORT")
    hedged.call("POST", MARGIN, symbol="BTCUSDT", amount="20", type=1, positionSide="SHORT")
    long, short = hedged.call("GET", "/fapi/v3/positionRisk")
    assert (long["isolatedWallet"], short["isolatedWallet"]) == ("30.00060000", "49.99940000")


def test_profit_not_yet_taken_is_never_set_aside(btc: Trader):
    btc.price("3000", "ETHUSDT")
    btc.market("BUY", "4", symbol="ETHUSDT")
    btc.price("3400", "ETHUSDT")
    btc.call("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    btc.market("BUY", "0.35")
    rows = {row["symbol"]: Decimal(row["isolatedWallet"]) for row in btc.call("GET", "/fapi/v3/positionRisk")}
    # A twentieth of 21000 would be 1050.
    assert rows["BTCUSDT"] == Decimal(btc.raw()["wallet"]) < 1000
    assert btc.code("POST", MARGIN, symbol="BTCUSDT", amount="1", type=1) == -4050


def test_the_fund_gives_nothing_to_a_wallet_that_set_aside_too_much():
    exchange = new_exchange(seed=1, now_ms=0)
    account = exchange.open_account(Decimal(1000), now_ms=0)
    exchange.set_margin_type(account.account_id, "BTCUSDT", "ISOLATED")
    exchange.place_order(account.account_id, OrderRequest("BTCUSDT", "BUY", "MARKET", Decimal("0.01")), now_ms=0)
    account.position("BTCUSDT", "BOTH").isolated_wallet = Decimal(1010)
    exchange.set_prices({"BTCUSDT": exchange.market.mark("BTCUSDT") + 10}, now_ms=0)
    assert [row.kind for row in account.income] == ["TRANSFER", "COMMISSION"]


def test_unrealised_profit_can_not_be_taken_out(alone: Trader):
    alone.call("POST", MARGIN, symbol="BTCUSDT", amount="20", type=1)
    alone.price("62000")
    # 50.0006 less an initial margin of 31; the profit of 19.988 stays.
    assert alone.code("POST", MARGIN, symbol="BTCUSDT", amount="19.0007", type=2) == -4051
    assert alone.code("POST", MARGIN, symbol="BTCUSDT", amount="19.0006", type=2) == 0


def test_a_partial_close_sets_its_share_of_the_margin_free(alone: Trader):
    alone.market("SELL", "0.004")
    assert wallet(alone) == Decimal("30.0006") * Decimal("0.6")


@pytest.mark.parametrize("stop", [True, False])
def test_a_gap_costs_an_isolated_position_no_more_than_its_margin(alone: Trader, stop: bool):
    if stop:
        alone.algo("STOP_MARKET", "SELL", "58000", closePosition="true")
    alone.price("50000")
    # 1000 less the fee of the entry and the margin.
    assert alone.raw()["wallet"] == "969.699394"


def test_margin_is_listed_in_windows_of_thirty_days(btc: Trader):
    month, now = 30 * 86_400_000, btc.clock()
    assert btc.code("GET", HISTORY, symbol="BTCUSDT", startTime=now - month + 1, endTime=now) == 0
    assert btc.code("GET", HISTORY, symbol="BTCUSDT", startTime=now - month - 1, endTime=now) == -1127
