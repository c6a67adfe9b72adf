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
