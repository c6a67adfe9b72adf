"""What sources sent, word for word: packed, kept once, dropped after its time, and where a replay can begin."""

from __future__ import annotations

import hashlib
import json
import zlib
from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.readings import Account, Seen
from nof1web.core.trades import Trade
from nof1web.services.stores import Recorded
from tests.adapters.store.examples import NOW, SECOND, a_signal

DAY = timedelta(days=1)


def payload(number):
    marks = [hashlib.sha256(bytes([each])).hexdigest() for each in range(40)]
    rows = [{"id": mark, "equity": each * 1000 + number} for each, mark in enumerate(marks)]
    return json.dumps(rows).encode()


def kept(market, source="nof1"):
    return list(market.recordings.between(source, NOW - DAY, NOW + DAY))


def test_reads_come_back_in_order_as_they_went_in(market):
    reads = [Recorded(NOW + number * SECOND, payload(number)) for number in range(700)]
    reads += [Recorded(NOW + 700 * SECOND, None, again=True), Recorded(NOW + 701 * SECOND, None)]
    for each in reads:
        market.recordings.put("nof1", each)
    assert kept(market) == reads and kept(market, "hyperliquid") == []


def test_the_same_payload_is_kept_once_by_its_hash(market):
    for number in range(3):
        market.recordings.put("nof1", Recorded(NOW + number * SECOND, payload(0)))
    rows = market._file.rows("SELECT hash FROM payloads")
    assert [row["hash"] for row in rows] == [hashlib.sha256(payload(0)).digest()] and len(kept(market)) == 3


def test_payloads_that_resemble_each_other_take_little_room(market):
    for number in range(50):
        market.recordings.put("nof1", Recorded(NOW + number * SECOND, payload(number)))
    [row] = market._file.rows("SELECT sum(length(body)) AS size FROM payloads")
    assert row["size"] < 50 * len(zlib.compress(payload(0), 6)) / 2


def test_what_is_old_is_dropped_but_not_what_the_rest_is_packed_with(market):
    for number in range(3):
        market.recordings.put("nof1", Recorded(NOW + number * SECOND, payload(number)))
    assert market.recordings.forget(NOW + 2 * SECOND) == 2
    assert kept(market) == [Recorded(NOW + 2 * SECOND, payload(2))]
    market.recordings.put("nof1", Recorded(NOW + 3 * SECOND, payload(3)))
    assert market.recordings.forget(NOW + DAY) == 2 and kept(market) == []
    for _ in range(2):
        market.recordings.forget(NOW + DAY)
    market.recordings.put("nof1", Recorded(NOW + 4 * SECOND, payload(4)))
    assert kept(market) == [Recorded(NOW + 4 * SECOND, payload(4))]


def test_a_checkpoint_comes_back_whole(market):
    seen = Seen("nof1", {"gpt": a_signal()}, {"gpt": Account("gpt@2026-11-01", NOW)}, failures=2)
    market.recordings.checkpoint(NOW, seen)
    assert market.recordings.seen_at("nof1", NOW + SECOND) == (NOW, seen)
    assert market.recordings.seen_at("nof1", NOW - SECOND) is None
    assert market.recordings.last_checkpoint_at("nof1") == NOW


def test_a_trade_closed_twice_is_kept_with_its_last_close(market):
    first = Trade("BTCUSDT", "71", Decimal(1), Decimal(100), Decimal(101), 10, NOW, NOW + SECOND)
    last = Trade("BTCUSDT", "71", Decimal(1), Decimal(100), Decimal(99), 10, NOW, NOW + 9 * SECOND)
    market.trades.put("nof1", "gpt", {"BTCUSDT": "101"}, [first])
    market.trades.put("nof1", "gpt", {}, [last])
    assert market.trades.all("nof1", "gpt") == (last,) and market.trades.marks("nof1", "gpt") == {}


def test_addresses_are_read_in_the_order_they_were_added(market):
    for seconds, address in enumerate(("0xb", "0xa", "0xb")):
        market.leaders.add("hyperliquid", address, NOW + seconds * SECOND)
    assert market.leaders.all("hyperliquid") == ("0xb", "0xa")
    market.leaders.remove("hyperliquid", "0xb")
    assert market.leaders.all("hyperliquid") == ("0xa",)


def test_what_was_told_is_remembered(market):
    market.health_told.put("nof1", {"": "live", "gpt": "stale"})
    market.health_told.put("nof1", {"": "ended"})
    assert market.health_told.health("nof1") == {"": "ended", "gpt": "stale"}


@pytest.mark.parametrize("seconds", [0, 1])
def test_an_hour_is_known_by_its_last_equity_and_the_first_of_all(market, seconds):
    start = NOW.replace(minute=0, second=0, microsecond=0)
    for minutes in (5, 30, 59, 61, 150):
        at = start + timedelta(minutes=minutes)
        market.put_signals([a_signal(recorded_at=at, read_at=at, equity=Decimal(minutes))])
    hours = market.equity_hours("nof1", "gpt", start - seconds * SECOND)
    assert [int(equity) for _, equity in hours] == [5, 59, 61, 150]
