"""The control endpoints: faults, the request log, who may use them."""

from __future__ import annotations

import pytest

from nof1web.sim.http import AnswerLost
from tests.sim.face import Trader

ORDER = "/fapi/v1/order"


def test_a_lost_answer_hides_an_order_that_was_executed(btc: Trader):
    btc.control("faults", {"path": ORDER, "method": "POST", "kind": "lose_answer"})
    with pytest.raises(AnswerLost):
        btc.market("BUY", "0.001")
    assert btc.positions() == {"BTCUSDT BOTH": "0.0010"}


def test_a_reset_before_execution_leaves_nothing_behind(btc: Trader):
    btc.control("faults", {"path": ORDER, "kind": "reset_before"})
    with pytest.raises(AnswerLost):
        btc.market("BUY", "0.001")
    assert btc.positions() == {}


@pytest.mark.parametrize(("executed", "positions"), [(True, {"BTCUSDT BOTH": "0.0010"}), (False, {})])
def test_an_unknown_outcome_can_go_both_ways(btc: Trader, executed: bool, positions: dict[str, str]):
    btc.control("faults", {"path": ORDER, "kind": "http_503_unknown", "executed": executed})
    answer = btc.signed("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.001")
    assert (answer.status_code, answer.json["msg"].startswith("Unknown error")) == (503, True)
    assert btc.positions() == positions


def test_a_rejection_is_used_up_after_its_count(btc: Trader):
    btc.control("faults", {"path": ORDER, "kind": "reject", "code": -1008, "count": 2})
    assert [btc.market("BUY", "0.001").get("code") for _ in range(3)] == [-1008, -1008, None]


def test_a_slow_answer_waits_and_still_comes(btc: Trader):
    btc.control("faults", {"path": ORDER, "kind": "slow", "seconds": "1.5"})
    assert btc.market("BUY", "0.001")["status"] == "FILLED"
    assert btc.slept == [1.5]


def test_faults_are_listed_until_they_are_used_up(btc: Trader):
    btc.control("faults", {"path": ORDER, "kind": "slow", "api_key": btc.key["api_key"]})
    assert [each["kind"] for each in btc.client.get("/sim/faults").json] == ["slow"]
    btc.market("BUY", "0.001")
    assert btc.client.get("/sim/faults").json == []


def test_an_odd_fault_is_refused(btc: Trader):
    assert "error" in btc.control("faults", {"path": ORDER, "kind": "explode"})


def test_the_log_shows_who_signed_what_and_never_a_secret(btc: Trader):
    btc.market("BUY", "0.001", newClientOrderId="mine")
    btc.market("BUY", "9", newClientOrderId="greedy")
    entries = btc.client.get("/sim/log?after=0").json
    assert [(e["key"], e["signed"], e["status"], e["code"], e["client_id"]) for e in entries] == [
        (btc.key["api_key"][:6], True, 200, 0, "mine"),
        (btc.key["api_key"][:6], True, 400, -2019, "greedy"),
    ]
    assert btc.key["api_secret"] not in str(entries)
    assert btc.client.get(f"/sim/log?after={entries[0]['n']}").json == entries[1:]


@pytest.mark.parametrize(
    "wish", [{"BTCUSDT": "-1"}, {"BTCUSDT": "NaN"}, {"BTCUSDT": "0"}, {"NOPE": "1"}, {"BTCUSDT": "1", "NOPE": "1"}]
)
def test_an_odd_price_moves_nothing(btc: Trader, wish: dict[str, str]):
    assert "error" in btc.control("prices", wish)
    assert btc.client.get("/fapi/v1/premiumIndex?symbol=BTCUSDT").json["markPrice"] == "60000.00000000"


def test_only_this_machine_may_use_them(btc: Trader):
    elsewhere = btc.client.post("/sim/keys", json={}, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert elsewhere.status_code == 403


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:8001", None, 200),
        ("[::1]:8001", None, 200),
        ("localhost", "http://localhost", 200),
        ("127.0.0.1:8001", "http://127.0.0.1:8001", 200),
        ("127.0.0.1:8001", "http://127.0.0.1:8000", 403),
        ("127.0.0.1:8001", "null", 403),
        ("127.0.0.1:8001", "http://elsewhere.example", 403),
        ("rebound.example:8001", "http://rebound.example:8001", 403),
        ("rebound.example:8001", None, 403),
        ("127.0.0.1.rebound.example", None, 403),
        ("[", None, 403),
    ],
)
def test_a_page_of_another_site_gets_no_key(btc: Trader, host: str, origin: str | None, status: int):
    headers = {"Host": host} | ({"Origin": origin} if origin else {})
    controls = btc.client.post("/sim/keys", json={}, headers=headers)
    form = btc.client.post("/keys", data={"balance": "100"}, headers=headers)
    log = btc.client.get("/sim/log", headers=headers)
    assert (controls.status_code, form.status_code, log.status_code) == (status, status, status)


def test_a_second_key_opens_the_same_account(btc: Trader):
    btc.market("BUY", "0.001")
    btc.key = btc.control("keys", {"account_id": btc.key["account_id"], "permissions": {"enableWithdrawals": True}})
    assert btc.positions() == {"BTCUSDT BOTH": "0.0010"}
    restrictions = btc.call("GET", "/sapi/v1/account/apiRestrictions")
    assert (restrictions["enableWithdrawals"], restrictions["enableFutures"]) == (True, True)


def test_an_unknown_path_of_the_exchange_is_named(btc: Trader):
    answer = btc.client.get("/fapi/v1/nope")
    assert (answer.status_code, answer.json["code"]) == (404, -5000)


def test_money_goes_in_and_out_by_hand(btc: Trader):
    account = btc.key["account_id"]
    assert btc.control("deposit", {"account_id": account, "amount": "50"})["balance"] == "1050"
    assert btc.control("deposit", {"account_id": account, "amount": "-1050"})["balance"] == "0"
    assert btc.control("deposit", {"account_id": account, "amount": "2", "asset": "BNB"})["balance"] == "2"
    assert btc.control("deposit", {"account_id": account, "amount": "-1"})["code"] == -2018
    assert "error" in btc.control("deposit", {"account_id": account})


def test_mark_and_last_can_part(btc: Trader):
    btc.control("prices", {"BTCUSDT": {"mark": "61000"}, "ETHUSDT": {"mark": "3000", "last": "2990"}})
    quotes = btc.world.exchange.market.quotes
    assert [str(price) for price in (quotes["BTCUSDT"].mark, quotes["BTCUSDT"].last)] == ["61000", "60000"]
    assert [str(price) for price in (quotes["ETHUSDT"].mark, quotes["ETHUSDT"].last)] == ["3000", "2990"]
    assert "error" in btc.control("prices", {"BTCUSDT": {"bid": "1"}})


def test_a_thin_book_fills_less(btc: Trader):
    assert btc.control("market", {"depth": "0.00001"})["depth"] == "0.00001"
    assert btc.market("BUY", "0.1")["status"] == "EXPIRED"


def test_symbols_can_be_restricted_and_delisted(btc: Trader):
    btc.market("BUY", "0.001")
    assert btc.control("symbols", {"BTCUSDT": {"control": "BOTH"}})["BTCUSDT"]["control"] == "BOTH"
    assert btc.market("BUY", "0.001")["code"] == -4105
    btc.control("symbols", {"delist": "BTCUSDT"})
    assert btc.positions() == {} and btc.market("BUY", "0.001")["code"] < 0
    assert "error" in btc.control("symbols", {"BTCUSDT": {"status": "OPEN"}})
    assert "error" in btc.control("symbols", {"BTCUSDT": "TRADING"})


def test_a_position_can_be_deleveraged_away(btc: Trader):
    btc.market("BUY", "0.001")
    wish = {"account_id": btc.key["account_id"], "symbol": "BTCUSDT", "price": "50000"}
    assert "error" not in btc.control("adl", wish) and btc.positions() == {}
    assert btc.control("adl", wish)["code"] == -2024


def test_a_user_meddles_by_hand_without_a_key(btc: Trader):
    account = {"account_id": btc.key["account_id"]}
    wish = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": 0.001}
    limit = {**wish, "type": "LIMIT", "timeInForce": "GTC", "price": 59000}
    resting = btc.control("orders", {**account, "place": limit})
    assert btc.control("orders", {**account, "cancel": resting["orderId"]})["status"] == "CANCELED"
    btc.control("orders", {**account, "place": wish})
    stop = {**wish, "type": "STOP_MARKET", "side": "SELL", "triggerPrice": "50000", "reduceOnly": True}
    algo = btc.control("orders", {**account, "place": stop})
    assert btc.control("orders", {**account, "cancel_algo": algo["algoId"]})["algoStatus"] == "CANCELED"
    assert btc.positions() == {"BTCUSDT BOTH": "0.0010"}
    assert [row["reduceOnly"] for row in btc.control("orders", {**account, "close": "BTCUSDT"})] == [True]
    assert btc.positions() == {} and "error" in btc.control("orders", account)


def test_accounts_are_listed_page_by_page(btc: Trader):
    made = [btc.control("keys", {})["account_id"] for _ in range(4)]
    page = btc.client.get("/sim/accounts?limit=3").json
    assert [row["account_id"] for row in page["accounts"]] == ["a1", *made[:2]] and page["after"] == made[1]
    rest = btc.client.get(f"/sim/accounts?limit=3&after={page['after']}").json
    assert [row["account_id"] for row in rest["accounts"]] == made[2:] and rest["after"] == ""


@pytest.mark.parametrize("path", ["deposit", "symbols", "adl", "orders", "faults", "keys/x"])
def test_meddling_is_for_this_machine_only(btc: Trader, path: str):
    elsewhere = btc.client.post(f"/sim/{path}", json={}, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert elsewhere.status_code == 403
