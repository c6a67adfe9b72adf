"""ccxt reads and sets what an account trades with: modes, leverage, margin, fees and limits."""

from __future__ import annotations

from itertools import pairwise

import ccxt

from tests.clients.ccxt_trader import BALANCE, BTC, ETH, SOL, Trader
from tests.clients.scenario import Steps, refused

step = Steps()


@step
def the_balance_is_read(trader: Trader) -> None:
    balance = trader.client.fetch_balance()
    assert balance["USDT"] == {"free": BALANCE, "used": 0, "total": BALANCE}


@step
def the_balance_of_each_version_is_read(trader: Trader) -> None:
    for read in (trader.client.fapiPrivateV2GetBalance, trader.client.fapiPrivateV3GetBalance):
        rows = {row["asset"]: row for row in read()}
        assert float(rows["USDT"]["balance"]) == BALANCE and rows["USDT"]["accountAlias"]


@step
def the_account_of_each_version_is_read(trader: Trader) -> None:
    old, new = trader.client.fapiPrivateV2GetAccount(), trader.client.fapiPrivateV3GetAccount()
    assert float(old["totalWalletBalance"]) == float(new["totalWalletBalance"]) == BALANCE
    assert len(old["positions"]) > len(new["positions"]) == 0 and old["canTrade"] is True


@step
def the_position_mode_is_chosen(trader: Trader) -> None:
    if trader.hedge:
        assert trader.client.set_position_mode(True)["code"] == 200
    assert trader.client.fetch_position_mode()["hedged"] is trader.hedge
    assert trader.client.fapiPrivateGetAccountConfig()["dualSidePosition"] is trader.hedge


@step
def the_same_position_mode_again_is_refused(trader: Trader) -> None:
    refused(ccxt.OperationRejected, -4059, trader.client.set_position_mode, trader.hedge)


@step
def leverage_is_chosen(trader: Trader) -> None:
    answer = trader.client.set_leverage(25, BTC)
    assert (answer["symbol"], answer["leverage"]) == ("BTCUSDT", 25) and float(answer["maxNotionalValue"]) > 0
    leverage = trader.client.fetch_leverage(BTC)
    assert leverage["longLeverage"] == leverage["shortLeverage"] == 25


@step
def the_leverage_of_all_symbols_is_read(trader: Trader) -> None:
    assert trader.client.fetch_leverages()[BTC]["longLeverage"] == 25


@step
def the_margin_mode_is_chosen(trader: Trader) -> None:
    assert trader.client.set_margin_mode("isolated", SOL)["code"] == 200
    assert trader.client.fetch_margin_mode(SOL)["marginMode"] == "isolated"
    assert trader.client.fetch_margin_modes()[BTC]["marginMode"] == "cross"


@step
def the_same_margin_mode_again_is_refused(trader: Trader) -> None:
    refused(ccxt.MarginModeAlreadySet, -4046, trader.client.set_margin_mode, "isolated", SOL)


@step
def leverage_brackets_are_read(trader: Trader) -> None:
    tiers = trader.client.fetch_leverage_tiers([BTC])[BTC]
    assert tiers[0]["maxLeverage"] == 125 and tiers[0]["minNotional"] == 0
    assert all(low["maxNotional"] == high["minNotional"] for low, high in pairwise(tiers))


@step
def multi_assets_mode_is_refused_beside_isolated_margin(trader: Trader) -> None:
    assert trader.client.fapiPrivateGetMultiAssetsMargin() == {"multiAssetsMargin": False}
    change = trader.client.fapiPrivatePostMultiAssetsMargin
    refused(ccxt.BadRequest, -4167, change, {"multiAssetsMargin": "true"})
    refused(ccxt.OperationRejected, -4171, change, {"multiAssetsMargin": "false"})


@step
def multi_assets_mode_is_chosen(trader: Trader) -> None:
    other = trader.another()
    other.fapiPrivatePostMultiAssetsMargin({"multiAssetsMargin": "true"})
    assert other.fapiPrivateGetMultiAssetsMargin() == {"multiAssetsMargin": True}
    other.load_markets()
    refused(ccxt.BadRequest, -4168, other.set_margin_mode, "isolated", SOL)


@step
def the_commission_rate_is_read(trader: Trader) -> None:
    fee = trader.client.fetch_trading_fee(BTC)
    assert 0 < fee["maker"] < fee["taker"] < 0.001


@step
def the_order_limits_are_read(trader: Trader) -> None:
    rows = trader.client.fapiPrivateGetRateLimitOrder()
    assert [(row["interval"], row["limit"]) for row in rows] == [("SECOND", 300), ("MINUTE", 1200)]


@step
def the_permissions_of_the_key_are_read(trader: Trader) -> None:
    allowed = trader.client.sapiGetAccountApiRestrictions()
    assert allowed["enableReading"] and allowed["enableFutures"] and not allowed["enableWithdrawals"]


@step
def the_spot_host_tells_what_kind_of_account_it_is(trader: Trader) -> None:
    assert trader.client.sapiGetAccountInfo()["isFutureEnabled"] is True
    assert trader.client.privateGetAccount()["uid"]


@step
def the_trading_status_is_read(trader: Trader) -> None:
    assert trader.client.fapiPrivateGetApiTradingStatus()["updateTime"]


@step
def paying_fees_in_bnb_is_chosen(trader: Trader) -> None:
    assert trader.client.fapiPrivateGetFeeBurn() == {"feeBurn": False}
    trader.client.fapiPrivatePostFeeBurn({"feeBurn": "true"})
    assert trader.client.fapiPrivateGetFeeBurn() == {"feeBurn": True}
    trader.client.fapiPrivatePostFeeBurn({"feeBurn": "false"})


@step
def nothing_is_held_at_first(trader: Trader) -> None:
    assert trader.client.fetch_positions() == [] and trader.client.fetch_open_orders(ETH) == []
