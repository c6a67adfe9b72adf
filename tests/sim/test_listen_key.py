"""Listen keys: made, extended, closed, expired."""

from __future__ import annotations

from pathlib import Path

from nof1web.sim.state import open_state
from tests.sim.face import Trader, trader
from tests.sim.listening import listen, names

PATH = "/fapi/v1/listenKey"
MINUTE_MS = 60_000


def ask(face: Trader, method: str, **params: str):
    """The answer to a call with the key's header and nothing else."""
    headers = {"X-MBX-APIKEY": face.key["api_key"]}
    return face.client.open(PATH, method=method, query_string=params, headers=headers)


def later(face: Trader, minutes: int) -> None:
    """So much later."""
    face.clock.now_ms += minutes * MINUTE_MS
    face.world.streams.age(face.clock.now_ms)


def test_a_listen_key_needs_no_signature_and_costs_weight_1(btc: Trader):
    answer = ask(btc, "POST")
    assert len(answer.json["listenKey"]) == 64
    assert answer.headers["X-MBX-USED-WEIGHT-1M"] == "1"


def test_a_listen_key_needs_an_api_key(btc: Trader):
    assert btc.client.post(PATH).json["code"] in (-2014, -2015)


def test_asking_again_gives_the_same_key_for_another_hour(btc: Trader):
    key = ask(btc, "POST").json["listenKey"]
    later(btc, 40)
    assert ask(btc, "POST").json["listenKey"] == key
    later(btc, 40)
    assert ask(btc, "PUT").json == {"listenKey": key}


def test_extending_gives_another_hour(btc: Trader):
    key = ask(btc, "POST").json["listenKey"]
    for _ in range(4):
        later(btc, 50)
        assert ask(btc, "PUT").json == {"listenKey": key}


def test_an_hour_ends_it_and_the_next_one_is_new(btc: Trader):
    key = ask(btc, "POST").json["listenKey"]
    later(btc, 60)
    assert ask(btc, "PUT").json["code"] == -1125
    assert ask(btc, "POST").json["listenKey"] != key


def test_extending_or_closing_what_was_never_opened_is_refused(btc: Trader):
    assert [ask(btc, method).json["code"] for method in ("PUT", "DELETE")] == [-1125, -1125]
    assert "recreate `listenKey`" in ask(btc, "PUT").json["msg"]


def test_a_key_that_is_named_has_to_be_the_accounts(btc: Trader):
    key = ask(btc, "POST").json["listenKey"]
    assert ask(btc, "PUT", listenKey="x" * 64).json["code"] == -1125
    assert ask(btc, "PUT", listenKey=key).json == {"listenKey": key}


def test_closing_tells_whoever_listens_and_lets_go(btc: Trader):
    listener = listen(btc)
    assert ask(btc, "DELETE").json == {}
    assert (names(listener.take()), listener.ending) == (["listenKeyExpired"], "goodbye")
    assert ask(btc, "PUT").json["code"] == -1125


def test_expiry_tells_whoever_listens_and_lets_go(btc: Trader):
    listener = listen(btc)
    key = ask(btc, "POST").json["listenKey"]
    later(btc, 60)
    told = {"e": "listenKeyExpired", "E": btc.clock(), "listenKey": key}
    assert (listener.take(), listener.ending) == ([told], "goodbye")


def test_expiry_is_not_told_to_whom_wants_other_events(btc: Trader):
    listener = listen(btc, frozenset({"ORDER_TRADE_UPDATE"}))
    later(btc, 60)
    assert (listener.take(), listener.ending) == ([], "goodbye")


def test_all_keys_of_an_account_share_its_listen_key(btc: Trader):
    mine, first = ask(btc, "POST").json, dict(btc.key)
    btc.key = btc.control("keys", {"account_id": first["account_id"]})
    assert ask(btc, "POST").json == mine
    btc.key = btc.control("keys", {})
    assert ask(btc, "POST").json != mine


def test_a_restart_forgets_listen_keys(tmp_path: Path):
    face = trader(store=open_state(tmp_path))
    ask(face, "POST")
    again = trader(store=open_state(tmp_path))
    again.key = face.key
    assert ask(again, "PUT").json["code"] == -1125
