"""Who hears which events, and who stops hearing."""

from __future__ import annotations

from nof1web.sim import stream
from tests.sim.face import START_MS, Trader
from tests.sim.listening import listen, names


def test_a_wrapped_event_names_its_listen_key(btc: Trader):
    heard = listen(btc, combined=True)
    btc.market("BUY", "0.01")
    first = heard.take()[0]
    assert (first["stream"], first["data"]["e"]) == (*heard.names, "ORDER_TRADE_UPDATE")


def test_only_the_wanted_events_arrive(btc: Trader):
    heard = listen(btc, frozenset({"ACCOUNT_UPDATE", "ALGO_UPDATE"}))
    btc.market("BUY", "0.01")
    assert names(heard.take()) == ["ACCOUNT_UPDATE ORDER"]


def test_everybody_who_listens_hears_the_same(btc: Trader):
    first, second = listen(btc), listen(btc)
    btc.market("BUY", "0.01")
    assert first.take() == second.take() != []


def test_one_account_hears_nothing_of_another(btc: Trader):
    heard = listen(btc)
    btc.key = btc.control("keys", {})
    btc.market("BUY", "0.01")
    assert heard.take() == []


def test_nothing_is_made_when_nobody_listens(btc: Trader):
    heard = listen(btc)
    btc.world.streams.leave(heard)
    btc.market("BUY", "0.01")
    ledger = btc.world.exchange.ledger
    assert (ledger.watched, ledger.events, heard.take()) == (set(), [], [])


def test_a_muted_stream_loses_what_happens_meanwhile(btc: Trader):
    heard = listen(btc)
    btc.control("stream", {"mute": btc.key["account_id"], "seconds": 60})
    btc.market("BUY", "0.01")
    btc.clock.now_ms += 60_000
    btc.market("SELL", "0.01")
    assert [each["o"]["S"] for each in heard.take() if each["e"] == "ORDER_TRADE_UPDATE"] == ["SELL", "SELL"]


def test_a_dropped_stream_is_cut_and_its_listen_key_stays(btc: Trader):
    heard = listen(btc)
    assert btc.control("stream", {"drop": btc.key["account_id"]}) == {"dropped": 1}
    assert heard.ending == "cut"
    assert btc.client.put("/fapi/v1/listenKey", headers={"X-MBX-APIKEY": btc.key["api_key"]}).json["listenKey"]


def test_a_senseless_wish_is_told(btc: Trader):
    assert "drop or mute" in btc.control("stream", {})["error"]
    assert "error" in btc.control("stream", {"drop": "nobody"})


def test_who_lets_too_much_wait_is_cut_off(btc: Trader, monkeypatch):
    monkeypatch.setattr(stream, "QUEUE_LENGTH", 10)
    slow, fast = listen(btc), listen(btc)
    for _ in range(5):
        btc.market("BUY", "0.002")
        assert fast.take()
    assert (slow.ending, fast.ending, len(slow.waiting)) == ("cut", "", 0)


def test_a_connection_ends_after_a_day(btc: Trader):
    heard, streams = listen(btc), btc.world.streams
    day_ms = 24 * 3_600_000
    for now_ms in range(START_MS, START_MS + day_ms, 1_800_000):
        streams.open_key(btc.key["account_id"], now_ms=now_ms)
        streams.age(now_ms)
    assert heard.ending == ""
    streams.age(START_MS + day_ms)
    assert heard.ending == "goodbye"


def test_what_came_before_a_key_expired_is_heard_and_nothing_after(btc: Trader):
    heard, exchange, name = listen(btc), btc.world.exchange, btc.key["account_id"]
    for minute in (59, 61):
        exchange.set_leverage(name, "BTCUSDT", minute, now_ms=START_MS + minute * 60_000)
    btc.world.streams.age(START_MS + 120 * 60_000)
    told = heard.take()
    assert names(told) == ["ACCOUNT_CONFIG_UPDATE", "listenKeyExpired"]
    assert (told[0]["ac"]["l"], told[1]["E"]) == (59, START_MS + 60 * 60_000)
