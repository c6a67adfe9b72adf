"""Reading the arena over HTTP: pages, ETags, and answers that are none."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from nof1web.adapters.feeds.nof1 import Nof1Feed
from nof1web.errors import FeedError, Transient
from tests.adapters.binance.host import Host, Reply, free_port, running_host

PATH = "GET /api/account-totals"
SERVER_MS = 1_761_452_345_542
JSON = {"Content-Type": "application/json; charset=utf-8"}
ROW = {
    "id": "gpt-5_198", "model_id": "gpt-5", "timestamp": 1761452315.359984, "positions": {}, "total_unrealized_pnl": 0,
    "dollar_equity": 2934.65915, "since_inception_hourly_marker": 198,
}
PAYLOAD = {"accountTotals": [ROW], "lastHourlyMarkerRead": 198, "serverTime": SERVER_MS}


@pytest.fixture
def host() -> Iterator[Host]:
    with running_host() as running:
        yield running


@pytest.fixture
def feed(host: Host) -> Nof1Feed:
    return Nof1Feed(base_url=f"{host.url}/api/", timeout=1)


def test_the_first_read_asks_for_everything_and_the_next_for_the_last_page(feed: Nof1Feed, host: Host) -> None:
    host.tell(PATH, Reply(PAYLOAD, headers=JSON))
    first = feed.read(None)
    assert first is not None
    feed.read(first.marker)
    assert [asked.query for asked in host.asked] == ["", "lastHourlyMarker=197"]


def test_fractions_arrive_exactly(feed: Nof1Feed, host: Host) -> None:
    host.tell(PATH, Reply(PAYLOAD, headers=JSON))
    reading = feed.read(None)
    assert reading is not None and str(reading.records[0].equity) == "2934.65915"
    assert reading.records[0].recorded_at.microsecond == 359_984


def test_an_unchanged_page_is_not_read_again(feed: Nof1Feed, host: Host) -> None:
    host.tell(PATH, Reply(PAYLOAD, headers=JSON | {"ETag": 'W/"abc"'}), Reply("", status=304))
    feed.read(197)
    feed.stored()
    assert feed.read(197) is None
    assert host.asked[-1].headers["If-None-Match"] == 'W/"abc"'


def test_the_etag_of_a_reading_that_was_not_stored_is_not_sent(feed: Nof1Feed, host: Host) -> None:
    host.tell(PATH, Reply(PAYLOAD, headers=JSON | {"ETag": '"abc"'}))
    feed.read(197)
    feed.read(197)
    assert "If-None-Match" not in host.asked[-1].headers


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e99999999999999999999", "9" * 5000, "1e308", '"\\ud800"'])
@pytest.mark.parametrize("field", ["dollar_equity", "timestamp", "since_inception_hourly_marker"])
def test_an_absurd_number_costs_one_agent_not_the_source(feed: Nof1Feed, host: Host, field: str, number: str) -> None:
    odd = ROW | {"model_id": "odd", "id": "odd_198", field: "HERE"}
    text = json.dumps(PAYLOAD | {"accountTotals": [odd, ROW]}).replace('"HERE"', number)
    host.tell(PATH, Reply(text, headers=JSON))
    reading = feed.read(None)
    assert reading is not None and "gpt-5" in [record.agent for record in reading.records]
    assert field.startswith("since") or len(reading.records) == 1


def test_a_document_nested_beyond_reason_is_unreadable(feed: Nof1Feed, host: Host) -> None:
    host.tell(PATH, Reply("[" * 100_000, headers=JSON))
    with pytest.raises(FeedError):
        feed.read(None)


def test_an_etag_that_can_not_be_sent_spoils_one_read(feed: Nof1Feed, host: Host) -> None:
    host.tell(PATH, Reply(PAYLOAD, headers=JSON | {"ETag": "\xa0abc"}))
    feed.read(197)
    feed.stored()
    with pytest.raises(Transient):
        feed.read(197)
    feed.stored()
    assert feed.read(197) is not None


def test_an_answer_that_nothing_changed_needs_something_to_be_compared_with(feed: Nof1Feed, host: Host) -> None:
    host.tell(PATH, Reply(PAYLOAD, headers=JSON), Reply("", status=304))
    feed.read(197)
    feed.stored()
    with pytest.raises(FeedError):
        feed.read(197)


def test_another_pages_etag_is_not_sent(feed: Nof1Feed, host: Host) -> None:
    host.tell(PATH, Reply(PAYLOAD, headers=JSON | {"ETag": '"abc"'}))
    feed.read(None)
    feed.stored()
    feed.read(197)
    assert "If-None-Match" not in host.asked[-1].headers


def test_the_etag_of_an_unusable_answer_is_forgotten(feed: Nof1Feed, host: Host) -> None:
    host.tell(PATH, Reply({"accountTotals": []}, headers=JSON | {"ETag": '"bad"'}))
    for _ in range(2):
        with pytest.raises(FeedError):
            feed.read(197)
        feed.stored()
    assert "If-None-Match" not in host.asked[-1].headers


@pytest.mark.parametrize(
    "reply",
    [
        Reply("<html>not found</html>", status=404, headers={"Content-Type": "text/html"}),
        Reply("<html>hello</html>", headers={"Content-Type": "text/html"}),
        Reply({"message": "deprecated"}, status=410, headers=JSON),
        Reply("", status=308, headers={"Location": "https://elsewhere.invalid"}),
        Reply("{", headers=JSON),
        Reply(json.dumps({**PAYLOAD, "serverTime": float("nan")}), headers=JSON),
    ],
    ids=["404", "html", "410", "redirect", "cut", "NaN"],
)
def test_an_answer_that_holds_no_signals_is_said_to(feed: Nof1Feed, host: Host, reply: Reply) -> None:
    host.tell(PATH, reply)
    with pytest.raises(FeedError):
        feed.read(None)


@pytest.mark.parametrize(
    "reply", [Reply(fault="reset"), Reply(PAYLOAD, headers=JSON, fault="short"), Reply("", status=503)]
)
def test_a_source_that_is_down_is_read_again_later(feed: Nof1Feed, host: Host, reply: Reply) -> None:
    host.tell(PATH, reply)
    with pytest.raises(Transient):
        feed.read(None)


def test_a_busy_source_says_when_to_come_back(feed: Nof1Feed, host: Host) -> None:
    host.tell(PATH, Reply("", status=429, headers={"Retry-After": "7"}))
    with pytest.raises(Transient) as busy:
        feed.read(None)
    assert busy.value.retry_after == 7


def test_a_source_that_is_not_there_is_read_again_later() -> None:
    with pytest.raises(Transient):
        Nof1Feed(base_url=f"http://127.0.0.1:{free_port()}", timeout=1).read(None)
