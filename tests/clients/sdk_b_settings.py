"""The SDK reads and sets what an account trades with: modes, leverage, margin, fees and limits."""

from __future__ import annotations

from binance_common.errors import BadRequestError

from tests.clients.scenario import Steps, refused
from tests.clients.sdk_trader import BALANCE, BTC, Trader

step = Steps()


@step
def balances_are_read(trader: Trader) -> None:
    for read in ("futures_account_balance_v2", "futures_account_balance_v3"):
        rows = {row.asset: row for row in trader.ask(read)}
        assert float(rows["USDT"].balance) == BALANCE


@step
def the_account_of_each_version_is_read(trader: Trader) -> None:
    old, new = trader.ask("account_information_v2"), trader.ask("account_information_v3")
    assert float(old.total_wallet_balance) == float(new.total_wallet_balance) == BALANCE
    assert new.positions == [] and len(old.positions) >= 6 and old.can_trade is True


@step
def the_position_mode_is_chosen(trader: Trader) -> None:
    if trader.hedge:
        assert trader.ask("change_position_mode", "true").code == 200
    assert trader.ask("get_current_position_mode").dual_side_position is trader.hedge
    assert trader.ask("futures_account_configuration").dual_side_position is trader.hedge
    refused(BadRequestError, -4059, trader.ask, "change_position_mode", str(trader.hedge).lower())


@step
def leverage_is_chosen(trader: Trader) -> None:
    answer = trader.ask("change_initial_leverage", BTC, 25)
    assert (answer.symbol, answer.leverage) == (BTC, 25)
    (config,) = trader.ask("symbol_configuration", symbol=BTC)
    assert (config.leverage, config.margin_type, config.max_notional_value) == (
        25,
        "CROSSED",
        answer.max_notional_value,
    )
    assert len(trader.ask("symbol_configuration")) >= 6


@step
def the_margin_type_is_chosen(trader: Trader) -> None:
    assert trader.ask("change_margin_type", "SOLUSDT", "ISOLATED").code == 200
    assert trader.ask("symbol_configuration", symbol="SOLUSDT")[0].margin_type == "ISOLATED"
    refused(BadRequestError, -4046, trader.ask, "change_margin_type", "SOLUSDT", "ISOLATED")


@step
def leverage_brackets_are_read(trader: Trader) -> None:
    answer = trader.ask("notional_and_leverage_brackets", symbol=BTC)
    one = answer[0] if isinstance(answer, list) else answer
    assert one.brackets[0].initial_leverage == 125 and one.brackets[0].notional_floor == 0
    assert len(trader.ask("notional_and_leverage_brackets")) >= 6


@step
def multi_assets_mode_is_refused_beside_isolated_margin(trader: Trader) -> None:
    assert trader.ask("get_current_multi_assets_mode").multi_assets_margin is False
    refused(BadRequestError, -4167, trader.ask, "change_multi_assets_mode", "true")
    refused(BadRequestError, -4171, trader.ask, "change_multi_assets_mode", "false")


@step
def multi_assets_mode_is_chosen(trader: Trader) -> None:
    other = trader.another()
    assert trader.ask("change_multi_assets_mode", "true", by=other).code == 200
    assert trader.ask("get_current_multi_assets_mode", by=other).multi_assets_margin is True
    assert trader.ask("account_information_v3", by=other).total_wallet_balance
    refused(BadRequestError, -4168, other.change_margin_type, "SOLUSDT", "ISOLATED")


@step
def the_commission_rate_is_read(trader: Trader) -> None:
    rate = trader.ask("user_commission_rate", BTC)
    assert 0 < float(rate.maker_commission_rate) < float(rate.taker_commission_rate)


@step
def the_order_limits_are_read(trader: Trader) -> None:
    assert [row.limit for row in trader.ask("query_user_rate_limit")] == [300, 1200]


@step
def the_trading_status_is_read(trader: Trader) -> None:
    assert trader.ask("futures_trading_quantitative_rules_indicators").update_time


@step
def paying_fees_in_bnb_is_chosen(trader: Trader) -> None:
    assert trader.ask("toggle_bnb_burn_on_futures_trade", "true").code == 200
    assert trader.ask("get_bnb_burn_status").fee_burn is True
    trader.ask("toggle_bnb_burn_on_futures_trade", "false")
