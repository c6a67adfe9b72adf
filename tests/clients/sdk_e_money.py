"""The SDK reads positions and what trading earned and cost."""

from __future__ import annotations

from binance_common.errors import BadRequestError

from tests.clients.scenario import Steps, refused
from tests.clients.sdk_trader import BALANCE, BTC, Trader

step = Steps()
SOL = "SOLUSDT"


@step
def an_isolated_position_is_opened(trader: Trader) -> None:
    trader.ask("change_initial_leverage", SOL, 10)
    wish = {"quantity": "20", "new_order_resp_type": "RESULT"}
    assert trader.ask("new_order", SOL, "BUY", "MARKET", **wish, **trader.long).status == "FILLED"


@step
def positions_of_each_version_are_read(trader: Trader) -> None:
    (new,) = trader.ask("position_information_v3")
    (old,) = (row for row in trader.ask("position_information_v2") if float(row.position_amt))
    assert (new.symbol, float(new.position_amt), new.position_side) == (SOL, 20, old.position_side)
    assert (old.margin_type, old.leverage, old.is_auto_add_margin) == ("isolated", "10", "false")
    assert 120 < float(new.liquidation_price) < 150 and new.mark_price == "150.00000000"


@step
def a_flat_symbol_is_listed_by_the_old_version_only(trader: Trader) -> None:
    assert trader.ask("position_information_v3", symbol="XRPUSDT") == []
    assert len(trader.ask("position_information_v2", symbol="XRPUSDT")) == (2 if trader.hedge else 1)


@step
def isolated_margin_is_added_and_taken(trader: Trader) -> None:
    before = float(trader.ask("position_information_v3", symbol=SOL)[0].isolated_margin)
    added = trader.ask("modify_isolated_position_margin", SOL, "50", "1", **trader.long)
    assert (added.amount, added.type, added.code) == (50, 1, 200)
    trader.ask("modify_isolated_position_margin", SOL, "20", "2", **trader.long)
    after = float(trader.ask("position_information_v3", symbol=SOL)[0].isolated_margin)
    assert abs(after - before - 30) < 0.01


@step
def the_changes_of_margin_are_listed(trader: Trader) -> None:
    rows = trader.ask("get_position_margin_change_history", SOL)
    assert {(float(row.amount), row.type) for row in rows} >= {(50, 1), (20, 2)}


@step
def what_a_position_forbids_is_refused(trader: Trader) -> None:
    refused(BadRequestError, -4161, trader.ask, "change_initial_leverage", SOL, 5)
    refused(BadRequestError, -4048, trader.ask, "change_margin_type", SOL, "CROSSED")
    refused(BadRequestError, -4068, trader.ask, "change_position_mode", str(not trader.hedge).lower())


@step
def the_place_in_the_adl_queue_is_read(trader: Trader) -> None:
    rows = {row.symbol: row.adl_quantile for row in trader.ask("position_adl_quantile_estimation")}
    quantile = rows[SOL].long if trader.hedge else rows[SOL].both
    assert 0 <= quantile <= 4


@step
def income_is_listed(trader: Trader) -> None:
    rows = trader.ask("get_income_history", limit=1000)
    assert {row.income_type for row in rows} >= {"REALIZED_PNL", "COMMISSION"}
    moved = sum(float(row.income) for row in rows if row.income_type != "TRANSFER")
    wallet = float(trader.ask("account_information_v3").total_wallet_balance)
    assert abs(BALANCE + moved - wallet) < 0.0001
    assert {row.income_type for row in trader.ask("get_income_history", income_type="COMMISSION")} == {"COMMISSION"}


@step
def liquidations_are_listed(trader: Trader) -> None:
    assert trader.ask("users_force_orders") == []
    other = trader.another(500)
    other.change_initial_leverage(BTC, 50)
    other.new_order(BTC, "BUY", "MARKET", quantity="0.3", **trader.long)
    trader.controls.prices(BTCUSDT="58000")
    trader.controls.prices(BTCUSDT="60000")
    (row,) = trader.ask("users_force_orders", symbol=BTC, by=other)
    assert (float(row.executed_qty), row.side) == (0.3, "SELL") and row.client_order_id.startswith("autoclose-")
    assert trader.ask("position_information_v3", by=other) == []


@step
def fees_are_paid_in_bnb(trader: Trader) -> None:
    trader.controls.post("/sim/deposit", account_id=trader.account_id, asset="BNB", amount="1")
    trader.ask("toggle_bnb_burn_on_futures_trade", "true")
    wish = {"quantity": "1", "new_order_resp_type": "RESULT"}
    order = trader.ask("new_order", "ETHUSDT", "BUY", "MARKET", **wish, **trader.long)
    (fill,) = trader.ask("account_trade_list", "ETHUSDT", order_id=order.order_id)
    # A tenth less than 0.05 %, at 600 USDT.
    assert fill.commission_asset == "BNB" and abs(float(fill.commission) - 3000 * 0.00045 / 600) < 0.00001
    assert {row.asset for row in trader.ask("get_income_history", income_type="COMMISSION")} >= {"BNB", "USDT"}
    assets = {row.asset: float(row.balance) for row in trader.ask("futures_account_balance_v3")}
    assert abs(assets["BNB"] - 1 + float(fill.commission)) < 1e-8
    trader.ask("new_order", "ETHUSDT", "SELL", "MARKET", **wish, **trader.closing)
    trader.ask("toggle_bnb_burn_on_futures_trade", "false")


@step
def everything_is_closed(trader: Trader) -> None:
    trader.ask("new_order", SOL, "SELL", "MARKET", quantity="20", **trader.closing)
    assert trader.ask("position_information_v3") == []
