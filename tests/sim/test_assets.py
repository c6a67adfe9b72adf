"""Wallets of several assets, the asset mode, and fees in BNB (binance.md §4.2, §4.3, Appendix B)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sim.face import START_MS, Trader

MULTI, FEE_BURN = "/fapi/v1/multiAssetsMargin", "/fapi/v1/feeBurn"
D = Decimal


def give(face: Trader, asset: str, amount: str) -> None:
    """Move an asset in or out."""
    face.world.exchange.deposit(face.key["account_id"], asset, D(amount), now_ms=face.clock())


def rows(face: Trader) -> dict[str, dict[str, Any]]:
    """The balances by asset."""
    return {row["asset"]: row for row in face.call("GET", "/fapi/v3/balance")}


@pytest.fixture
def rich(btc: Trader) -> Trader:
    """A trader with 1000 USDT, 100 USDC and 2 BNB; BNB stands at 500."""
    btc.price("500", "BNBUSDT")
    give(btc, "USDC", "100")
    give(btc, "BNB", "2")
    return btc


def test_single_asset_mode_lists_every_wallet_and_counts_usdt(rich: Trader):
    account = rich.call("GET", "/fapi/v3/account")
    assert [row["asset"] for row in account["assets"]] == ["USDT", "USDC", "BNB"]
    assert (account["totalWalletBalance"], account["availableBalance"]) == ("1000.00000000", "1000.00000000")
    assert rows(rich)["BNB"]["availableBalance"] == "2.00000000"


def test_multi_assets_mode_counts_what_each_asset_is_worth_as_margin(rich: Trader):
    rich.call("POST", MULTI, multiAssetsMargin="true")
    account = rich.call("GET", "/fapi/v3/account")
    # 1000 * 0.9999 + 100 * 0.9999 + 2 * 500 * 0.95
    assert account["totalWalletBalance"] == account["availableBalance"] == "2049.89000000"
    shared = {name: row["availableBalance"] for name, row in rows(rich).items()}
    assert shared == {"USDT": "2049.89000000", "USDC": "2049.89000000", "BNB": "4.09978000"}


def test_multi_assets_margin_carries_what_usdt_alone_does_not(rich: Trader):
    rich.call("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=1)
    assert rich.market("BUY", "0.03")["code"] == -2019
    rich.call("POST", MULTI, multiAssetsMargin="true")
    assert rich.market("BUY", "0.03")["status"] == "FILLED"


def test_a_loss_may_leave_owed_usdt_while_other_assets_carry_it(rich: Trader):
    rich.call("POST", MULTI, multiAssetsMargin="true")
    rich.market("BUY", "0.2")
    rich.price("54000")
    rich.market("SELL", "0.2")
    account = rich.call("GET", "/fapi/v3/account")
    owed = D(rows(rich)["USDT"]["balance"])
    assert -220 < owed < -190
    wanted = owed * D("1.0001") + D("1049.99")
    assert D(account["totalWalletBalance"]) == wanted.quantize(D("0.00000001"))
    assert rich.code("POST", MULTI, multiAssetsMargin="false") == -4172


def test_a_bankrupt_multi_assets_account_pays_with_all_it_has(rich: Trader):
    rich.call("POST", MULTI, multiAssetsMargin="true")
    rich.market("BUY", "0.5")
    rich.price("50000")
    assert rich.positions() == {}
    assert [row["balance"] for row in rows(rich).values()] == ["0.00000000"] * 3
    kinds = {row["incomeType"] for row in rich.call("GET", "/fapi/v1/income")}
    assert {"AUTO_EXCHANGE", "INSURANCE_CLEAR"} <= kinds


def test_the_asset_mode_stays_where_usdt_alone_does_not_carry_the_positions(rich: Trader):
    rich.call("POST", MULTI, multiAssetsMargin="true")
    rich.market("BUY", "0.4")
    assert rich.code("POST", MULTI, multiAssetsMargin="false") == -4169
    assert rich.call("GET", MULTI) == {"multiAssetsMargin": True}
    rich.market("SELL", "0.2")
    assert rich.code("POST", MULTI, multiAssetsMargin="false") == 0


def test_the_asset_mode_stays_while_an_order_rests(rich: Trader):
    rich.algo("STOP_MARKET", "SELL", "50000", quantity="0.001")
    assert rich.code("POST", MULTI, multiAssetsMargin="true") == -4170


def test_only_free_margin_leaves_the_account(btc: Trader):
    btc.market("BUY", "0.1")
    with pytest.raises(Exception, match="-2018"):
        give(btc, "USDT", "-700")
    give(btc, "USDT", "-690")
    assert D(btc.raw()["wallet"]) == D("306.99994")


def test_the_index_tells_what_an_asset_counts_for(rich: Trader):
    row = rich.client.get("/fapi/v1/assetIndex?symbol=BNBUSD").json
    assert (row["index"], row["bidRate"], row["askRate"]) == ("500.00000000", "475.00000000", "525.00000000")
    every = rich.client.get("/fapi/v1/assetIndex")
    assert [row["symbol"] for row in every.json] == ["USDTUSD", "USDCUSD", "BTCUSD", "ETHUSD", "BNBUSD"]
    assert every.headers["X-MBX-USED-WEIGHT-1M"] == "11"
    assert rich.client.get("/fapi/v1/assetIndex?symbol=BTCUSDT").json["code"] == -1121


def test_all_margin_assets_are_in_the_exchange_info(btc: Trader):
    assets = btc.client.get("/fapi/v1/exchangeInfo").json["assets"]
    assert assets[0] == {"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}
    assert [row["asset"] for row in assets] == ["USDT", "USDC", "BTC", "ETH", "BNB"]


def test_fees_are_paid_in_bnb_a_tenth_cheaper(rich: Trader):
    assert rich.call("GET", FEE_BURN) == {"feeBurn": False}
    rich.call("POST", FEE_BURN, feeBurn="true")
    rich.market("BUY", "0.01")
    (trade,) = rich.call("GET", "/fapi/v1/userTrades", symbol="BTCUSDT")
    # 600.012 * 0.0005 * 0.9 / 500
    assert (trade["commission"], trade["commissionAsset"]) == ("0.00054001", "BNB")
    (paid,) = rich.call("GET", "/fapi/v1/income", incomeType="COMMISSION")
    assert (paid["income"], paid["asset"]) == ("-0.00054001", "BNB")
    assert (rich.raw()["wallet"], rows(rich)["BNB"]["balance"]) == ("1000", "1.99945999")


def test_fees_are_paid_in_usdt_once_bnb_runs_out(rich: Trader):
    rich.call("POST", FEE_BURN, feeBurn="true")
    give(rich, "BNB", "-1.9995")
    rich.market("BUY", "0.01")
    (trade,) = rich.call("GET", "/fapi/v1/userTrades", symbol="BTCUSDT")
    assert (trade["commission"], trade["commissionAsset"]) == ("0.30000600", "USDT")


def test_what_may_be_taken_out_is_told_in_all_and_per_asset(rich: Trader):
    answer = rich.call("GET", "/fapi/v1/pmAccountInfo", asset="BNB")
    assert answer == {"maxWithdrawAmountUSD": "2100.00000000", "asset": "BNB", "maxWithdrawAmount": "2.00000000"}
    assert rich.code("GET", "/fapi/v1/pmAccountInfo", asset="DOGE") == -1126


def test_the_legacy_account_shows_every_symbol_with_its_choices(btc: Trader):
    btc.market("BUY", "0.01")
    account = btc.call("GET", "/fapi/v2/account")
    assert (account["canTrade"], account["canWithdraw"], account["feeTier"]) == (True, False, 0)
    assert len(account["positions"]) == 6
    row = account["positions"][0]
    shown = {name: row[name] for name in ("symbol", "leverage", "isolated", "entryPrice", "maxNotional")}
    assert shown == {"symbol": "BTCUSDT", "leverage": "20", "isolated": False, "entryPrice": "60001.2",
                     "maxNotional": "100000000"}  # fmt: skip


def test_the_account_config_tells_what_the_key_may_do(btc: Trader):
    wish = {"account_id": btc.key["account_id"], "permissions": {"enableFutures": False, "enableWithdrawals": True}}
    btc.key = btc.control("keys", wish)
    config = btc.call("GET", "/fapi/v1/accountConfig")
    assert (config["canTrade"], config["canDeposit"], config["canWithdraw"]) == (False, True, True)


def test_the_trading_status_counts_the_last_ten_minutes(btc: Trader):
    assert btc.call("GET", "/fapi/v1/apiTradingStatus") == {"indicators": {}, "updateTime": START_MS}
    btc.market("BUY", "0.01")
    order = btc.call("POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC",
                     price="59000", quantity="0.01")  # fmt: skip
    btc.call("DELETE", "/fapi/v1/order", symbol="BTCUSDT", orderId=order["orderId"])
    told = btc.call("GET", "/fapi/v1/apiTradingStatus")["indicators"]["BTCUSDT"]
    assert {row["indicator"]: row["value"] for row in told} == {"UFR": 0.5, "IFER": 0.0, "GCR": 0.5, "DR": 0.0}
    btc.clock.now_ms += 601_000
    assert btc.call("GET", "/fapi/v1/apiTradingStatus", symbol="BTCUSDT")["indicators"] == {}
