"""Keys, signatures and time (binance.md §2)."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from nof1web.sim.keys import ApiKey
from nof1web.sim.refusal import Refusal
from nof1web.sim.signing import check_signature, sign
from tests.sim.face import START_MS, Trader

# The official documentation's own example, in two halves so that no scanner takes it for a real key.
OFFICIAL_KEY = "2b5eb11e18796d12d88f13dc27dbbd02" + "c2cc51ff7059765ed9821957d82bb4d9"
FORM = "application/x-www-form-urlencoded"
PAYLOAD = (
    "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943"
)
KEY = ApiKey("k", "a1", 0, {}, api_secret=OFFICIAL_KEY)
SIGNATURE = "3c661234138461fcc7a7d8746c6558c9" + "842d4e10870d2ecbedf7777cad694af9"


def test_the_official_vector_holds():
    assert sign(OFFICIAL_KEY, PAYLOAD) == SIGNATURE


def test_query_and_body_are_signed_without_anything_between_them():
    signature = sign(OFFICIAL_KEY, "a=1b=2")
    check_signature(KEY, "a=1", f"b=2&signature={signature}")
    check_signature(KEY, f"a=1&signature={signature.upper()}", "b=2")


def test_a_signature_that_is_not_last_is_refused():
    with pytest.raises(Refusal) as refused:
        check_signature(KEY, f"signature={sign(OFFICIAL_KEY, 'a=1')}&a=1", "")
    assert refused.value.code == -1022


def test_a_wrong_signature_is_refused(btc: Trader):
    btc.key["api_secret"] = "x" * 64
    answer = btc.signed("GET", "/fapi/v3/account")
    assert (answer.status_code, answer.json["code"]) == (400, -1022)


@pytest.mark.parametrize(("key", "code"), [("", -2014), ("short", -2014), ("é" * 64, -2014), ("A" * 64, -2015)])
def test_a_malformed_key_differs_from_an_unknown_one(btc: Trader, key: str, code: int):
    answer = btc.client.get("/fapi/v3/account?timestamp=1&signature=0", headers={"X-MBX-APIKEY": key})
    assert (answer.status_code, answer.json["code"]) == (401, code)


@pytest.mark.parametrize(
    ("skew_ms", "window", "code"),
    [
        (999, 5000, 0),
        (1000, 5000, -1021),
        (-5000, 5000, 0),
        (-5001, 5000, -1021),
        (-59_999, 60_000, 0),
        (0, 60_001, -1131),
    ],
)
def test_the_time_rule_is_kept_to_the_millisecond(btc: Trader, skew_ms: int, window: int, code: int):
    assert btc.code("GET", "/fapi/v3/account", timestamp=START_MS + skew_ms, recvWindow=window) == code


def test_missing_time_and_signature_are_named(btc: Trader):
    assert btc.call("GET", "/fapi/v3/account", timestamp="")["msg"].startswith("Mandatory parameter 'timestamp'")
    unsigned = f"/fapi/v3/account?timestamp={START_MS}"
    answer = btc.client.get(unsigned, headers={"X-MBX-APIKEY": btc.key["api_key"]}).json
    assert (answer["code"], "signature" in answer["msg"]) == (-1102, True)


def test_a_parameter_sent_twice_is_refused(btc: Trader):
    assert btc.client.get("/fapi/v1/premiumIndex?symbol=BTCUSDT&symbol=ETHUSDT").json["code"] == -1101


def test_a_form_body_counts_and_the_query_wins(btc: Trader):
    query = f"symbol=ETHUSDT&leverage=7&timestamp={START_MS}"
    body = "leverage=9&signature=" + sign(btc.key["api_secret"], query + "leverage=9")
    headers = {"X-MBX-APIKEY": btc.key["api_key"]}
    answer = btc.client.post(f"/fapi/v1/leverage?{query}", data=body, headers=headers)
    assert answer.json["leverage"] == 7


def test_a_key_without_futures_reads_but_does_not_trade(btc: Trader):
    btc.key = btc.control("keys", {"permissions": {"enableFutures": False}})
    assert btc.code("GET", "/fapi/v3/account") == 0
    assert btc.market("BUY", "0.001")["code"] == -2015


def raw(face: Trader, path: str, method: str = "GET", **kwargs: Any) -> TestResponse:
    return face.client.open(path, method=method, headers={"X-MBX-APIKEY": face.key["api_key"]}, **kwargs)


def test_the_engine_looks_at_the_window_again_after_a_wait(btc: Trader):
    btc.control("faults", {"path": "/fapi/v1/order", "method": "POST", "kind": "slow", "seconds": "9"})
    assert btc.market("BUY", "0.001", recvWindow=8000)["code"] == -5028
    assert btc.slept == [9] and btc.positions() == {}


def test_who_is_still_in_time_at_the_engine_is_executed(btc: Trader):
    btc.control("faults", {"path": "/fapi/v1/order", "method": "POST", "kind": "slow", "seconds": "9"})
    assert btc.market("BUY", "0.001", recvWindow=9000)["status"] == "FILLED"


def test_the_engine_has_no_window_for_anything_but_orders(btc: Trader):
    btc.control("faults", {"path": "/fapi/v1/leverage", "kind": "slow", "seconds": "9"})
    assert btc.code("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=3) == 0


@pytest.mark.parametrize("value", ["abc", "-5", "1.5", "9" * 21])
def test_a_timestamp_that_is_no_number_is_named(btc: Trader, value: str):
    answer = btc.signed("GET", "/fapi/v3/account", timestamp=value)
    assert (answer.status_code, answer.json["code"], "timestamp" in answer.json["msg"]) == (400, -1100, True)


@pytest.mark.parametrize(
    ("query", "code"),
    [("symbol=%ff%fe", -1100), ("symbol=BTC%00USDT", -1100), ("symbol=%C3%A9", -1121), ("symbol=", -1105)],
)
def test_odd_characters_are_refused_and_never_an_error_of_ours(btc: Trader, query: str, code: int):
    answer = btc.client.get(f"/fapi/v1/premiumIndex?{query}")
    assert (answer.status_code, answer.json["code"]) == (400, code)


def test_a_query_with_unencoded_bytes_is_refused(btc: Trader):
    answer = btc.client.get("/fapi/v1/premiumIndex", environ_overrides={"QUERY_STRING": "symbol=\xe9"})
    assert answer.json["code"] == -1100


def test_thousands_of_parameters_are_too_many(btc: Trader):
    query = "&".join(f"p{n}=1" for n in range(1000))
    assert btc.client.get(f"/fapi/v1/ping?{query}").json["code"] == -1101


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PATCH", "TRACE", "get", "PUT"])
def test_a_verb_a_path_does_not_know_is_not_found(btc: Trader, method: str):
    answer = raw(btc, "/fapi/v3/account", method)
    assert answer.status_code == 404 and answer.headers["X-MBX-USED-WEIGHT-1M"] == "1"
    assert (answer.data == b"") is (method == "HEAD")


@pytest.mark.parametrize("length", ["-1", "1e3", "abc", "\u0663", "99999999999", "1000001"])
def test_a_length_that_is_none_or_too_large_is_refused(btc: Trader, length: str):
    for path in ("/fapi/v1/order", "/sim/keys", "/keys"):
        answer = btc.client.post(path, environ_overrides={"CONTENT_LENGTH": length, "CONTENT_TYPE": "text/plain"})
        assert (answer.status_code, answer.json["code"]) in ((400, -1100), (413, -1101))


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_a_body_that_is_no_form_is_not_read(btc: Trader, content_type: str):
    query = f"symbol=BTCUSDT&timestamp={START_MS}"
    body = "leverage=9&signature=" + sign(btc.key["api_secret"], query + "leverage=9")
    answer = raw(btc, f"/fapi/v1/leverage?{query}", "POST", data=body, content_type=content_type)
    assert answer.json["code"] == -1102


def test_a_body_does_not_count_with_get(btc: Trader):
    body = f"timestamp={START_MS}&signature=" + sign(btc.key["api_secret"], f"timestamp={START_MS}")
    assert raw(btc, "/fapi/v3/account", data=body, content_type=FORM).json["code"] == -1102


def test_names_and_values_are_taken_as_written(btc: Trader):
    lower = btc.market("buy", "0.001")
    assert lower["code"] == -1117
    assert btc.code("GET", "/fapi/v1/order", Symbol="BTCUSDT", orderId=1) == -1102


def test_a_listen_key_needs_the_header_only(btc: Trader):
    assert "listenKey" in raw(btc, "/fapi/v1/listenKey", "POST").json
    assert btc.client.post("/fapi/v1/listenKey").json["code"] == -2014
