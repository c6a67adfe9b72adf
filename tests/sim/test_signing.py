"""Keys, signatures and time (binance.md §2)."""

from __future__ import annotations

import pytest

from nof1web.sim.refusal import Refusal
from nof1web.sim.signing import check_signature, sign
from tests.sim.face import START_MS, Trader

# The official documentation's own example, in two halves so that no scanner takes it for a real key.
OFFICIAL_KEY = "2b5eb11e18796d12d88f13dc27dbbd02" + "c2cc51ff7059765ed9821957d82bb4d9"
PAYLOAD = (
    "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943"
)
SIGNATURE = "3c661234138461fcc7a7d8746c6558c9" + "842d4e10870d2ecbedf7777cad694af9"


def test_the_official_vector_holds():
    assert sign(OFFICIAL_KEY, PAYLOAD) == SIGNATURE


def test_query_and_body_are_signed_without_anything_between_them():
    signature = sign(OFFICIAL_KEY, "a=1b=2")
    check_signature(OFFICIAL_KEY, "a=1", f"b=2&signature={signature}")
    check_signature(OFFICIAL_KEY, f"a=1&signature={signature.upper()}", "b=2")


def test_a_signature_that_is_not_last_is_refused():
    with pytest.raises(Refusal) as refused:
        check_signature(OFFICIAL_KEY, f"signature={sign(OFFICIAL_KEY, 'a=1')}&a=1", "")
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
