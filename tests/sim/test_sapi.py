"""The spot host: key permissions, master and sub accounts, portfolio margin (binance.md §4.5)."""

from __future__ import annotations

import pytest

from tests.sim.face import Trader

SUB = "/sapi/v1/sub-account"


def sub_of(face: Trader) -> dict[str, str]:
    made: dict[str, str] = face.control("keys", {"sub_of": face.key["account_id"], "balance": "50"})
    return made


def test_restrictions_are_the_documented_fields_and_no_others(btc: Trader):
    answer = btc.call("GET", "/sapi/v1/account/apiRestrictions")
    assert list(answer) == [
        "ipRestrict", "createTime", "enableReading", "enableWithdrawals", "enableInternalTransfer", "enableMargin",
        "enableFutures", "permitsUniversalTransfer", "enableVanillaOptions", "enableFixApiTrade", "enableFixReadOnly",
        "enableSpotAndMarginTrading", "enablePortfolioMarginTrading",
    ]  # fmt: skip
    assert answer["createTime"] == btc.clock.now_ms and answer["enableFutures"] is True


def test_a_master_lists_its_sub_accounts(btc: Trader):
    assert btc.call("GET", f"{SUB}/list") == {"subAccounts": []}
    sub_of(btc)
    listed = btc.call("GET", f"{SUB}/list")["subAccounts"]
    assert [row["email"] for row in listed] == [row["email"] for row in btc.call("GET", f"{SUB}/status")]
    assert len(listed) == 1


@pytest.mark.parametrize("path", ["list", "status"])
def test_a_sub_account_is_no_master(btc: Trader, path: str):
    btc.key = sub_of(btc)
    answer = btc.signed("GET", f"{SUB}/{path}")
    assert (answer.status_code, answer.json["code"]) == (400, -10038)


def test_only_a_sub_account_has_a_history_of_transfers(btc: Trader):
    assert btc.signed("GET", f"{SUB}/transfer/subUserHistory").status_code == 400
    btc.key = sub_of(btc)
    rows = btc.call("GET", f"{SUB}/transfer/subUserHistory")
    assert [(row["type"], row["asset"], row["qty"], row["status"]) for row in rows] == [(1, "USDT", "50", "SUCCESS")]


def test_a_sub_account_has_no_sub_accounts(btc: Trader):
    assert "error" in btc.control("keys", {"sub_of": sub_of(btc)["account_id"]})


def test_the_uid_is_the_accounts_whatever_the_key(btc: Trader):
    first = btc.call("GET", "/api/v3/account")["uid"]
    btc.key = btc.control("keys", {"account_id": btc.key["account_id"]})
    assert btc.call("GET", "/api/v3/account")["uid"] == first
    btc.key = btc.control("keys", {})
    assert btc.call("GET", "/api/v3/account")["uid"] not in (0, first)


def test_portfolio_margin_shows_and_shuts_futures(btc: Trader):
    assert btc.call("GET", "/sapi/v1/account/info")["isPortfolioMarginRetailEnabled"] is False
    btc.key = btc.control("keys", {"portfolio_margin": True})
    assert btc.call("GET", "/sapi/v1/account/info")["isPortfolioMarginRetailEnabled"] is True
    answer = btc.call("GET", "/fapi/v3/account")
    assert (answer["code"], "portfolio margin" in answer["msg"]) == (-2015, True)


def test_the_arena_keeps_the_rest_of_the_area(btc: Trader):
    assert "accountTotals" in btc.client.get("/api/account-totals").json
    assert btc.client.get("/api/v3/account").json["code"] == -2014


def test_the_spot_host_counts_weight_for_itself(btc: Trader):
    answer = btc.signed("GET", f"{SUB}/status")
    assert answer.headers["X-SAPI-USED-IP-WEIGHT-1M"] == "10" and "X-MBX-USED-WEIGHT-1M" not in answer.headers
    assert btc.signed("GET", "/fapi/v1/ping").headers["X-MBX-USED-WEIGHT-1M"] == "1"
