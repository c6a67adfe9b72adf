"""ccxt reads positions and what trading earned and cost."""

from __future__ import annotations

import ccxt

from tests.clients.ccxt_trader import BALANCE, BTC, SOL, Trader
from tests.clients.scenario import Steps, refused

step = Steps()


@step
def an_isolated_position_is_opened(trader: Trader) -> None:
    trader.client.set_leverage(10, SOL)
    order = trader.client.create_order(SOL, "market", "buy", 20, None, trader.opening)
    assert order["status"] == "closed"


@step
def positions_of_each_version_are_read(trader: Trader) -> None:
    for old in (False, True):
        (row,) = trader.client.fetch_positions([SOL], {"method": "positionRisk", "useV2": old})
        assert (row["contracts"], row["side"], row["hedged"]) == (20, "long", trader.hedge), old
        assert row["markPrice"] == 150 and 149 < row["entryPrice"] < 151 and abs(row["notional"] - 3000) < 1
        assert 120 < row["liquidationPrice"] < 150 and row["maintenanceMargin"] > 0


@step
def positions_are_read_from_the_account(trader: Trader) -> None:
    (row,) = trader.client.fetch_positions([SOL], {"method": "account"})
    assert (row["contracts"], row["side"]) == (20, "long") and row["initialMargin"] > 250


@step
def a_flat_symbol_is_listed_by_the_old_version_only(trader: Trader) -> None:
    asked = {"symbol": "XRPUSDT"}
    assert trader.client.fapiPrivateV3GetPositionRisk(asked) == []
    rows = trader.client.fapiPrivateV2GetPositionRisk(asked)
    assert [float(row["positionAmt"]) for row in rows] == [0] * (2 if trader.hedge else 1)


@step
def isolated_margin_is_added_and_taken(trader: Trader) -> None:
    side = {"positionSide": "LONG"} if trader.hedge else {}
    before = margin(trader)
    assert trader.client.add_margin(SOL, 50, side)["amount"] == 50
    assert abs(margin(trader) - before - 50) < 0.01
    assert trader.client.reduce_margin(SOL, 20, side)["type"] == "reduce"
    assert abs(margin(trader) - before - 30) < 0.01


def margin(trader: Trader) -> float:
    """The isolated margin of the long position in SOL."""
    rows = trader.client.fapiPrivateV3GetPositionRisk({"symbol": "SOLUSDT"})
    return sum(float(row["isolatedMargin"]) for row in rows)


@step
def the_changes_of_margin_are_listed(trader: Trader) -> None:
    rows = trader.client.fapiPrivateGetPositionMarginHistory({"symbol": "SOLUSDT"})
    assert sorted((float(row["amount"]), row["type"]) for row in rows if row["deltaType"] == "USER_ADJUST") == [
        (20, 2),
        (50, 1),
    ]


@step
def cross_margin_is_not_added_to(trader: Trader) -> None:
    trader.order("market", "buy", 0.01)
    side = {"positionSide": "LONG"} if trader.hedge else {}
    refused(ccxt.BadRequest, -4049, trader.client.add_margin, BTC, 10, side)
    trader.order("market", "sell", 0.01, closing=True)


@step
def leverage_is_not_lowered_under_an_isolated_position(trader: Trader) -> None:
    refused(ccxt.ExchangeError, -4161, trader.client.set_leverage, 5, SOL)


@step
def the_margin_mode_is_not_changed_under_a_position(trader: Trader) -> None:
    refused(ccxt.OperationRejected, -4048, trader.client.set_margin_mode, "cross", SOL)


@step
def the_position_mode_is_not_changed_under_a_position(trader: Trader) -> None:
    refused(ccxt.OperationRejected, -4068, trader.client.set_position_mode, not trader.hedge)


@step
def the_place_in_the_adl_queue_is_read(trader: Trader) -> None:
    rows = {row["symbol"]: row for row in trader.client.fetch_positions_adl_rank()}
    quantile = rows[SOL]["info"]["adlQuantile"]
    assert 0 <= quantile["LONG" if trader.hedge else "BOTH"] <= 4


@step
def income_is_listed(trader: Trader) -> None:
    rows = trader.client.fapiPrivateGetIncome()
    assert {row["incomeType"] for row in rows} >= {"REALIZED_PNL", "COMMISSION"}
    entries = trader.client.fetch_ledger(None, limit=100)
    assert entries and all(entry["currency"] == "USDT" for entry in entries)
    assert trader.client.fetch_funding_history(BTC) == []


@step
def the_wallet_is_the_deposit_and_all_income(trader: Trader) -> None:
    income = sum(float(row["income"]) for row in trader.client.fapiPrivateGetIncome({"limit": 1000}))
    deposit = sum(
        float(row["income"]) for row in trader.client.fapiPrivateGetIncome({"incomeType": "TRANSFER", "limit": 1000})
    )
    wallet = float(trader.client.fapiPrivateV3GetAccount()["totalWalletBalance"])
    assert abs(BALANCE + income - deposit - wallet) < 0.0001


@step
def nothing_was_liquidated(trader: Trader) -> None:
    assert trader.client.fetch_my_liquidations(BTC) == []


@step
def a_liquidation_is_listed(trader: Trader) -> None:
    other = trader.another(500)
    other.load_markets()
    other.set_leverage(50, BTC)
    other.create_order(BTC, "market", "buy", 0.3, None, trader.opening)
    trader.controls.prices(BTCUSDT="58000")
    trader.controls.prices(BTCUSDT="60000")
    (row,) = other.fetch_my_liquidations(BTC)
    assert row["symbol"] == BTC and row["contracts"] == 0.3 and row["side"] == "sell"
    assert other.fetch_positions() == []


@step
def a_listen_key_is_made_kept_and_closed(trader: Trader) -> None:
    key = trader.client.fapiPrivatePostListenKey()["listenKey"]
    assert trader.client.fapiPrivatePostListenKey()["listenKey"] == key
    trader.client.fapiPrivatePutListenKey()
    trader.client.fapiPrivateDeleteListenKey()
    refused(ccxt.AuthenticationError, -1125, trader.client.fapiPrivatePutListenKey)


@step
def everything_is_closed(trader: Trader) -> None:
    trader.client.create_order(SOL, "market", "sell", 20, None, trader.closing)
    assert trader.client.fetch_positions() == []
