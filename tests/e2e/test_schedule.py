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

from nof1web.core import leaders
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
            assert second.poll() is None, "the second scheduler has ended"
        finally:
            second.terminate()
            second.wait(timeout=30)
    assert 30 // 2 - 2 <= len(found) <= 30 // 2 + 1
    record_property("reads of a source in 30 s, two schedulers, interval 2 s", len(found))


def test_start_and_stop_on_a_page_take_effect_at_once(slow_feed: Deployment, record_property: Record) -> None:
    key = slow_feed.new_key()
    page = f"/credentials/{slow_feed.add_credential('Switched', key)}"
    slow_feed.track("Switched", AGENT)
    person = slow_feed.person()

    def asked(since: float) -> list[int]:
        return [row["ts"] for row in slow_feed.exchange.log() if row["key"] == key["api_key"][:6] and row["ts"] > since]

    # What its start asked for is none of the stop's.
    eventually(lambda: max(asked(0)) < time.time() * 1000 - 2000, of="the end of its first sync")
    stopping = time.time() * 1000
    assert person.post(f"{page}/stop", page).ok
    stopped = time.time() * 1000
    slow_feed.agent(AGENT, SOL={"quantity": "1", "leverage": 20})
    time.sleep(8)
    assert not asked(stopped + 2000)
    starting = time.time() * 1000
    assert person.post(f"{page}/start", page).ok
    eventually(lambda: asked(starting), of="a request for the started account")
    record_property("stop on a page, until nothing more is asked of the exchange", f"{stopped - stopping:.0f} ms")
    record_property("start on a page, until the exchange is asked", f"{min(asked(starting)) - starting:.0f} ms")


def test_a_source_that_hangs_holds_up_neither_orders_nor_other_sources(
    slow_feed: Deployment, record_property: Record
) -> None:
    account = slow_feed.follow("Slow", AGENT)
    slow_feed.agent(AGENT, BTC={"quantity": "1", "leverage": 5})
    eventually(lambda: slow_feed.positions(account), of="a position")
    person = slow_feed.person()
    assert person.post("/agents/addresses", "/agents", address=leaders.WALLETS["gpt-5"], confirmed="y").ok
    eventually(lambda: reads(slow_feed, "/info", 3), of="the other source's reads")
    slow_feed.exchange.post("/sim/faults", path="/api/account-totals", kind="slow", seconds="40", count=1000)
    time.sleep(3)
    began = time.time() * 1000
    slow_feed.flask("flatten", "--user", "demo@nof1.local", "--credential", "Slow")
    asked, others = list(reads(slow_feed, "/fapi/v1/premiumIndex", 30)), reads(slow_feed, "/info", 30)
    hung = [row for row in slow_feed.exchange.log() if row["path"] == "/api/account-totals" and row["ts"] > began]
    slow_feed.exchange.post("/sim/faults", clear=True)
    exits = [row["ts"] for row in slow_feed.exchange.log() if row["path"] == "/fapi/v1/order" and row["ts"] > began]
    assert not slow_feed.positions(account) and len(hung) < 10, "the source didn't hang"
    marks, info = (max(b - a for a, b in pairwise(each)) for each in (asked, others))
    assert marks <= 5000 + 1000 and info <= 2000 + 1000
    record_property("an exit asked for while a source hangs", f"{exits[0] - began:.0f} ms until the exchange has it")
    gaps = f"marks {marks} ms (every 5 s), another source {info} ms (every 2 s)"
    record_property("longest gap between reads meanwhile", gaps)
