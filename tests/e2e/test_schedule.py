"""What the schedule bears: an emptied Redis while many trade, a source that hangs, a second scheduler."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.bench.crowd import AGENT, Crowd, crowd
from tests.e2e.deployment import ROOT, Deployment, eventually, running

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(400)]
ACCOUNTS, LIMIT = 50, 2_400
Record = Callable[[str, object], None]


def trades(made: Crowd) -> Counter[str]:
    """How many orders each key had accepted."""
    rows = made.requests()
    return Counter(r["key"] for r in rows if (r["method"], r["path"], r["status"]) == ("POST", "/fapi/v1/order", 200))


def test_an_emptied_redis_costs_a_delay_and_nothing_else(tmp_path: Path, record_property: Record) -> None:
    with crowd(tmp_path, weight_limit=LIMIT) as made:
        made.add(ACCOUNTS)
        made.opens(seconds=30, ETH={"quantity": "1", "leverage": 20})
        eventually(lambda: sum(trades(made).values()) >= ACCOUNTS // 5, of="the first entries")
        made.w.redis.flushall()
        eventually(lambda: len(trades(made)) >= ACCOUNTS, of="everybody's entry", seconds=90)
        made.w.redis.flushall()
        began = time.monotonic()
        made.opens(seconds=30, ETH={"quantity": "2", "leverage": 20})
        eventually(lambda: min(trades(made)[key[:6]] for key in made.keys) >= 2, of="the increase", seconds=90)
        taken = time.monotonic() - began
        time.sleep(5)
        mine = {key[:6] for key in made.keys}
        assert {key: count for key, count in trades(made).items() if key in mine and count != 2} == {}
        assert not [row for row in made.requests() if row["status"] in (418, 429)], "the weight went over the limit"
    record_property("50 trading accounts, Redis emptied: all ran again", f"in {taken:.1f} s, none twice")


@pytest.fixture(scope="module")
def slow_feed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with running(tmp_path_factory.mktemp("slow"), NOF1_FEED_SECONDS="2") as deployment:
        deployment.exchange.post("/sim/market", frozen=True)
        yield deployment


def reads(deployment: Deployment, path: str, seconds: float) -> list[int]:
    """When (ms) a path was asked for within the next seconds."""
    since = time.time() * 1000
    time.sleep(seconds)
    return [row["ts"] for row in deployment.exchange.log() if row["path"] == path and row["ts"] >= since]


def test_two_schedulers_read_a_source_once_per_interval(slow_feed: Deployment, record_property: Record) -> None:
    command = [sys.executable, "-m", "flask", "nof1", "scheduler"]
    with subprocess.Popen(command, env=slow_feed.env, cwd=ROOT, stderr=subprocess.DEVNULL) as second:
        try:
            time.sleep(5)
            found = reads(slow_feed, "/api/account-totals", 30)
        finally:
            second.terminate()
            second.wait(timeout=30)
    assert len(found) <= 30 // 2 + 1
    record_property("reads of a source in 30 s, two schedulers, interval 2 s", len(found))


def test_a_source_that_hangs_holds_up_neither_orders_nor_other_sources(
    slow_feed: Deployment, record_property: Record
) -> None:
    slow_feed.follow("Slow", AGENT)
    began = time.monotonic()
    slow_feed.flask("poll", "--user", "demo@nof1.local", "--credential", "Slow")
    usual = time.monotonic() - began
    slow_feed.exchange.post("/sim/faults", path="/api/account-totals", kind="slow", seconds="40", count=1000)
    time.sleep(3)
    began = time.monotonic()
    slow_feed.flask("poll", "--user", "demo@nof1.local", "--credential", "Slow")
    hanging = time.monotonic() - began
    marks = reads(slow_feed, "/fapi/v1/premiumIndex", 30)
    gaps = [later - earlier for earlier, later in pairwise(marks)]
    slow_feed.exchange.post("/sim/faults", clear=True)
    assert hanging - usual < 1.0 or hanging < 2 * usual
    assert max(gaps) <= 5000 + 1000 + 1000
    record_property("a cycle asked for while a source hangs, against before", f"{hanging:.1f} s / {usual:.1f} s")
    record_property("longest gap between reads of marks meanwhile", f"{max(gaps) / 1000:.1f} s (every 5 s)")
