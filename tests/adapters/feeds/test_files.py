"""A file as a recording."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from nof1web.adapters.feeds.files import recorded_reads
from nof1web.adapters.feeds.nof1 import Nof1Feed
from nof1web.core.signals import Reading
from nof1web.errors import InvalidInput

PARSE = Nof1Feed(base_url="http://127.0.0.1:1", timeout=1).parse


def row(agent: str, hour: int, at: int, equity: object = 10000) -> dict[str, Any]:
    return {
        "id": f"{agent}_{hour}", "model_id": agent, "since_inception_hourly_marker": hour, "timestamp": at,
        "dollar_equity": equity, "positions": {}, "since_inception_minute_marker": hour * 60,
        "total_unrealized_pnl": 0,
    }  # fmt: skip


def history(*rows: dict[str, Any]) -> list[Reading]:
    text = json.dumps({"lastHourlyMarkerRead": 9, "accountTotals": rows, "serverTime": 1}, indent=1)
    return [PARSE(read.raw or b"") for read in recorded_reads(text)]


def test_a_history_is_one_read_at_each_records_time() -> None:
    found = history(row("a", 1, 3600), row("b", 0, 100), row("a", 0, 200), row("b", 1, 3600))
    assert [each.server_at.timestamp() for each in found] == [100, 200, 3600]
    assert [sorted(record.agent for record in each.records) for each in found] == [["b"], ["a", "b"], ["a", "b"]]


def test_each_read_has_the_newest_record_by_then_to_the_last_digit() -> None:
    text = json.dumps({"accountTotals": [row("a", 0, 100, 1), row("a", 1, 3700, 2)]})
    reads = recorded_reads(text.replace(": 2,", ": 8.860999999999999,"))
    equities = [str(PARSE(read.raw or b"").records[0].equity) for read in reads]
    assert equities == ["1", "8.860999999999999"]


def test_answers_line_by_line_come_at_their_own_times_oldest_first() -> None:
    lines = '{"at":5000,"leaders":{}}\n\n{"serverTime":2000,"accountTotals":[]}\n'
    assert [read.at for read in recorded_reads(lines)] == [datetime.fromtimestamp(each, UTC) for each in (2, 5)]


NESTED = '{"accountTotals":' + "[" * 100_000


@pytest.mark.parametrize(
    "text", ["", "\n", "hello", "[]", '{"accountTotals":[', NESTED, '{"accountTotals":[7]}', '{"at":"x"}']
)
def test_what_is_no_recording_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        recorded_reads(text)
